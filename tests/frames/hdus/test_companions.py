"""Masks and errors in files beside the image's, found by the naming of missions and pipelines."""

from __future__ import annotations

import gzip
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.errors import FrameError
from amsd_astro.fits.layouts.table import layout_table
from amsd_astro.frames import Frame, read_frame

SHAPE = (40, 50)
PIXELS = np.random.default_rng(0).normal(100, 5, SHAPE).astype(np.float32)
SIGMA = 5.0
VALUES = {"sigma": SIGMA, "variance": SIGMA**2, "inverse": SIGMA**-2}
DECAM = "c4d_170316_062107_oo{}_z_ls9.fits"


def _write(path: Path, data: np.ndarray, name: str = "", **cards: Any) -> Path:
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    body = path.with_name("body")
    fits.HDUList([primary, fits.ImageHDU(data, name=name or None)]).writeto(body, overwrite=True)
    path.write_bytes(gzip.compress(body.read_bytes()) if path.suffix == ".gz" else body.read_bytes())
    body.unlink()
    return path


def _errors(kind: str) -> np.ndarray:
    errors = np.full(SHAPE, VALUES[kind], np.float32)
    errors[7, 8] = 0
    return errors


def _flags(*values: int) -> np.ndarray:
    """Value n of the list in the n-th pixel of the first row."""
    flags = np.zeros(SHAPE, np.int32)
    flags[0, : len(values)] = values
    return flags


def _read(path: Path, **options: Any) -> Frame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_frame(path, companions=True, **options)


def _bad(frame: Frame) -> list[list[int]]:
    return np.argwhere(frame.mask).tolist()


@pytest.mark.parametrize(
    ("image", "error", "kind"),
    [
        ("unwise-0000p000-w1-img-m.fits", "unwise-0000p000-w1-invvar-m.fits.gz", "inverse"),
        ("unwise-0000p000-w2-img-u.fits", "unwise-0000p000-w2-invvar-u.fits", "inverse"),
        ("3041m137_ab41-w1-int-3.fits", "3041m137_ab41-w1-unc-3.fits", "sigma"),
    ],
)
def test_errors_alone(image: str, error: str, kind: str, tmp_path: Path) -> None:
    path = _write(tmp_path / image, PIXELS)
    _write(tmp_path / error, _errors(kind))
    frame = _read(path)
    np.testing.assert_allclose(frame.uncertainty.array[~frame.mask], SIGMA, rtol=1e-6)
    assert _bad(frame) == [[7, 8]]
    assert read_frame(path).uncertainty is None


@pytest.mark.parametrize(("version", "n_bad"), [("V4.8.2", 6), ("V3.4", 5)])
def test_decam_takes_the_planes_of_its_chip(version: str, n_bad: int, tmp_path: Path) -> None:
    # codes 1 to 6 are bad, 7 and 8 are not; in old files bits 1, 2, 4, ... are: 1, 2, 4 and the sums of them
    cards = {"INSTRUME": "DECam", "PROCTYPE": "InstCal", "PLVER": version}
    values = range(1, 9) if n_bad == 6 else (1, 2, 4, 16, 64, 128, 256, 8)
    paths = [
        _write(tmp_path / DECAM.format(letter), data, "N2", **cards)
        for letter, data in (("i", PIXELS), ("d", _flags(*values)), ("w", _errors("inverse")))
    ]
    frame = _read(paths[0])
    assert _bad(frame) == [*([0, x] for x in range(n_bad)), [7, 8]]
    np.testing.assert_allclose(frame.uncertainty.array[~frame.mask], SIGMA, rtol=1e-6)
    assert [file.role for file in frame.source.own_files] == ["mask", "error"]
    # a file that is named takes the place of a companion
    own = _write(tmp_path / "mine.fits", _flags(1), "N2")
    assert _bad(_read(paths[0], mask_file=own)) == [[0, 0], [7, 8]]


def test_panstarrs_has_variances_and_bits_by_name(tmp_path: Path) -> None:
    stem = "rings.v3.skycell.1234.056.wrp.r.55676_42336"
    path = _write(tmp_path / f"{stem}.fits", PIXELS)
    _write(tmp_path / f"{stem}.wt.fits", _errors("variance"))
    mask = _write(tmp_path / f"{stem}.mask.fits", _flags(1, 32, 4096))
    with fits.open(mask, mode="update") as hdus:
        names = {"MSKNAM00": "DETECTOR", "MSKVAL00": 1, "MSKNAM01": "SAT", "MSKVAL01": 32}
        hdus[1].header.update(names | {"MSKNAM02": "STARCORE", "MSKVAL02": 4096})
    frame = _read(path)
    assert _bad(frame) == [[0, 0], [0, 1], [7, 8]]
    np.testing.assert_allclose(frame.uncertainty.array[~frame.mask], SIGMA, rtol=1e-6)


def test_a_brick_of_the_legacy_surveys_shares_its_mask_among_bands(tmp_path: Path) -> None:
    _write(tmp_path / "legacysurvey-0001m002-maskbits.fits.fz", _flags(1, 2, 32, 64), "MASKBITS")
    for band in "gr":
        path = _write(tmp_path / f"legacysurvey-0001m002-image-{band}.fits.fz", PIXELS)
        _write(tmp_path / f"legacysurvey-0001m002-invvar-{band}.fits.fz", _errors("inverse"))
        assert _bad(_read(path)) == [[0, 2], [0, 3], [7, 8]]


def test_ztf_has_a_mask_alone(tmp_path: Path) -> None:
    stem = "ztf_20200801403588_000535_zr_c11_o_q1"
    path = _write(tmp_path / f"{stem}_sciimg.fits", PIXELS, INSTRUME="ZTF/MOSAIC")
    _write(tmp_path / f"{stem}_mskimg.fits", _flags(1, 2, 256, 2048), INSTRUME="ZTF/MOSAIC")
    frame = _read(path)
    assert _bad(frame) == [[0, 0], [0, 2]] and frame.uncertainty is None
    with pytest.raises(FrameError, match="error_kind needs a plane of errors"):
        _read(path, error_kind="sigma")


def test_what_is_missing_or_there_twice_is_told(tmp_path: Path) -> None:
    image = _write(tmp_path / DECAM.format("i"), PIXELS, "N2")
    mask = _write(tmp_path / DECAM.format("d"), _flags(1), "N2")
    with pytest.raises(FrameError, match=r"ooi_z_ls9.fits: the error .* Looked for: c4d_170316_062107_oow_z_ls9.fits"):
        _read(image)
    weights = _write(tmp_path / DECAM.format("w"), _errors("inverse"), "N2")
    os.symlink(weights, f"{weights}.fz")  # one file of two names
    _read(image)
    _write(Path(f"{mask}.gz"), _flags(1), "N2")
    with pytest.raises(FrameError, match=r"Received: c4d_\w+_ood_z_ls9.fits and c4d_\w+_ood_z_ls9.fits.gz"):
        _read(image)
    os.remove(mask)
    assert _bad(_read(image)) == [[0, 0], [7, 8]]
    _write(Path(f"{mask}.gz"), _flags(1)[1:], "N2")
    with pytest.raises(FrameError, match=r"ood_z_ls9.fits.gz\[1\]: mask_file must be an image of the shape"):
        _read(image)
    other = _write(tmp_path / "other.fits", PIXELS)
    with pytest.raises(FrameError, match=r"other.fits: companions .* none .* known: .*\*_ooi_\*.*mask_file"):
        _read(other)


def test_every_row_of_the_table_can_be_filled() -> None:
    rows = [(layout, row) for layout in layout_table().layouts for row in layout.companions]
    assert len(rows) >= 7
    for layout, row in rows:
        assert row.keys() <= {"image", "mask", "error"} and len(row) >= 2
        assert all(pattern.count("*") <= row["image"].count("*") for pattern in row.values())
        assert "error" not in row or layout.kind in VALUES
