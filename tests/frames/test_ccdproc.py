"""What ccdproc makes of frames bears nothing that describes another image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.nddata import CCDData
from denoised_frames import assert_written_as_a_ccd, claims_of, denoised_frame

from amsd_astro.frames import Frame

ccdproc = pytest.importorskip("ccdproc")

GAIN = 2 * u.electron / u.adu
COMBINED: dict[str, dict[str, Any]] = {
    "average": {},
    "median in parts": {"method": "median", "mem_limit": 2e4},
    "clipped": {"sigma_clip": True},
    "float32": {"dtype": "f4"},
    "float64": {"dtype": "f8"},
}
MADE: dict[str, Callable[[Frame], CCDData]] = {
    "gain": lambda frame: ccdproc.gain_correct(frame, GAIN),
    "bias": lambda frame: ccdproc.subtract_bias(frame, frame),
    "dark": lambda frame: ccdproc.subtract_dark(frame, frame, exposure_time="EXPTIME", exposure_unit=u.s, scale=True),
    "flat": lambda frame: ccdproc.flat_correct(frame, frame),
    "overscan": lambda frame: ccdproc.subtract_overscan(frame, overscan=frame[:, :5], median=True),
    "process": lambda frame: ccdproc.ccd_process(frame, oscan="[40:48,1:40]", trim="[1:30,1:30]", gain=GAIN),
    "transform": lambda frame: ccdproc.transform_image(frame, np.transpose),
}
if hasattr(ccdproc, "rebin"):  # it is to go
    MADE["rebin"] = lambda frame: ccdproc.rebin(frame, (20, 24))
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{text}")
    for text in (
        "WCS information may",
        "The rebin function",
        "The following attributes",
        "All-NaN",
        "The following header",
    )
]
each_dtype = pytest.mark.parametrize("dtype", ["f4", "f8"])


@each_dtype
@pytest.mark.parametrize("options", COMBINED.values(), ids=COMBINED)
def test_combined_frames(options: dict[str, Any], dtype: str, tmp_path: Path) -> None:
    frames = [denoised_frame(tmp_path, seed, dtype) for seed in range(3)]
    combined = ccdproc.combine(frames, **options)
    assert claims_of(combined) == set()
    known = (np.median if options.get("method") else np.mean)([frame.data for frame in frames], axis=0)
    good = ~combined.mask
    assert good.sum() == good.size - 1
    if "sigma_clip" not in options:
        np.testing.assert_allclose(combined.data[good], known[good], rtol=1e-6)
    assert_written_as_a_ccd(combined, tmp_path / "out.fits")
    assert all(len(claims_of(frame)) == 5 for frame in frames)


def test_combined_frames_written_by_ccdproc(tmp_path: Path) -> None:
    frames = [denoised_frame(tmp_path, seed, "f8") for seed in range(3)]
    ccdproc.combine(frames, output_file=tmp_path / "out.fits")
    combined = CCDData.read(tmp_path / "out.fits")
    assert claims_of(combined) == set()
    assert combined.mask.sum() == 1 and combined.uncertainty is not None
    assert claims_of(ccdproc.Combiner(frames).average_combine()) == set()


@each_dtype
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_processed_frames(make: Callable[[Frame], CCDData], dtype: str, tmp_path: Path) -> None:
    frame = denoised_frame(tmp_path, 1, dtype)
    made = make(frame)
    assert isinstance(made, Frame) and claims_of(made) == set()
    assert_written_as_a_ccd(made, tmp_path / "out.fits")
    assert len(claims_of(frame)) == 5


def test_trimmed_frames(tmp_path: Path) -> None:
    made = ccdproc.trim_image(denoised_frame(tmp_path, 1, "f4"), fits_section="[1:20,1:30]")
    assert claims_of(made) == {"flags"} and made.flags.shape == (30, 20)
    assert_written_as_a_ccd(made, tmp_path / "out.fits")


def test_what_is_no_frame_any_more_has_the_cards_of_the_header_that_was_copied(tmp_path: Path) -> None:
    """A header by itself cannot know what it will be put on: docs/pipelines.md says what to do."""
    frame = denoised_frame(tmp_path, 1, "f4")
    pytest.importorskip("reproject")
    for made in (ccdproc.block_reduce(frame, 2), ccdproc.wcs_project(frame, frame.wcs)):
        assert type(made) is CCDData
        del made.header["AMSD*"]
        assert claims_of(made) == set()
