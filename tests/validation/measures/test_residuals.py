"""What a denoiser took away, by denoisers whose fault is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from validation_frames import Simulated, simulate

from amsd_astro import Frame, NoiseModel
from amsd_astro.simulation import Resampling
from amsd_astro.validation.measures.empty_apertures import measure_empty_apertures
from amsd_astro.validation.measures.model_noise import draw_noise
from amsd_astro.validation.measures.power_spectra import measure_spectra
from amsd_astro.validation.measures.residuals import ResidualStatistics, measure_residual


def residual(made: Simulated, denoised: np.ndarray) -> ResidualStatistics:
    return measure_residual(made.frame, Frame(denoised), made.noise)


def test_residual_of_the_truth_is_the_noise(field: Simulated) -> None:
    found = residual(field, field.truth)
    assert found.sky_mean == pytest.approx(0, abs=4 * found.sky_mean_error)
    assert found.source_mean == pytest.approx(0, abs=4 * found.source_mean_error)
    assert found.sky_width == pytest.approx(1, abs=0.02) and found.source_width == pytest.approx(1, abs=0.03)
    assert found.neighbours == pytest.approx((0, 0), abs=4 * found.neighbours_error)
    assert found.slope == pytest.approx(0, abs=4 * found.slope_error)
    assert found.n_sky + found.n_source == 256**2


def test_two_per_cent_of_the_flux_are_the_slope(field: Simulated) -> None:
    found = residual(field, 100 + 0.98 * (field.truth - 100))
    assert found.slope == pytest.approx(0.0204, abs=4 * found.slope_error)
    assert found.slope > 4 * found.slope_error


def test_light_on_the_sky_is_the_mean(field: Simulated) -> None:
    found = residual(field, field.truth + 1.0)
    assert found.sky_mean == pytest.approx(-1 / np.sqrt(field.noise.sky_variance), abs=5 * found.sky_mean_error)
    assert found.neighbours == pytest.approx((0, 0), abs=2 * found.neighbours_error)


def test_noise_left_in_narrows_the_residual(field: Simulated) -> None:
    found = residual(field, 0.5 * (field.truth + field.frame.data))
    assert found.sky_width == pytest.approx(0.5, abs=0.02)


def test_a_blur_leaves_negative_correlation(field: Simulated) -> None:
    found = residual(field, gaussian_filter(field.frame.data.astype(float), 1.0))
    assert max(found.neighbours) < -0.05


def test_the_noise_of_single_photons_has_its_width() -> None:
    truth = np.full((256, 256), 2.0)
    data = np.random.default_rng(3).poisson(truth).astype(float)
    found = measure_residual(Frame(data), Frame(truth), NoiseModel(1.0, 0.0, 2.0))
    assert found.sky_width == pytest.approx(1, abs=0.02)


def test_outliers_do_not_move_the_mean(field: Simulated) -> None:
    data = field.frame.data.copy()
    data[::37, ::41] += 1e4
    found = measure_residual(Frame(data), Frame(field.truth), field.noise)
    assert found.sky_mean == pytest.approx(0, abs=5 * found.sky_mean_error)
    assert found.sky_width == pytest.approx(1, abs=0.02)
    assert found.source_mean == pytest.approx(0, abs=5 * found.source_mean_error)
    assert abs(found.slope) < 0.02


def test_correlated_noise_is_compared_with_the_model() -> None:
    rho = Resampling("bilinear", (64, 64), shift=(3.5, 3.5)).correlation(2)
    noise = NoiseModel(0.5, 10.0, sky=100.0, correlation=rho)
    sky = np.full((256, 256), 100.0)
    frame = Frame(sky + draw_noise(np.random.default_rng(0), sky, noise))
    found = measure_residual(frame, Frame(sky), noise)
    assert found.expected_neighbours == noise.neighbours
    assert found.neighbours == pytest.approx(noise.neighbours, abs=4 * found.neighbours_error)
    assert found.sky_mean == pytest.approx(0, abs=4 * found.sky_mean_error)
    half = measure_residual(frame, Frame(0.5 * (sky + frame.data)), noise)
    assert half.neighbours == pytest.approx(found.neighbours, abs=0.01)
    spectra = measure_spectra(frame, Frame(sky), noise)
    ratio = (spectra.raw / spectra.expected)[2:28]
    assert ratio.mean() == pytest.approx(1, abs=0.1)
    assert spectra.expected[2] > 3 * spectra.expected[25]


def test_masked_pixels_and_pixels_lost_by_the_denoiser_are_left_out(field: Simulated) -> None:
    mask = np.zeros((256, 256), bool)
    mask[:, :64] = True
    denoised = Frame(field.truth.copy())
    denoised.data[200:, :] = np.nan
    found = measure_residual(Frame(field.frame.data, mask=mask), denoised, field.noise)
    assert found.n_sky + found.n_source == 200 * 192
    assert found.sky_width == pytest.approx(1, abs=0.02)


def test_spectra_of_white_noise_are_flat_and_add_up(blank: Simulated) -> None:
    half = Frame(100 + 0.5 * (blank.frame.data.astype(float) - 100))
    spectra = measure_spectra(blank.frame, half, blank.noise)
    assert spectra.raw[1:].mean() == pytest.approx(1, abs=0.06)
    assert np.abs(spectra.raw[8:] - 1).max() < 0.35
    np.testing.assert_allclose(spectra.denoised[1:], 0.25 * spectra.raw[1:], rtol=0.05)
    np.testing.assert_allclose(spectra.residual[1:], 0.25 * spectra.raw[1:], rtol=0.05)
    assert spectra.left_out < 0.03 and spectra.frequency[-1] < 0.5


def test_spectra_are_taken_where_the_frame_is_emptiest() -> None:
    made = simulate(n_stars=0, seed=1)
    data = made.frame.data.copy()
    data[:, :130] += 50 * np.random.default_rng(0).standard_normal((256, 130)) ** 2
    spectra = measure_spectra(Frame(data), Frame(made.truth), made.noise)
    assert spectra.place[1].start >= 100
    assert spectra.raw[4:].mean() == pytest.approx(1, abs=0.15)


def test_a_smooth_output_has_no_power_at_high_frequency(blank: Simulated) -> None:
    smooth = Frame(gaussian_filter(blank.frame.data.astype(float), 2.0))
    spectra = measure_spectra(blank.frame, smooth, blank.noise)
    transfer = np.exp(-((2 * np.pi * spectra.frequency * 2.0) ** 2))
    np.testing.assert_allclose(spectra.denoised[2:8], (transfer * spectra.raw)[2:8], rtol=0.2)
    assert spectra.denoised[20:].max() < 1e-3


@pytest.mark.parametrize("correlated", [False, True])
def test_empty_apertures_scatter_as_the_noise_model_says(correlated: bool, blank: Simulated) -> None:
    rho = Resampling("bilinear", (64, 64), shift=(3.5, 3.5)).correlation(2)
    noise = replace(blank.noise, correlation=rho) if correlated else blank.noise
    sky = np.full((256, 256), 100.0)
    frame = Frame(sky + draw_noise(np.random.default_rng(3), sky, noise))
    found = measure_empty_apertures(frame, Frame(0.3 * frame.data + 70), noise, seed=0, radii=(1.0, 2.0, 3.0))
    assert found.n > 200
    np.testing.assert_allclose(found.raw, found.expected, rtol=0.18)
    np.testing.assert_allclose(found.denoised, 0.3 * found.raw, rtol=0.02)


def test_empty_apertures_are_empty(field: Simulated) -> None:
    crowd = simulate(n_stars=250, seed=1)
    found = measure_empty_apertures(crowd.frame, Frame(crowd.truth), crowd.noise, seed=0, radii=(3.0,))
    assert found.n >= 20 and found.denoised[0] < 0.04 * found.raw[0]
    with pytest.raises(ValueError, match="radii"):
        measure_empty_apertures(field.frame, field.frame, field.noise, seed=0, radii=())
