"""Frames: pixels, headers and where they came from. Knows numpy, scipy and astropy, nothing of networks."""

import amsd_astro.frames.formats  # noqa: F401 - what Frame.read and Frame.write can do
from amsd_astro.fits.output_file import check_output
from amsd_astro.fits.units import parse_unit
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.inputs import as_frame
from amsd_astro.frames.reader import read_frame
from amsd_astro.frames.source import FrameSource
from amsd_astro.frames.suitability import refuse_denoised, refuse_mosaic, refuse_unsuitable
from amsd_astro.frames.writer import write_frame

__all__ = [
    "Frame",
    "FrameSource",
    "as_frame",
    "check_output",
    "parse_unit",
    "read_frame",
    "refuse_denoised",
    "refuse_mosaic",
    "refuse_unsuitable",
    "write_frame",
]
