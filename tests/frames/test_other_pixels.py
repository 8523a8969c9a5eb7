"""What describes the pixels of a frame does not stay on other pixels, by what operation ever they came there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from denoised_frames import SHAPE, assert_written_as_a_ccd, claims_of, denoised_frame

from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame, read_frame

ALL = {"source", "noise", "flags", "AMSDVERS", "AMSDRISK"}
COPIES: dict[str, Callable[[Frame], Frame]] = {
    "method": lambda frame: frame.copy(),
    "shallow": copy.copy,
    "deep": copy.deepcopy,
    "constructor": Frame,
}
OWN_PIXELS = {name: made for name, made in COPIES.items() if name in ("method", "deep")}
each_dtype = pytest.mark.parametrize("dtype", ["f4", "f8"])
each_copy = pytest.mark.parametrize("made", COPIES.values(), ids=COPIES)


@each_dtype
@each_copy
def test_a_plain_copy_keeps_all(made: Callable[[Frame], Frame], dtype: str, tmp_path: Path) -> None:
    frame = denoised_frame(tmp_path, 1, dtype)
    twin = made(frame)
    assert claims_of(twin) == ALL == claims_of(made(twin))
    twin.data[5:7, 5:7] = twin.data[4:6, 4:6]  # repaired pixels
    twin.uncertainty = StdDevUncertainty(np.ones(SHAPE))
    assert claims_of(twin) == ALL
    twin.write(tmp_path / "out.fits")
    assert claims_of(read_frame(tmp_path / "out.fits")) >= {"AMSDVERS", "AMSDRISK"}


@each_dtype
@each_copy
def test_a_copy_that_is_given_other_pixels(made: Callable[[Frame], Frame], dtype: str, tmp_path: Path) -> None:
    frame = denoised_frame(tmp_path, 1, dtype)
    twin = made(frame)
    twin.data = frame.data * 2
    assert claims_of(twin) == set() and claims_of(frame) == ALL
    assert twin.wcs is not None and twin.header["EXPTIME"] == 30 and "HISTORY" in twin.header
    assert_written_as_a_ccd(twin, tmp_path / "out.fits")


@each_dtype
@pytest.mark.parametrize("made", OWN_PIXELS.values(), ids=OWN_PIXELS)
def test_a_copy_that_is_overwritten_in_place(made: Callable[[Frame], Frame], dtype: str, tmp_path: Path) -> None:
    """As ccdproc.combine does, part by part."""
    frame, other = (denoised_frame(tmp_path, seed, dtype) for seed in (1, 2))
    twin = made(frame)
    twin.data[:20] = other.data[:20]
    twin.data[20:] = other.data[20:]
    twin.mask[:] = other.mask
    twin.uncertainty.array[:] = 3
    assert claims_of(twin) == set() and claims_of(frame) == ALL
    assert_written_as_a_ccd(twin, tmp_path / "out.fits")


def test_another_grid(tmp_path: Path) -> None:
    """As ccdproc.rebin does."""
    twin = denoised_frame(tmp_path, 1, "f4").copy()
    twin.data = twin.data[::2, ::2]
    twin.uncertainty.array = twin.uncertainty.array[::2, ::2]
    with pytest.raises(FrameError, match="mask must have the shape of the data"):
        twin.write(tmp_path / "out.fits")
    twin.mask = twin.mask[::2, ::2]
    assert claims_of(twin) == set()
    assert_written_as_a_ccd(twin, tmp_path / "out.fits")


@each_dtype
def test_slices_keep_their_part_of_the_flags_and_no_cards(dtype: str, tmp_path: Path) -> None:
    frame = denoised_frame(tmp_path, 1, dtype)
    frame.flags[2, 3] = 4
    for part in (frame[2:20, 3:30], frame[:], frame[2:20, 3:30].copy(), frame.copy()[2:20, 3:30]):
        assert claims_of(part) == {"flags"}
        assert "HISTORY" in part.header
    part = frame[2:20, 3:30]
    assert part.mask[0, 0] and part.flags[0, 0] == 4
    assert_written_as_a_ccd(part, tmp_path / "out.fits")
    assert claims_of(frame) == ALL


def test_arithmetic_and_other_units_keep_nothing(tmp_path: Path) -> None:
    frame, other = (denoised_frame(tmp_path, seed, "f4") for seed in (1, 2))
    results = [
        frame.add(other),
        frame.subtract(1 * u.adu),
        frame.multiply(2, handle_meta="first_found"),
        Frame.divide(frame, other, handle_meta="first_found"),
        frame.convert_unit_to("adu"),
    ]
    for i, result in enumerate(results):
        assert claims_of(result) == set()
        result.meta = frame.meta.copy()  # as ccdproc does
        assert claims_of(result) == set() and result.header["EXPTIME"] == 30
        assert_written_as_a_ccd(result, tmp_path / f"out_{i}.fits")
    assert claims_of(frame) == ALL


def test_a_frame_from_a_file_is_written_there_with_other_pixels(tmp_path: Path) -> None:
    frame = denoised_frame(tmp_path, 1, "f4")
    frame.write(tmp_path / "denoised.fits")
    frame = read_frame(tmp_path / "denoised.fits")
    frame.data = frame.data - 1
    assert claims_of(frame) == {"source"}
    frame.write(tmp_path / "out.fits")
    with fits.open(tmp_path / "out.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY"], "the 1-sigma map is that of other pixels"
        assert not [key for key in hdus[0].header if key.startswith("AMSD")]
        np.testing.assert_array_equal(hdus[0].data, frame.data)


def test_what_is_said_of_the_new_pixels_stays(tmp_path: Path) -> None:
    frame = denoised_frame(tmp_path, 1, "f4")
    twin = frame.copy()
    twin.data[:] = 7
    twin.noise, twin.flags = frame.noise, frame.flags
    twin.header["AMSDVERS"] = "2.0"
    assert claims_of(twin) == {"noise", "flags", "AMSDVERS"}
    twin.data[:] = 8
    assert claims_of(twin) == {"noise", "flags", "AMSDVERS"}
