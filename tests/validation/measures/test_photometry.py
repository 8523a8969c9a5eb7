"""Photometry of injected sources, against what was injected."""

from __future__ import annotations

import numpy as np
import pytest
from photutils.aperture import CircularAperture, aperture_photometry
from scipy.ndimage import gaussian_filter, shift
from validation_frames import Simulated, empty

from amsd_astro.validation.measures.bias import measure_bias
from amsd_astro.validation.measures.injection import Injection, inject, plan_injection
from amsd_astro.validation.measures.photometry import SourceTable, measure_sources, measure_truth
from amsd_astro.validation.measures.psf import MeasuredPsf, measure_psf

COLUMNS = ["aperture_flux", "psf_flux", "fwhm", "e1", "e2", "dy", "dx"]


@pytest.fixture(scope="module")
def psf(blank: Simulated) -> MeasuredPsf:
    return measure_psf(blank.frame, blank.noise, fwhm=2.5)


@pytest.fixture(scope="module")
def plan(blank: Simulated, psf: MeasuredPsf) -> Injection:
    return plan_injection(blank.frame, blank.noise, psf, seed=1, n_sources=120)


@pytest.fixture(scope="module")
def truth(plan: Injection, psf: MeasuredPsf) -> SourceTable:
    return measure_truth(plan, psf)


def test_the_truth_is_the_stars_own_flux_and_place(plan: Injection, psf: MeasuredPsf, truth: SourceTable) -> None:
    alone = plan.is_star & (plan.snr > 60)
    aperture = CircularAperture((psf.half, psf.half), psf.aperture)
    share = aperture_photometry(psf.image, aperture)["aperture_sum"][0]
    assert np.median(truth.aperture_flux[alone] / (share * plan.flux[alone])) == pytest.approx(1, abs=0.002)
    assert np.median(truth.psf_flux[alone] / plan.flux[alone]) == pytest.approx(1, abs=0.002)
    assert np.abs(np.median([truth.dy[alone], truth.dx[alone]], axis=1)).max() < 0.02
    assert np.median(truth.ellipticity[alone]) < 0.02
    assert np.median(truth.fwhm[plan.snr > 60]) > np.median(truth.fwhm[alone]) > psf.fwhm


def test_photometry_of_a_frame_without_noise_is_unbiased(plan: Injection, psf: MeasuredPsf, truth: SourceTable) -> None:
    measured = measure_sources(100 + plan.light, plan, psf)
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(measured, name), getattr(truth, name), rtol=2e-3, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(measured.sky, 100)


@pytest.fixture(scope="module")
def stacked(psf: MeasuredPsf) -> tuple[list[Injection], list[np.ndarray], list[np.ndarray]]:
    """Plans, frames and sky levels of several fields, for errors small enough."""
    made = [empty(seed=seed) for seed in range(3)]
    plans = [plan_injection(m.frame, m.noise, psf, seed=k, n_sources=120) for k, m in enumerate(made)]
    frames = [inject(m.frame, p, m.noise, seed=9).data for m, p in zip(made, plans, strict=True)]
    return plans, frames, [m.truth for m in made]


def test_errors_of_flux_are_those_the_signal_to_noise_says(
    stacked: tuple[list[Injection], list[np.ndarray], list[np.ndarray]], psf: MeasuredPsf
) -> None:
    plans, frames, _ = stacked
    measured = np.concatenate([measure_sources(f, p, psf).aperture_flux for f, p in zip(frames, plans, strict=True)])
    true = np.concatenate([measure_truth(p, psf).aperture_flux for p in plans])
    snr = np.concatenate([p.snr for p in plans])
    bias = measure_bias(measured, true, snr, edges=(5, 20, 60, 200))
    assert np.all(np.abs(bias.mean) < 3.5 * bias.error)
    assert bias.scatter * np.sqrt(bias.low * bias.high) == pytest.approx(1.05, abs=0.25)


def test_two_per_cent_of_flux_are_seen(
    stacked: tuple[list[Injection], list[np.ndarray], list[np.ndarray]], psf: MeasuredPsf
) -> None:
    plans, frames, skies = stacked
    scaled = [measure_sources(s + 0.98 * (f - s), p, psf) for s, f, p in zip(skies, frames, plans, strict=True)]
    snr = np.concatenate([p.snr for p in plans])
    for name in ("aperture_flux", "psf_flux"):
        true = np.concatenate([getattr(measure_truth(p, psf), name) for p in plans])
        measured = np.concatenate([getattr(table, name) for table in scaled])
        bias = measure_bias(measured, true, snr, edges=(60, 200))
        assert bias.error[0] < 0.003
        assert bias.mean[0] == pytest.approx(-0.02, abs=3.5 * bias.error[0])


def test_a_blur_widens_stars_and_takes_aperture_flux(plan: Injection, psf: MeasuredPsf, truth: SourceTable) -> None:
    measured = measure_sources(100 + gaussian_filter(plan.light, 0.8), plan, psf)
    stars = plan.is_star
    wider = np.median(measured.fwhm[stars] ** 2 - truth.fwhm[stars] ** 2)
    assert wider == pytest.approx(8 * np.log(2) * 0.64, rel=0.15)
    assert np.median(measured.aperture_flux[stars] / truth.aperture_flux[stars]) < 0.98
    assert np.median(measured.psf_flux[stars] / truth.psf_flux[stars]) < 0.9
    assert np.mean(measured.fwhm > truth.fwhm) > 0.9  # not all: some stand in the halo of another


def test_a_blur_along_one_axis_makes_stars_elliptic(plan: Injection, psf: MeasuredPsf, truth: SourceTable) -> None:
    measured = measure_sources(gaussian_filter(plan.light, (0, 0.8)), plan, psf)
    stars = plan.is_star
    sigma2 = np.median(truth.fwhm[stars]) ** 2 / (8 * np.log(2))
    assert np.median(measured.e1[stars]) == pytest.approx(0.64 / (2 * sigma2 + 0.64), rel=0.15)
    assert np.median(measured.ellipticity[stars]) == pytest.approx(1 - np.sqrt(sigma2 / (sigma2 + 0.64)), rel=0.15)
    assert abs(np.median(measured.e2[stars])) < 0.01


def test_a_shift_is_seen_in_pixels(plan: Injection, psf: MeasuredPsf, truth: SourceTable) -> None:
    measured = measure_sources(shift(plan.light, (0.1, -0.2), order=5), plan, psf)
    stars = plan.is_star & (plan.snr > 20)
    assert np.median((measured.dy - truth.dy)[stars]) == pytest.approx(0.1, abs=0.01)
    assert np.median((measured.dx - truth.dx)[stars]) == pytest.approx(-0.2, abs=0.02)


def test_bad_pixels_in_the_aperture_leave_a_source_out(plan: Injection, psf: MeasuredPsf) -> None:
    mask = np.zeros(plan.light.shape, bool)
    mask[round(plan.y[0]), round(plan.x[0])] = True
    measured = measure_sources(100 + plan.light, plan, psf, mask=mask)
    assert all(np.isnan(getattr(measured, name)[0]) for name in COLUMNS[:1] + COLUMNS[2:])
    assert np.isfinite(measured.aperture_flux[1:]).all()


def test_a_neighbour_of_the_frame_does_not_move_the_local_sky(plan: Injection, psf: MeasuredPsf) -> None:
    image = 100 + plan.light
    image[round(plan.y[0]) + round(4 * psf.fwhm), round(plan.x[0])] += 1e5
    assert measure_sources(image, plan, psf).sky[0] == pytest.approx(100, abs=1e-3)


def test_one_outlier_does_not_ruin_a_bin_and_is_counted() -> None:
    rng = np.random.default_rng(0)
    snr, true = np.full(100, 30.0), np.full(100, 1000.0)
    measured = 1010 + 30 * rng.standard_normal(100)
    measured[3] = 1e5
    bias = measure_bias(measured, true, snr, edges=(2, 20, 200))
    assert (bias.n.tolist(), bias.n_clipped.tolist()) == ([0, 99], [0, 1])
    assert np.isnan(bias.mean[0]) and bias.mean[1] == pytest.approx(0.01, abs=3 * bias.error[1])
    assert bias.scatter[1] == pytest.approx(0.03, rel=0.25)
    assert bias.error[1] == pytest.approx(0.003, rel=0.25)
    assert measure_bias(measured, true, snr, edges=(2, 20, 200), relative=False).mean[1] == pytest.approx(10, abs=9)


def test_a_fifth_of_the_sources_torn_away_is_bias_and_no_outlier() -> None:
    measured = 1000 + 5 * np.random.default_rng(0).standard_normal(100)
    measured[:20] = 0
    assert measure_bias(measured, np.full(100, 1000.0), np.full(100, 50.0)).mean[5] < -0.08


def test_edges_must_rise() -> None:
    with pytest.raises(ValueError, match="edges"):
        measure_bias([1.0], [1.0], [3.0], edges=(5, 2))
