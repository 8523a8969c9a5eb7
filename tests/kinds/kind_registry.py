"""What a kind of input is, how one is put on the list, and the good file that most kinds spoil."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy.io import fits
from raw_files import image_cards, raw_file

from amsd_astro.errors import FrameError, OutputError

__all__ = [
    "BAD",
    "CARDS",
    "DATA",
    "GOOD",
    "GOOD_NAME",
    "ODD",
    "PIXELS",
    "BadKind",
    "OddKind",
    "bad_input",
    "bad_model",
    "bad_output",
    "odd_input",
    "put",
    "put_hdus",
    "with_card",
]

Make = Callable[[Path], Path]

PIXELS = np.arange(24, dtype=np.int16).reshape(4, 6) + 100
"""The image of the good file, as numbers."""
DATA = PIXELS.astype(">i2").tobytes()
"""The image of the good file, as bytes."""
CARDS = image_cards(16, PIXELS.shape)
"""The header of the good file."""
GOOD = raw_file([(CARDS, DATA)])
"""The good file."""
GOOD_NAME = "good.fits"
"""The input beside an output or a model that is at fault."""


@dataclass(frozen=True)
class BadKind:
    """One kind of bad input.

    Attributes
    ----------
    name : str
        The kind in words.
    make : callable
        Makes it in a folder, and returns the path at fault.
    words : str
        Regular expression of what the message must contain.
    role : str
        What the path at fault is: the input, the output or the model.
    status : int
        Exit status of the command line.
    error : type
        What the functions raise.
    reading : mapping
        Options of `read_frame`; those of the command line are the same.
    options : tuple of str
        Further words of the command line.
    meanwhile : callable or None
        Done to the path while it is read.
    readable : bool
        Whether it can be read, and denoising it is what is refused.
    lies : bool
        Whether it declares far more than it holds.
    as_user : bool
        Whether the superuser cannot run into it.
    """

    name: str
    make: Make = field(repr=False)
    words: str
    role: Literal["input", "output", "model"] = "input"
    status: int = 65
    error: type[Exception] = FrameError
    reading: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    meanwhile: Callable[[Path], None] | None = None
    readable: bool = False
    lies: bool = False
    as_user: bool = False


@dataclass(frozen=True)
class OddKind:
    """One kind of input that is accepted.

    Attributes
    ----------
    name, make, reading
        As for a bad one; here the path is always the input.
    warning : str or None
        Regular expression of the warning on reading, None where there is to be none.
    pixels : ndarray
        What must be read, NaN included.
    """

    name: str
    make: Make = field(repr=False)
    warning: str | None
    pixels: np.ndarray = field(repr=False)
    reading: Mapping[str, Any] = field(default_factory=dict)
    measuring: str | None = None  # a warning that comes when the noise is measured


BAD: list[BadKind] = []
"""Every kind of bad input."""
ODD: list[OddKind] = []
"""Every kind of input that is odd and accepted."""


def bad_input(words: str, **fields: Any) -> Callable[[Make], Make]:
    """Put a kind of bad input on the list, under the name of the function that makes it."""

    def enlist(make: Make) -> Make:
        BAD.append(BadKind(make.__name__.replace("_", " "), make, words, **fields))
        return make

    return enlist


def bad_output(words: str, *options: str, **fields: Any) -> Callable[[Make], Make]:
    """Put an output that cannot be made on the list; the good file is there already."""
    return bad_input(words, **{"role": "output", "status": 73, "error": OutputError, "options": options, **fields})


def bad_model(words: str, **fields: Any) -> Callable[[Make], Make]:
    """Put a bad model file on the list."""
    return bad_input(words, role="model", **fields)


def odd_input(
    warning: str | None = None,
    *,
    pixels: np.ndarray | None = None,
    reading: Mapping[str, Any] | None = None,
    measuring: str | None = None,
) -> Callable[[Make], Make]:
    """Put an input that is accepted on the list; it must hold the pixels of the good file unless told otherwise."""

    def enlist(make: Make) -> Make:
        expected = PIXELS if pixels is None else pixels
        ODD.append(OddKind(make.__name__.replace("_", " "), make, warning, expected, reading or {}, measuring))
        return make

    return enlist


def put(folder: Path, body: bytes, name: str = "frame.fits") -> Path:
    """Write bytes to a file of the folder."""
    path = folder / name
    path.write_bytes(body)
    return path


def put_hdus(folder: Path, *hdus: Any) -> Path:
    """Write HDUs behind an empty primary."""
    path = folder / "frame.fits"
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


def with_card(folder: Path, keyword: str, value: str | None, cards: list[bytes] = CARDS, data: bytes = DATA) -> Path:
    """Write the good file with one card of another value (right-justified), without it (None), or with one more."""
    new = [] if value is None else [f"{keyword:<8}= {value:>20}".encode()]
    found = [i for i, card in enumerate(cards) if card.startswith(f"{keyword:<8}=".encode())]
    at = found[0] if found else len(cards)
    return put(folder, raw_file([([*cards[:at], *new, *cards[at + 1 :]], data)]))
