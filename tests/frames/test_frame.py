"""A frame is a CCDData that knows its source."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, Cutout2D, StdDevUncertainty

from amsd_astro.errors import AmsdWarning, FrameChangedError, FrameError
from amsd_astro.frames import Frame, read_frame

SKY = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 3.0, "CRPIX2": 4.0, "CDELT1": -0.01, "CDELT2": 0.01}


@pytest.mark.parametrize(
    ("dtype", "expected"), [("u1", "f4"), ("i2", "f4"), (">f4", "f4"), (">f8", "f8"), ("f2", "f4"), ("?", "f4")]
)
def test_pixels_become_native_floats(dtype: str, expected: str) -> None:
    frame = Frame(np.ones((2, 3), dtype=dtype))
    assert frame.data.dtype == np.dtype(expected) and frame.data.dtype.isnative
    assert frame.mask.dtype == bool and frame.mask.shape == (2, 3) and not frame.mask.any()
    assert frame.unit == u.dimensionless_unscaled


def test_large_integers_become_float64() -> None:
    assert Frame(np.array([[2**24 + 1]])).data[0, 0] == 2**24 + 1
    assert Frame(np.array([[2**24]])).data.dtype == np.float32
    with pytest.raises(FrameError, match="real numbers"):
        Frame(np.ones((2, 2), complex))
    with pytest.raises(FrameError, match="mask must have the shape"):
        Frame(np.ones((2, 2)), mask=np.zeros((3, 3), bool))


def test_slices_carry_everything_but_the_source(odd_file: Path) -> None:
    frame = read_frame(odd_file)
    frame.flags = np.arange(204, dtype=np.uint8).reshape(12, 17)
    frame.uncertainty = StdDevUncertainty(np.arange(204.0).reshape(12, 17))
    frame.mask[3, 4] = True
    part = frame[2:6, 3:9]
    assert isinstance(part, Frame) and part.source is None and frame.source is not None
    assert part.mask[1, 1] and part.mask.sum() == 1
    assert part.flags[0, 0] == 37 == part.uncertainty.array[0, 0]
    assert part.unit == u.adu


def test_the_sky_moves_with_a_slice() -> None:
    frame = Frame(np.ones((20, 30)), header=fits.Header(SKY))
    part = frame[5:, 7:]
    assert (part.header["CRPIX1"], part.header["CRPIX2"]) == (-4, -1)
    np.testing.assert_allclose(part.wcs.wcs_pix2world(0, 0, 0), frame.wcs.wcs_pix2world(7, 5, 0))
    assert frame.header["CRPIX1"] == 3
    assert "CRPIX1" not in frame[::2, ::2].header and frame[::2, ::2].wcs is not None
    assert Cutout2D(frame.data, (10, 10), 5, wcs=frame.wcs).wcs.wcs.crpix[0] == -5


def test_copies_and_arithmetic(odd_file: Path) -> None:
    frame = read_frame(odd_file)
    for twin in (frame.copy(), copy.deepcopy(frame), copy.copy(frame)):
        assert twin.source == frame.source and twin.unit == u.adu
    twin = frame.copy()
    twin.data[0, 0], twin.mask[0, 0], twin.header["NEW"] = -1, True, 1
    assert frame.data[0, 0] != -1 and not frame.mask[0, 0] and "NEW" not in frame.header
    difference = frame.subtract(frame)
    assert isinstance(difference, Frame) and difference.source is None
    assert not difference.data.any()
    assert isinstance(CCDData(frame), CCDData)


def test_the_wcs_is_parsed_late_and_never_fatal(tmp_path: Path) -> None:
    bad = fits.Header({**SKY, "CTYPE1": "RA---XXX"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = Frame(np.ones((4, 4)), header=bad)
        twin = frame.copy()
        assert Frame(np.ones((4, 4)), header=fits.Header({"A": 1})).wcs is None
    for one in (frame, twin):
        with pytest.warns(AmsdWarning, match="WCS"):
            assert one.wcs is None
        assert one.wcs is None


def test_a_wcs_among_odd_cards(tmp_path: Path) -> None:
    header = fits.Header(SKY)
    header.append(fits.Card.fromstring("lower   = NaN / odd"))
    header.append(fits.Card.fromstring("LATIN   = '\xe9'"))
    frame = Frame(np.ones((4, 4)), header=header)
    assert frame.wcs is not None and frame.wcs.wcs.crpix.tolist() == [3, 4]


def test_the_source_cannot_be_changed(odd_file: Path) -> None:
    frame = read_frame(odd_file)
    source = frame.source
    assert source is not None and Frame.read(odd_file).source == source
    source.header["EXPTIME"] = 1
    assert source.keyword("EXPTIME") == 60
    with pytest.raises(AttributeError):
        source.hdu = 3  # type: ignore[misc]
    odd_file.write_bytes(odd_file.read_bytes() + b"x")
    with pytest.raises(FrameChangedError, match="changed"):
        source.fingerprint  # noqa: B018 - a property that looks at the file


def test_copies_say_nothing(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    frame = Frame(np.zeros((3, 4)), meta={"OBJECT": "M 1"})
    assert frame.copy().header["OBJECT"] == "M 1"
    assert Frame(frame, header={"OBJECT": "M 2"}).header["OBJECT"] == "M 2"
    assert capsys.readouterr().out == "" and not caplog.records
