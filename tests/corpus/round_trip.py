"""A file that went through the command line, before and after: nothing but the noise may differ.

All is read by `raw_reader` and by astropy, which share nothing with the package.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray
from raw_reader import Hdu, keyword_of, split_hdus, sum32
from still_network import STEP

_OF_THE_PIXELS = {"BITPIX", "BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX"}
_OF_THE_FILE = {"EXTEND", "NEXTEND"}
_OF_THE_TABLE = re.compile(
    r"(XTENSION|NAXIS\d*|PCOUNT|GCOUNT|TFIELDS|THEAP|T(TYPE|FORM|UNIT|NULL|SCAL|ZERO|DISP|DIM)\d+|ZIMAGE|ZCMPTYPE|"
    r"ZBITPIX|ZNAXIS\d*|ZTILE\d+|ZNAME\d+|ZVAL\d+|ZQUANTIZ|ZDITHER0|ZBLANK|ZSCALE|ZZERO|ZSIMPLE|ZTENSION|ZEXTEND|"
    r"ZPCOUNT|ZGCOUNT|ZHECKSUM|ZDATASUM)\Z"
)
_MAGIC = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\0": lzma.decompress}


def unpacked(body: bytes) -> bytes:
    """Return a file as it is when it is not packed as a whole."""
    return next((unpack(body) for magic, unpack in _MAGIC.items() if body.startswith(magic)), body)


@dataclass
class RoundTrip:
    """Source and result of one run, taken apart; ``image`` is the HDU that was denoised."""

    source: bytes
    result: bytes
    image: int
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.old, self.old_tail = split_hdus(self.source)
        self.new, self.new_tail = split_hdus(self.result)

    @property
    def ours(self) -> tuple[Hdu, Hdu]:
        """The 1-sigma map and the flags."""
        return self.new[-2], self.new[-1]


def check_all(
    trip: RoundTrip,
    folder: Path,
    *,
    pixels: NDArray[np.floating] | None = None,
    masked: NDArray[np.bool_] | None = None,
    version: int = 1,
    n_skies: int | None = None,
    double: bool | None = None,
) -> None:
    """Check all that can be said of a round trip; what is not given is read off the source."""
    check_other_hdus(trip)
    check_announcement(trip)
    check_cards(trip, double)
    check_extremes(trip)
    check_pixels(trip, pixels_of(trip.source, trip.old, trip.image) if pixels is None else pixels, masked)
    check_our_planes(trip, version)
    check_sums(trip)
    check_sky(trip, n_skies)
    if shutil.which("fitsverify"):
        check_conformance(trip, folder)


def pixels_of(body: bytes, hdus: Sequence[Hdu], index: int) -> NDArray[Any]:
    """Return the physical pixels of an HDU, shape (ny, nx); floats keep their type and their bits."""
    hdu = hdus[index]
    if not hdu.is_packed:
        scaled = int(hdu.number("BITPIX")) > 0 or hdu.text("BSCALE") or hdu.text("BZERO")
        pixels = hdu.physical() if scaled else hdu.stored().astype(hdu.stored().dtype.newbyteorder("="))
    else:
        with fits.open(io.BytesIO(body), memmap=False) as opened:
            pixels = np.array(opened[index].data)
            pixels = pixels.astype(pixels.dtype.newbyteorder("=") if pixels.dtype.kind == "f" else "f8")
    return pixels.reshape(hdu.axes[-2:])


def check_other_hdus(trip: RoundTrip) -> None:
    """Every other HDU is the same, byte for byte, and in its place; ours come after them, then what was no HDU."""
    assert len(trip.new) == len(trip.old) + 2
    for index, (old, new) in enumerate(zip(trip.old, trip.new, strict=False)):
        if index == trip.image:
            continue
        announces = index == 0 and (old.text("EXTEND") != "T" or old.text("NEXTEND") is not None)
        if announces:
            moved = {*_OF_THE_FILE, "CHECKSUM", "DATASUM"}
            assert _without(new.cards, moved) == _without(old.cards, moved)
            assert new.data == old.data
            assert (old.text("CHECKSUM") is None) == (new.text("CHECKSUM") is None)
        else:
            assert new.segment == old.segment
    assert trip.new_tail == trip.old_tail


def check_announcement(trip: RoundTrip) -> None:
    """The primary says that there are extensions, and how many where it said so before."""
    primary = trip.new[0]
    assert [keyword_of(card) for card in primary.cards].count("EXTEND") == 1
    assert primary.text("EXTEND") == "T"
    if trip.old[0].text("NEXTEND") is not None:
        assert primary.number("NEXTEND") == len(trip.new) - 1


def _without(cards: Sequence[bytes], keywords: set[str]) -> list[bytes]:
    return [card for card in cards if keyword_of(card) not in keywords]


def check_cards(trip: RoundTrip, double: bool | None) -> None:
    """Every card of the image that does not describe its numbers is the same, and in its order."""
    old, new = trip.old[trip.image], trip.new[trip.image]
    moved = _OF_THE_PIXELS | (_OF_THE_FILE if trip.image == 0 else set())
    before, after = _without(old.cards, moved), _without(new.cards, moved)
    if old.is_packed:
        before, after = (
            [card for card in cards if not _OF_THE_TABLE.match(keyword_of(card))] for cards in (before, after)
        )
        assert (new.text("ZCMPTYPE"), new.text("ZQUANTIZ")) == ("GZIP_2", "NONE")
    added = []
    waiting = iter([*before, None])
    wanted = next(waiting)
    for card in after:
        if card == wanted:
            wanted = next(waiting)
        else:
            added.append(card)
    assert wanted is None, f"lost or moved: {wanted!r}"
    history = [card for card in added if card.startswith(b"HISTORY ")]
    assert all(card.startswith(b"AMSD") for card in added if card not in history), added
    said = b"".join(card[8:] for card in history)
    assert re.match(rb"amsd_astro \S+: (noise taken out|left as it was)", said), said
    gone = {"BSCALE", "BZERO", "BLANK", *(["ZBLANK", "ZHECKSUM", "ZDATASUM"] if old.is_packed else [])}
    assert not gone & {keyword_of(card) for card in new.cards}
    assert (new.text("AMSDSTEP"), new.text("AMSDHASH")) in {("0", "0123456789abcdef"), (None, None)}
    _check_bitpix(old, new, double)


def _check_bitpix(old: Hdu, new: Hdu, double: bool | None) -> None:
    """The card BITPIX has the type of the result, and else is the same."""
    name = "ZBITPIX" if old.is_packed else "BITPIX"
    if double is None:
        assert new.text(name) in ("-32", "-64")
    else:
        assert new.text(name) == ("-64" if double or old.text(name) == "-64" else "-32")
    if not old.is_packed:
        cards = [next(card for card in hdu.cards if keyword_of(card) == "BITPIX") for hdu in (old, new)]
        assert len({card.partition(b"/")[2].strip() for card in cards}) == 1


def check_extremes(trip: RoundTrip) -> None:
    """DATAMIN and DATAMAX, where they are, tell of the new pixels."""
    values = pixels_of(trip.result, trip.new, trip.image)
    values = values[np.isfinite(values)]
    for keyword, extreme in (("DATAMIN", np.min), ("DATAMAX", np.max)):
        stated = trip.new[trip.image].text(keyword)
        assert (stated is None) == (trip.old[trip.image].text(keyword) is None)
        if stated is not None:
            np.testing.assert_allclose(float(stated), extreme(values), rtol=1e-6)


def check_pixels(trip: RoundTrip, truth: NDArray[np.floating], masked: NDArray[np.bool_] | None) -> None:
    """Good pixels moved as the network says, in the image's unit; bad ones did not, NaN and their bits included.

    Without ``masked`` the flags are believed, as long as what is not finite is among them.
    """
    new = pixels_of(trip.result, trip.new, trip.image)
    old = truth.reshape(new.shape)
    sigma, flags = (hdu.stored().reshape(new.shape) for hdu in trip.ours)
    bad = (flags & 1).astype(bool)
    assert trip.new[trip.image].axes == trip.old[trip.image].axes
    assert not (flags[bad] & 4).any() and not (flags & 0xF8).any()
    if masked is None:
        assert bad[~np.isfinite(old)].all()
    else:
        np.testing.assert_array_equal(bad, masked)
    np.testing.assert_array_equal(np.isnan(new), np.isnan(old))
    np.testing.assert_array_equal(new[bad], old[bad].astype(new.dtype))
    if old.dtype == new.dtype:
        assert new[bad].tobytes() == old[bad].tobytes()
    assert np.isnan(sigma[bad]).all()
    step = STEP * sigma[~bad].astype(np.float64)
    if (step == 0).all():
        np.testing.assert_array_equal(new[~bad], old[~bad].astype(new.dtype))
        return
    assert (step > 0).all()
    rounding = 2 * np.finfo(new.dtype).eps * np.abs(old[~bad])
    excess = np.abs(new[~bad].astype(np.float64) - old[~bad] - step) - rounding
    # near no photons at all the inverse adds up to 0.82 of the step
    assert (excess / step).max() < 0.9, f"pixels are off by {(excess / step).max():.3g} of the step"


def check_our_planes(trip: RoundTrip, version: int) -> None:
    """The 1-sigma map and the flags have the image's shape, unit and version."""
    image = trip.new[trip.image]
    for hdu, name, bitpix in zip(trip.ours, ("AMSD_SIGMA", "AMSD_FLAGS"), ("-32", "8"), strict=True):
        assert (hdu.text("XTENSION"), hdu.text("EXTNAME"), hdu.text("BITPIX")) == ("IMAGE", name, bitpix)
        assert (hdu.text("EXTVER"), hdu.text("AMSDHDU")) == (str(version), str(trip.image))
        assert hdu.axes == image.axes
    assert trip.ours[0].text("BUNIT") == image.text("BUNIT")
    assert trip.ours[1].text("BUNIT") is None


def check_sums(trip: RoundTrip) -> None:
    """The checksums of all that was written anew are true."""
    assert all(hdu.holds_its_sums for hdu in (trip.new[trip.image], *trip.ours))
    primary = trip.new[0]
    if primary.text("CHECKSUM") is not None and primary.segment != trip.old[0].segment:
        assert sum32(primary.segment) in (0, 2**32 - 1)
        assert primary.text("DATASUM") in (None, str(sum32(primary.data)))


def skies(body: bytes, hdus: Sequence[Hdu], index: int) -> dict[str, Any]:
    """Return, for each coordinate system of an HDU, where a few pixels lie, or that astropy cannot tell."""
    keywords = [keyword_of(card) for card in hdus[index].cards]
    letters = sorted({keyword[6:] for keyword in keywords if re.match(r"C(TYPE|RVAL)1[A-Z]?\Z", keyword)})
    found: dict[str, Any] = {}
    if not letters:
        return found
    for letter in letters:
        try:
            with fits.open(io.BytesIO(body), memmap=False) as opened:
                wcs = WCS(opened[index].header, fobj=opened, key=letter or " ")
                grid = [np.array([0.0, 4.0, 19.5]), np.array([1.0, 8.5, 2.0]), *[np.zeros(3)] * (wcs.naxis - 2)]
                found[letter] = np.array(wcs.all_pix2world(*grid, 0)).tolist()
        except Exception as error:  # noqa: BLE001 - then it must be the same afterwards
            found[letter] = type(error).__name__
    return found


def check_sky(trip: RoundTrip, n_skies: int | None) -> None:
    """The pixels lie where they lay on the sky, in every system."""
    source, result = (b"".join(hdu.segment for hdu in hdus) for hdus in (trip.old, trip.new))  # astropy trips over junk
    before = skies(source, trip.old, trip.image)
    if n_skies is not None:
        assert sum(isinstance(one, list) for one in before.values()) == n_skies, before
    assert repr(skies(result, trip.new, trip.image)) == repr(before)


def check_conformance(trip: RoundTrip, folder: Path) -> None:
    """By the verdict of fitsverify the result has no error that the source does not have."""
    errors = _errors(trip.result, folder)
    if errors:
        known = _errors(trip.source, folder)
        assert errors <= known, errors - known


def _errors(body: bytes, folder: Path) -> set[str]:
    """Return the errors that fitsverify tells of, numbers of HDUs and cards aside."""
    (folder / "verified.fits").write_bytes(body)
    words = ["fitsverify", "-e", "verified.fits"]
    done = subprocess.run(words, capture_output=True, check=False, cwd=folder)
    lines = (done.stdout + done.stderr).decode("latin-1").splitlines()
    return {re.sub(r"\d+", "N", line.strip()) for line in lines if re.match(r"\*+ (Error|Abort)", line)}
