"""`Frame.read` and `Frame.write` by astropy's registry: they do what `read_frame` and `write_frame` do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io.registry import IORegistryError
from astropy.nddata import CCDData
from written_files import as_denoised

from amsd_astro.errors import FrameNotFoundError, OutputExistsError
from amsd_astro.frames import Frame, read_frame, write_frame
from amsd_astro.frames.html_display import frame_html


def test_what_is_read_is_the_same(odd_file: Path) -> None:
    one, other = Frame.read(odd_file), read_frame(odd_file)
    assert type(one) is Frame and one.source == other.source
    np.testing.assert_array_equal(one.data, other.data)
    assert list(one.header) == list(other.header) and len(one.header) > 10
    assert Frame.read(str(odd_file), format="fits", ext=0).source == other.source


def test_what_is_written_is_the_same(odd_file: Path, tmp_path: Path) -> None:
    for made in (as_denoised(read_frame(odd_file)), Frame(np.ones((4, 5)), unit="adu"), read_frame(odd_file)[2:6, 3:9]):
        write_frame(made, tmp_path / "one.fits", overwrite=True)
        made.write(tmp_path / "two.fits", overwrite=True)
        assert (tmp_path / "one.fits").read_bytes() == (tmp_path / "two.fits").read_bytes()
    made.write(str(tmp_path / "two.fits"), True, format="fits", sigma=False)


def test_errors_are_those_of_the_functions(odd_file: Path, tmp_path: Path) -> None:
    frame = Frame.read(odd_file)
    frame.write(tmp_path / "out.fits")
    with pytest.raises(OutputExistsError):
        frame.write(tmp_path / "out.fits")
    with pytest.raises(OutputExistsError, match="the input itself"):
        frame.write(odd_file, overwrite=True)
    with pytest.raises(FrameNotFoundError):
        Frame.read(tmp_path / "none.fits")
    with pytest.raises(IORegistryError, match="No reader defined for format 'soup'"):
        Frame.read(odd_file, format="soup")
    with pytest.raises(TypeError, match=r"Frame.read with format 'fits' has the options ext, mask_ext.*Received: soup"):
        Frame.read(odd_file, soup=1)
    with pytest.raises(TypeError, match=r"Frame.write .* has the options overwrite, sigma\. Received: hdu_mask"):
        frame.write(tmp_path / "out.fits", hdu_mask="MASK")


def test_formats_are_listed_and_explained() -> None:
    Frame.write.list_formats(listed := io.StringIO())
    assert {line.split()[0] for line in listed.getvalue().splitlines()[2:]} == {"fits", "html"}
    Frame.read.help("fits", out=(told := io.StringIO()))
    assert "mask_bits" in told.getvalue()


def test_other_ccd_data_is_read_as_ever(tmp_path: Path) -> None:
    CCDData(np.ones((4, 5)), unit="adu").write(tmp_path / "ccd.fits")
    assert type(CCDData.read(tmp_path / "ccd.fits")) is CCDData
    assert type(Frame.read(tmp_path / "ccd.fits")) is Frame


def test_html_is_what_a_notebook_shows(odd_file: Path) -> None:
    frame = Frame.read(odd_file)
    frame.write(page := io.StringIO(), format="html")
    assert page.getvalue() == frame._repr_html_() == frame_html(frame)
