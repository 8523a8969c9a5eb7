"""Frames in which nothing is to be found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from validation_frames import Simulated, simulate

from amsd_astro import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.simulation import Resampling
from amsd_astro.validation.measures.detection import detect
from amsd_astro.validation.measures.noise_frames import mirrored_frame, noise_only_frame
from amsd_astro.validation.measures.psf import measure_psf


def test_noise_only_frame_has_the_sky_and_the_noise_of_the_frame_and_no_source() -> None:
    made = simulate(n_stars=30, gradient=0.2, seed=2)
    drawn = noise_only_frame(made.frame, made.noise, seed=1)
    true = 100 * (1 + 0.2 * np.linspace(-0.5, 0.5, 256))
    assert np.abs(drawn.data.mean(axis=0) - true)[20:-20].max() < 3.5
    assert (drawn.data - true)[:, 64:192].std() == pytest.approx(np.sqrt(made.noise.sky_variance), rel=0.03)
    psf = measure_psf(made.frame, made.noise, fwhm=3.0)
    assert detect(drawn.data, psf, threshold=5.0).positions.size == 0
    assert detect(made.frame.data, psf, threshold=5.0).positions.size > 0


def test_noise_only_frame_has_the_correlation(blank: Simulated) -> None:
    rho = Resampling("bilinear", (64, 64), shift=(3.5, 3.5)).correlation(2)
    drawn = noise_only_frame(blank.frame, replace(blank.noise, correlation=rho), seed=1)
    assert measure_noise(drawn).neighbours == pytest.approx((rho[2, 3], rho[3, 2]), abs=0.04)


def test_mirrored_sky_has_the_same_statistics(blank: Simulated) -> None:
    turned = mirrored_frame(blank.frame, blank.noise)
    good = ~turned.mask
    assert good.mean() > 0.97
    assert turned.data[good].mean() == pytest.approx(blank.frame.data[good].mean(), abs=0.3)
    assert turned.data[good].std() == pytest.approx(blank.frame.data.std(), rel=0.02)
    first, second = measure_noise(blank.frame), measure_noise(turned)
    assert second.sky_variance == pytest.approx(first.sky_variance, rel=0.05)
    assert np.corrcoef(turned.data[good], blank.frame.data[good])[0, 1] < -0.99


def test_mirrored_frame_has_its_sources_masked(field: Simulated) -> None:
    turned = mirrored_frame(field.frame, field.noise)
    assert turned.mask[field.truth > 110].all()
    assert not turned.mask.all()
    psf = measure_psf(field.frame, field.noise, fwhm=3.0)
    assert detect(turned.data, psf, threshold=5.0, mask=turned.mask).positions.size == 0


@pytest.mark.parametrize("kind", ["noise", "mirror"])
def test_what_belongs_to_the_frame_is_kept_and_the_frame_not_changed(kind: str, blank: Simulated) -> None:
    mask = np.zeros((256, 256), bool)
    mask[10:20, 10:20] = True
    data = blank.frame.data.copy()
    data[30, 30] = np.nan
    frame = Frame(data.copy(), mask=mask.copy(), unit="adu", header={"OBJECT": "M 13"})
    new = noise_only_frame(frame, blank.noise, seed=1) if kind == "noise" else mirrored_frame(frame, blank.noise)
    np.testing.assert_array_equal(frame.data, data)
    np.testing.assert_array_equal(frame.mask, mask)
    assert new.unit == frame.unit and new.header["OBJECT"] == "M 13" and new.data.dtype == np.float32
    assert new.mask[mask].all() and new.mask[30, 30]
    new.header["OBJECT"] = "M 92"
    assert frame.header["OBJECT"] == "M 13"
