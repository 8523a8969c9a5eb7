"""Masks, errors and sections of known layouts are found and used without being named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import AmsdWarning, FrameError, read_frame
from amsd_astro.frames import refuse_mosaic

SHAPE = (12, 17)


def write(path: Path, primary: dict[str, Any], **planes: tuple[np.ndarray, dict[str, Any]]) -> Path:
    hdus = [fits.PrimaryHDU(header=fits.Header(primary))]
    hdus += [fits.ImageHDU(data, fits.Header(cards), name=name) for name, (data, cards) in planes.items()]
    fits.HDUList(hdus).writeto(path)
    return path


def science() -> np.ndarray:
    return np.random.default_rng(7).normal(1000, 5, SHAPE).astype(np.float32)


def bits(**places: int) -> np.ndarray:
    """Return a plane with a value at y1_x1 and so on."""
    plane = np.zeros(SHAPE, np.int16)
    for place, value in places.items():
        plane[tuple(int(n) for n in place[1:].split("_"))] = value
    return plane


def test_hst(tmp_path: Path) -> None:
    error = np.full(SHAPE, 5, np.float32)
    quality = bits(p2_3=16, p4_5=64, p6_7=4096)  # hot, warm, cosmic ray
    path = write(
        tmp_path / "flt.fits",
        {"TELESCOP": "HST", "INSTRUME": "ACS"},
        SCI=(science(), {"EXTVER": 1}),
        ERR=(error, {"EXTVER": 1}),
        DQ=(quality, {"EXTVER": 1}),
    )
    frame = read_frame(path)
    assert np.argwhere(frame.mask).tolist() == [[2, 3], [6, 7]]
    assert frame.uncertainty is not None and np.all(frame.uncertainty.array == 5)
    assert np.argwhere(read_frame(path, mask_bits=64).mask).tolist() == [[4, 5]]


def test_jwst(tmp_path: Path) -> None:
    quality = bits(p1_1=1, p2_2=4, p3_3=2).astype(np.uint32)  # do not use, jump detected, saturated
    path = write(
        tmp_path / "cal.fits",
        {"TELESCOP": "JWST", "INSTRUME": "NIRCAM"},
        SCI=(science(), {"BUNIT": "MJy/sr"}),
        ERR=(np.full(SHAPE, 2, np.float32), {}),
        DQ=(quality, {}),
        VAR_POISSON=(np.ones(SHAPE, np.float32), {}),
        VAR_RNOISE=(np.ones(SHAPE, np.float32), {}),
    )
    frame = read_frame(path)
    assert np.argwhere(frame.mask).tolist() == [[1, 1]]
    assert frame.uncertainty is not None and np.all(frame.uncertainty.array == 2)


def test_des(tmp_path: Path) -> None:
    weight = np.full(SHAPE, 0.25, np.float32)
    weight[5, 5] = 0
    path = write(
        tmp_path / "des.fits",
        {"INSTRUME": "DECam"},
        SCI=(science(), {}),
        MSK=(bits(p1_1=1, p2_2=32), {}),  # bad pixel, near a bright star
        WGT=(weight, {}),
    )
    frame = read_frame(path)
    assert np.argwhere(frame.mask).tolist() == [[1, 1], [5, 5]]
    assert frame.uncertainty is not None
    assert np.nanmedian(frame.uncertainty.array) == 2


def test_desi(tmp_path: Path) -> None:
    path = write(
        tmp_path / "preproc.fits",
        {"INSTRUME": "DESI"},
        IMAGE=(science(), {}),
        IVAR=(np.full(SHAPE, 0.04, np.float32), {}),
        MASK=(bits(p1_1=2, p3_3=8), {}),
        READNOISE=(np.full(SHAPE, 3, np.float32), {}),
    )
    frame = read_frame(path)
    assert frame.mask.sum() == 2
    assert frame.uncertainty is not None and np.allclose(frame.uncertainty.array, 5)


def test_a_quality_plane_without_integers_is_not_used(tmp_path: Path) -> None:
    primary = {"TELESCOP": "HST", "INSTRUME": "ACS"}
    path = write(tmp_path / "flt.fits", primary, SCI=(science(), {}), DQ=(np.full(SHAPE, 16, np.float32), {}))
    with pytest.warns(AmsdWarning, match="bits need a plane of integers"):
        assert not read_frame(path).mask.any()
    with pytest.raises(FrameError, match="bits need a plane of integers"):
        read_frame(path, mask_bits=16)


def test_a_blank_pixel_of_a_mask_of_codes_is_bad(tmp_path: Path) -> None:
    cards = {"PRODTYPE": "dqmask", "PLVER": "V4.8", "BLANK": -99}
    path = write(
        tmp_path / "cp.fits", {"INSTRUME": "DECam"}, SCI=(science(), {}), MASK=(bits(p1_1=-99, p2_2=7, p3_3=5), cards)
    )
    assert np.argwhere(read_frame(path).mask).tolist() == [[1, 1], [3, 3]]


def test_a_quality_plane_of_no_known_layout_is_not_guessed_at(tmp_path: Path) -> None:
    path = write(tmp_path / "own.fits", {}, SCI=(science(), {}), DQ=(bits(p1_1=64), {}))
    assert not read_frame(path).mask.any()
    assert read_frame(path, mask_bits=64).mask.sum() == 1
    assert read_frame(path, mask_ext="DQ").mask.sum() == 1


def test_overscan_is_masked(tmp_path: Path) -> None:
    path = tmp_path / "raw.fits"
    header = fits.Header({"DATASEC": "[3:15,1:12]", "BIASSEC": "[16:17,1:12]"})
    fits.PrimaryHDU(science(), header).writeto(path)
    frame = read_frame(path)
    assert frame.mask[:, :2].all() and frame.mask[:, 15:].all() and not frame.mask[:, 2:15].any()
    fits.setval(path, "DATASEC", value="[51:2098,1:4096]")  # of a frame that was trimmed since
    assert not read_frame(path).mask.any()
    fits.setval(path, "DATASEC", value="all of it")
    with pytest.warns(AmsdWarning, match="DATASEC must be a section"):
        assert not read_frame(path).mask.any()


def test_a_mosaic_can_be_read_and_is_refused_where_it_would_be_denoised(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    levels = np.tile([[600.0, 1000.0], [1000.0, 800.0]], (60, 60))
    path = tmp_path / "colour.fits"
    fits.PrimaryHDU(rng.poisson(levels).astype(np.float32), fits.Header({"BAYERPAT": "RGGB"})).writeto(path)
    frame = read_frame(path)
    with pytest.raises(FrameError, match=r"colour\.fits.*split it into its four planes"):
        refuse_mosaic(frame)
    refuse_mosaic(frame[::2, ::2])
