"""Real and odd files, read and written back: nothing but the pixels may differ. Runs where the data folder exists."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from astropy.wcs import WCS

from amsd_astro.errors import FrameError
from amsd_astro.frames import read_frame, write_frame
from amsd_astro.frames.cards import card_keyword
from amsd_astro.frames.checksum import Sum32
from amsd_astro.frames.compressed import is_structure
from amsd_astro.frames.rawfits import RawFile, scan
from amsd_astro.frames.streams import open_stream

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDERS = ("awkward", "single", "study", "repeats", "exposures", "truth")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (DATA / folder).rglob("*")
    if path.is_file() and path.suffix not in (".npz", ".py", ".md")
)
# One night's frames are alike: a few of the many will do.
FILES = [path for path in FILES if "hatp32_41frames" not in path.parts or path.stem.endswith("0612")]
REFUSED = {
    "3019103101985-R22-S11-det094.fits": "plain text",
    "HSC-0908120-056-small.fits": "choose one with ext",
    "arange.fits": "cube",
    "blank.fits": "no valid pixel",
    "color16bits.fits": "cube",
    "compressed_float_bzero.fits": "two axes",
    "cube.fits": "no HDU holds an image of two axes",
    "decals_grz_mef.fits": "choose one with ext",
    "example_4d_tab.fits": "no HDU",
    "example_cube.fits": "cube",
    "longstrn.fits": "no HDU",
    "lzw.fits.Z": "unpack it first",
    "o4sp040b0_raw.fits": "choose one with ext",
    "random_groups.fits": "random groups",
    "real_galaxy_PSF_images_extension.fits": "choose one with ext",
    "real_galaxy_catalog_26_extension_example.fits": "no HDU",
    "real_galaxy_images_extension.fits": "choose one with ext",
    "test0.fits": "choose one with ext",
    "tpv_truncated_made_here.fits": "data are cut",
    "tst0002.mt": "cube",
    "zero_size.fits": "it is empty",
    "zerowidth.fits": "no length",
}
EXTS = {
    "HSC-0908120-056-small.fits": 1,
    "decals_grz_mef.fits": 2,
    "o4sp040b0_raw.fits": "SCI,2",
    "test0.fits": ("SCI", 3),
}
IMAGE_CARDS = {"BITPIX", "BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX"}

pytestmark = pytest.mark.skipif(not FILES, reason="the folder of real data is not there")


def _bytes(path: Path) -> bytes:
    with open_stream(path) as stream:
        return stream.read(2**27)


def _segment(body: bytes, file: RawFile, index: int) -> bytes:
    hdu = file.hdus[index]
    return body[hdu.header_offset : hdu.end]


def _sum(body: bytes) -> int:
    total = Sum32()
    total.update(body)
    return total.value


def _foreign(cards: tuple[bytes, ...], *, compressed: bool) -> list[bytes]:
    kept = [card for card in cards if card_keyword(card) not in IMAGE_CARDS and not card.startswith(b"AMSD")]
    return [card for card in kept if not (compressed and is_structure(card))]


def _errors(path: Path) -> set[str]:
    """Return the errors fitsverify reports, numbers of HDUs and cards aside."""
    done = subprocess.run(["fitsverify", "-l", "-e", str(path)], capture_output=True, check=False)
    text = (done.stdout + done.stderr).decode("latin-1")
    lines = [line.strip() for line in text.splitlines() if line.startswith(("*** Error", "**** Abort"))]
    return {re.sub(r"\d+", "N", line) for line in lines}


def _sky(path: Path, index: int) -> np.ndarray | None:
    """Return sky positions of a few pixels, by astropy alone."""
    with fits.open(path, memmap=False) as hdus:
        try:
            wcs = WCS(hdus[index].header, fobj=hdus)
            grid = np.array([[1.0, 5.0, 20.5], [2.0, 9.5, 3.0]])
            rest = [np.ones(3)] * (wcs.naxis - 2)
            return np.array(
                wcs.wcs_pix2world(*grid, *rest, 0) if not wcs.has_distortion else wcs.all_pix2world(*grid, 0)
            )
        except Exception:  # noqa: BLE001 - what has no usable WCS is not compared
            return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DATA)))
def test_round_trip(path: Path, tmp_path: Path) -> None:
    reason = REFUSED.get(path.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if reason is not None:
            with pytest.raises(FrameError, match=reason):
                read_frame(path)
            if path.name not in EXTS:
                return
        _check_round_trip(path, tmp_path)


def _check_round_trip(path: Path, tmp_path: Path) -> None:
    frame = read_frame(path, ext=EXTS.get(path.name))
    source = frame.source
    assert source is not None
    before = frame.data.copy()
    frame.data = frame.data * source.dtype.type(1.001)
    frame.header["AMSDVERS"] = ("0.1", "version of the denoiser")
    frame.header.add_history("denoised")
    frame.uncertainty = StdDevUncertainty(np.full(before.shape, 2.5, np.float32))
    frame.flags = (frame.mask).astype(np.uint8)
    out = tmp_path / "out.fits"
    write_frame(frame, out)
    old, new = scan(path, warn=False), scan(out, warn=False)
    old_bytes, new_bytes = _bytes(path), out.read_bytes()

    # Every other HDU is the same, byte for byte; ours come after them.
    assert len(new.hdus) == len(old.hdus) + 2
    assert [hdu.name for hdu in new.hdus[len(old.hdus) :]] == ["AMSD_SIGMA", "AMSD_FLAGS"]
    for hdu in old.hdus:
        if hdu.index == source.hdu:
            continue
        if hdu.index == 0:
            changed = {"EXTEND", "NEXTEND", "CHECKSUM"}
            same = [card for card in hdu.cards if card_keyword(card) not in changed]
            assert [card for card in new.hdus[0].cards if card_keyword(card) not in changed] == same
        else:
            assert _segment(new_bytes, new, hdu.index) == _segment(old_bytes, old, hdu.index)
    if old.junk:
        assert new_bytes.endswith(old_bytes[old.hdus[-1].end :])

    # Every other card of the image's header is the same, character for character.
    compressed = old.hdus[source.hdu].kind == "compressed"
    expected = _foreign(old.hdus[source.hdu].cards, compressed=compressed)
    found = _foreign(new.hdus[source.hdu].cards, compressed=compressed)
    found.remove(b"HISTORY denoised".ljust(80))
    if source.hdu == 0:
        expected = [card for card in expected if card_keyword(card) not in ("EXTEND", "NEXTEND")]
        found = [card for card in found if card_keyword(card) not in ("EXTEND", "NEXTEND")]
    assert found == expected

    # Checksums of what we wrote hold; the pixels and their NaN come back.
    for index in (source.hdu, len(old.hdus), len(old.hdus) + 1):
        assert _sum(_segment(new_bytes, new, index)) in (0, 0xFFFFFFFF)
    again = read_frame(out, ext=source.hdu)
    assert again.data.dtype == source.dtype
    np.testing.assert_array_equal(again.data, frame.data)
    np.testing.assert_array_equal(np.isnan(again.data), np.isnan(before))
    assert new.hdus[source.hdu].shape == source.shape
    assert again.uncertainty is not None and np.all(again.uncertainty.array == 2.5)
    np.testing.assert_array_equal(again.flags, frame.flags)

    # The pixels lie where they lay on the sky.
    if not old.junk and (sky := _sky(path, source.hdu)) is not None:
        np.testing.assert_array_equal(_sky(out, source.hdu), sky)
    if shutil.which("fitsverify") and old.compression is None:
        assert _errors(out) <= _errors(path)

    # Twice the same is the same, and a packed output holds the same file.
    write_frame(frame, tmp_path / "again.fits")
    assert (tmp_path / "again.fits").read_bytes() == new_bytes
    write_frame(frame, tmp_path / "packed.fits.gz")
    assert _bytes(tmp_path / "packed.fits.gz") == new_bytes
