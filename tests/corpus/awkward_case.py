"""Awkward files: what a case is, the scene that most of them show, and cards put together by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from raw_files import image_cards, raw_file

CASES: dict[str, Case] = {}

Raw = tuple[list[bytes], bytes]
"""Cards and data of one HDU."""


@dataclass(frozen=True)
class Made:
    """A file, and the truth about its image where that is not read off the file.

    ``pixels`` are physical values, NaN where there is none; ``masked`` is where the file says that a pixel is bad.
    """

    body: bytes
    pixels: NDArray[np.floating] | None = None
    masked: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Case:
    """How a file is made and denoised, and what is known of it.

    ``image`` is the HDU that is to be denoised, ``words`` are options of the command line, ``n_skies`` counts the
    coordinate systems that astropy reads, ``double`` says that the result needs float64, ``version`` is the EXTVER
    of our extensions, ``warns`` has a part of each warning.
    """

    make: Callable[[], bytes | Made]
    image: int = 0
    words: tuple[str, ...] = ()
    name: str = "in.fits"
    n_skies: int | None = None
    double: bool = False
    version: int = 1
    warns: tuple[str, ...] = ()

    def made(self) -> Made:
        body = self.make()
        return body if isinstance(body, Made) else Made(body)


def awkward(
    *,
    image: int = 0,
    words: tuple[str, ...] = (),
    name: str = "in.fits",
    n_skies: int | None = None,
    double: bool = False,
    version: int = 1,
    warns: tuple[str, ...] = (),
) -> Callable[[Callable[[], bytes | Made]], Callable[[], bytes | Made]]:
    """Add the file that a function makes to the corpus, under the function's name."""

    def register(make: Callable[[], bytes | Made]) -> Callable[[], bytes | Made]:
        key = make.__name__.replace("_", " ")
        assert key not in CASES, key
        CASES[key] = Case(make, image, words, name, n_skies, double, version, warns)
        return make

    return register


def scene(shape: tuple[int, ...] = (24, 31), *, level: float = 500.0, sigma: float = 12.0) -> NDArray[np.float64]:
    """Return a sky with noise and one star."""
    rng = np.random.default_rng(list(shape))
    image = rng.normal(level, sigma, shape)
    y, x = (np.arange(n) - n // 3 for n in shape[-2:])
    image += 40 * sigma * np.exp(-(y[:, None] ** 2 + x**2) / 6.0)
    return image


def counts(shape: tuple[int, ...] = (24, 31)) -> NDArray[np.int64]:
    """Return the scene in whole numbers."""
    return np.rint(scene(shape)).astype(np.int64)


def card(keyword: str, value: str, comment: str = "") -> bytes:
    """Return a card in fixed format around a value that is written as it stands."""
    return f"{keyword:<8}= {value:>20}{' / ' if comment else ''}{comment}".encode("latin-1")


def plane(stored: NDArray[np.generic], *more: bytes, extension: bool = False) -> Raw:
    """Return an image of stored numbers under some cards more."""
    kind = stored.dtype
    bitpix = 8 * kind.itemsize * (-1 if kind.kind == "f" else 1)
    big = stored.astype(kind.newbyteorder(">"))
    return [*image_cards(bitpix, stored.shape, extension=extension), *fitting(more)], big.tobytes()


def fitting(cards: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return the cards, which must not be longer than a card is."""
    assert all(len(card) <= 80 for card in cards), max(cards, key=len)
    return cards


def extension(stored: NDArray[np.generic], name: str = "", version: int | None = None, *more: bytes) -> Raw:
    """Return an image extension."""
    named = [f"EXTNAME = '{name:<8}'".encode()] if name else []
    numbered = [card("EXTVER", str(version))] if version is not None else []
    return plane(stored, *named, *numbered, *more, extension=True)


def empty_primary(*more: bytes, extend: bool = True) -> Raw:
    """Return a primary without pixels."""
    return [*image_cards(8, ()), *([card("EXTEND", "T")] if extend else []), *more], b""


def table(*more: bytes, n_rows: int = 3) -> Raw:
    """Return a binary table of one column of integers."""
    cards = [b"XTENSION= 'BINTABLE'", card("BITPIX", "8"), card("NAXIS", "2"), card("NAXIS1", "4")]
    cards += [card("NAXIS2", str(n_rows)), card("PCOUNT", "0"), card("GCOUNT", "1"), card("TFIELDS", "1")]
    return [*cards, b"TFORM1  = '1J      '", *more], bytes(range(4 * n_rows))


def one_image(*cards: bytes) -> bytes:
    """Return a file with the scene, int16, in its primary under some cards more."""
    return raw_file([plane(counts().astype("i2"), *cards)])


def true_image(stored: NDArray[np.generic], truth: NDArray[np.floating | np.integer], *cards: bytes) -> Made:
    """Return a file of one image, and its true pixels."""
    values = truth.astype(np.float64)
    return Made(raw_file([plane(stored, *cards)]), values, ~np.isfinite(values).reshape(values.shape[-2:]))
