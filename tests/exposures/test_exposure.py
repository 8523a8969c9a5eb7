"""Exposures opened: what is kept of them, and their pixels loaded again."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from star_fields import GAIN, affine, expose, random_field

from amsd_astro.errors import FrameChangedError, FrameError, FrameNotFoundError
from amsd_astro.exposures.exposure import open_exposure
from amsd_astro.frames import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation.wcs import tan_sip_header

SHAPE = (200, 240)
FIELD = random_field(4, 40, SHAPE, low=3000.0)


def made(seed: int = 1) -> Frame:
    header = tan_sip_header(SHAPE, ra=10.0, dec=20.0, pixel_scale=1.0)
    header.update({"GAIN": GAIN, "RDNOISE": 5.0, "EXPTIME": 30.0, "BUNIT": "adu"})
    return expose(FIELD, SHAPE, affine(SHAPE), seed=seed, header=header)


def written(path: Path, frame: Frame) -> Path:
    fits.PrimaryHDU(np.asarray(frame.data), frame.header).writeto(path, overwrite=True)
    return path


def test_a_file_is_read_anew_and_not_kept(tmp_path: Path) -> None:
    frame = made()
    path = written(tmp_path / "a.fits", frame)
    exposure = open_exposure(path, name="a.fits")
    assert (exposure.name, exposure.shape) == ("a.fits", SHAPE)
    assert exposure.wcs is not None and len(exposure.stars) > 20
    assert exposure.noise.slope == pytest.approx(1 / GAIN, rel=0.1)
    assert exposure.stated_light == pytest.approx(30 / GAIN)
    loaded = exposure.load()
    np.testing.assert_array_equal(loaded.data, frame.data)
    assert exposure.load() is not loaded
    gone = weakref.ref(loaded)
    del loaded
    gc.collect()
    assert gone() is None


def test_a_file_that_changed_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.fits", made())
    exposure = open_exposure(path, name="a.fits")
    written(path, made(2))
    with pytest.raises(FrameChangedError, match="changed while exposures were combined"):
        exposure.load()
    path.unlink()
    with pytest.raises(FrameNotFoundError):
        exposure.load()


def test_objects_of_all_kinds_are_opened_and_not_changed() -> None:
    frame = made()
    data = np.asarray(frame.data).copy()
    for obj in (data, data * u.adu, fits.PrimaryHDU(data), fits.HDUList([fits.PrimaryHDU(data)]), frame):
        exposure = open_exposure(obj, name="exposure 1")
        np.testing.assert_array_equal(exposure.load().data, frame.data)
        assert len(exposure.stars) > 20
    assert np.isnan(open_exposure(data, name="exposure 1").stated_light)


def test_patterns_and_borders_are_off_in_what_is_loaded(tmp_path: Path) -> None:
    frame = made()
    data = np.asarray(frame.data, np.float32).copy()
    data += 30.0 * np.sign(np.sin(np.arange(SHAPE[0]) * 2.1))[:, None].astype(np.float32)
    data[:, :25] = 0.0
    for obj in (data, written(tmp_path / "a.fits", Frame(data))):
        loaded = open_exposure(obj, name="a").load()
        assert loaded.mask[:, :25].all() and not loaded.mask[:, 25:].any()
        rows = np.median(loaded.data[:, 30:], axis=1)
        assert np.std(rows) < 10.0  # of 30
    assert np.all(data[:, :25] == 0.0)


def test_a_stated_noise_is_taken() -> None:
    exposure = open_exposure(made(), name="a", noise=NoiseModel.from_gain(2.0, 7.0))
    assert exposure.noise.slope == 0.5


def test_options_choose_the_image_of_a_file(tmp_path: Path) -> None:
    images = [fits.ImageHDU(np.asarray(made(seed).data), name=f"CHIP{seed}") for seed in (1, 2)]
    path = tmp_path / "chips.fits"
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(path)
    np.testing.assert_array_equal(open_exposure(path, name="a", ext="CHIP2").load().data, images[1].data)


def test_colour_mosaics_and_bad_files_are_refused(tmp_path: Path) -> None:
    data = np.asarray(made().data).copy()
    data[::2, ::2] *= 0.6
    data[1::2, 1::2] *= 1.5
    with pytest.raises(FrameError, match=r"(?i)mosaic"):
        open_exposure(Frame(data, header=fits.Header({"BAYERPAT": "RGGB"})), name="a")
    with pytest.raises(FrameError, match="no valid pixel"):
        open_exposure(np.full((40, 40), np.nan), name="a")
    (tmp_path / "a.fits").write_bytes(b"SIMPLE  = no file")
    with pytest.raises(FrameError):
        open_exposure(tmp_path / "a.fits", name="a")
