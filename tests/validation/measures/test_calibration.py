"""Calibration of sigma maps, on errors that are Gaussian by construction."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from astropy.nddata import StdDevUncertainty
from validation_frames import Simulated, simulate

from amsd_astro import Frame
from amsd_astro.simulation import Resampling
from amsd_astro.validation.measures.calibration import STRATA, bootstrap_frame, measure_calibration


@pytest.fixture(scope="module")
def bright() -> Simulated:
    """A field with a thousand pixels or more in every stratum."""
    return simulate(n_stars=200, n_galaxies=30, seed=2)


def toy(made: Simulated, stated: float = 1.0, shift: float = 0.0) -> Frame:
    """The truth with errors of 0.3 sigma of the noise, and a sigma map that states a multiple of that."""
    sigma = 0.3 * np.sqrt(made.noise.variance(made.truth))
    error = sigma * (np.random.default_rng(4).standard_normal(sigma.shape) + shift)
    return Frame(made.truth + error, uncertainty=StdDevUncertainty(stated * sigma))


def test_gaussian_errors_are_calibrated_in_every_stratum(bright: Simulated) -> None:
    strata = measure_calibration(toy(bright), bright.truth, bright.noise)
    assert [(s.low, s.high) for s in strata[1:]] == list(pairwise(STRATA))
    assert strata[0].n_pixels == sum(s.n_pixels for s in strata[1:]) == 256**2
    for s in strata:
        error = 1 / np.sqrt(s.n_pixels)
        assert s.width == pytest.approx(1, abs=4 * error)
        assert s.mean == pytest.approx(0, abs=4 * error)
        assert s.coverage_68 == pytest.approx(0.6827, abs=2 * error)
        assert s.coverage_95 == pytest.approx(0.95, abs=error)


def test_a_sigma_that_is_too_small_or_a_shift_shows(bright: Simulated) -> None:
    narrow = measure_calibration(toy(bright, stated=0.5), bright.truth, bright.noise)[0]
    assert narrow.width == pytest.approx(2, rel=0.02) and narrow.coverage_68 == pytest.approx(0.383, abs=0.01)
    shifted = measure_calibration(toy(bright, shift=0.5), bright.truth, bright.noise)[0]
    assert shifted.mean == pytest.approx(0.5, abs=0.02) and shifted.width == pytest.approx(1, rel=0.02)


def test_strata_of_few_pixels_are_left_out() -> None:
    made = simulate((100, 100), n_stars=1, faint=5e4, seed=3)
    strata = measure_calibration(toy(made), made.truth, made.noise)
    assert made.truth.max() > 1000
    assert [s.high for s in strata] == [np.inf, 0.1]


def test_pixels_without_a_truth_or_a_sigma_do_not_count(bright: Simulated) -> None:
    frame, truth, mask = toy(bright), bright.truth.copy(), np.zeros((256, 256), bool)
    truth[:10], mask[250:] = np.nan, True
    frame.uncertainty.array[10:20], frame.mask[20:30] = 0.0, True
    assert measure_calibration(frame, truth, bright.noise, mask=mask)[0].n_pixels == 220 * 256
    with pytest.raises(ValueError, match="uncertainty"):
        measure_calibration(Frame(truth), truth, bright.noise)


@pytest.mark.parametrize("correlated", [False, True])
def test_a_bootstrap_frame_has_the_truth_and_the_noise_of_the_model(correlated: bool, bright: Simulated) -> None:
    rho = Resampling("bilinear", (64, 64), shift=(3.5, 3.5)).correlation(2)
    noise = replace(bright.noise, correlation=rho) if correlated else bright.noise
    cards = {"OBJECT": "M 13", "AMSDVERS": "1.0"}
    denoised = Frame(bright.truth, unit="adu", header=cards, uncertainty=StdDevUncertainty(bright.truth))
    denoised.mask[3, 3] = True
    frame, truth = bootstrap_frame(denoised, noise, seed=1)
    assert np.isnan(truth[3, 3]) and frame.mask[3, 3] and frame.data[3, 3] == bright.truth[3, 3]
    assert frame.uncertainty is None and frame.header["OBJECT"] == "M 13" and frame.unit == denoised.unit
    assert "AMSDVERS" not in frame.header, "an exposure again: whoever refuses what is denoised takes it"
    z = ((frame.data - truth) / np.sqrt(noise.variance(bright.truth)))[5:]
    assert z.std() == pytest.approx(1, abs=0.015)
    assert z[bright.truth[5:] > 300].std() == pytest.approx(1, abs=0.1)
    assert np.mean(z[:, 1:] * z[:, :-1]) == pytest.approx(noise.neighbours[0], abs=0.02)
    again, _ = bootstrap_frame(denoised, noise, seed=1)
    np.testing.assert_array_equal(again.data, frame.data)
