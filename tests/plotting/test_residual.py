"""What was taken, by itself: counts, means, correlations and spectra of residuals that are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy.visualization.wcsaxes import WCSAxes
from matplotlib.figure import Figure
from scipy import ndimage

from amsd_astro.frames import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.plotting import plot_residual
from amsd_astro.plotting.pair import Pair, match
from amsd_astro.plotting.profiles import residual_profile
from amsd_astro.plotting.whiteness import LAGS, lag_correlations, model_correlations, model_spectrum, radial_spectra
from amsd_astro.plotting.windows import spread_windows

SIGMA = 4.0


def pair_of(residual: np.ndarray, *, clean: np.ndarray | float = 200.0, noise: NoiseModel | None = None) -> Pair:
    """Make frames of which a given residual, in noise sigma, was taken."""
    model = noise or NoiseModel(0.0, SIGMA**2, 200.0, SIGMA**2)
    after = np.zeros(residual.shape) + clean
    return match(Frame(after + SIGMA * residual), Frame(after, noise=model))


@pytest.fixture(scope="module")
def figure(scene: Any) -> Figure:
    return plot_residual(scene.before, scene.after)


def test_the_image_is_what_was_taken_over_the_noise(scene: Any, figure: Figure) -> None:
    axes = figure.axes[0]
    assert isinstance(axes, WCSAxes)
    taken = axes.images[0].get_array()
    good = ~scene.before.mask
    assert np.allclose(taken.data[good], ((scene.before.data - scene.after.data) / SIGMA)[good])
    assert np.array_equal(np.ma.getmaskarray(taken), scene.before.mask)
    assert (axes.images[0].norm.vmin, axes.images[0].norm.vmax) == (-3, 3)


def test_the_histogram_counts_good_pixels(scene: Any, figure: Figure) -> None:
    axes = figure.axes[2]
    (stairs,) = axes.patches
    counts, edges, _ = stairs.get_data()
    residual = ((scene.before.data - scene.after.data) / SIGMA)[~scene.before.mask]
    assert np.array_equal(counts, np.histogram(residual, edges)[0])
    assert counts.sum() == residual.size
    gauss = axes.lines[0].get_ydata()
    assert gauss.sum() == pytest.approx(residual.size, rel=1e-3)
    assert axes.get_yscale() == "log"
    assert f"mean {residual.mean():+.3f}\nwidth {residual.std():.3f}" in axes.texts[0].get_text()


def test_a_residual_that_goes_with_the_signal_is_seen() -> None:
    rng = np.random.default_rng(3)
    signal = np.exp(rng.uniform(-2, 6, 40000))
    residual = rng.normal(0, 1.5, signal.size) + np.where(signal > 20, 0.3, 0.0)
    found = residual_profile(residual, signal)
    faint, bright = found.signal < 15, found.signal > 30
    assert np.all(np.abs(found.mean[faint]) < 5 * found.error[faint])
    assert np.allclose(found.mean[bright], 0.3, atol=5 * found.error[bright].max())
    assert np.allclose(found.width, 1.5, rtol=0.15)
    assert np.all(np.diff(found.signal) > 0)
    counts = np.histogram(np.arcsinh(signal), len(found.signal))[0]
    assert np.allclose(found.error, 1.5 / np.sqrt(counts), rtol=0.2)


def test_bins_of_few_pixels_are_left_out() -> None:
    residual = np.ones(1000)
    signal = np.r_[np.zeros(971), np.full(29, 1e4)]
    found = residual_profile(residual, signal)
    assert found.signal.tolist() == [0.0]
    assert found.mean.tolist() == [1.0] and found.width.tolist() == [0.0]


def test_correlations_are_those_of_the_residual() -> None:
    rng = np.random.default_rng(4)
    white = rng.normal(size=(300, 301))
    along_x = (white[:, 1:] + 0.5 * white[:, :-1]) / np.hypot(1, 0.5)
    values, errors = lag_correlations(pair_of(0.7 * along_x))
    wanted = [0.4 if lag == (0, 1) else 0.0 for lag in LAGS]
    assert np.allclose(values, wanted, atol=5 * errors.max())
    assert np.allclose(errors, 1 / 300, rtol=0.02)
    along_y, _ = lag_correlations(pair_of(along_x.T))
    assert along_y[LAGS.index((1, 0))] == pytest.approx(0.4, abs=0.02)


def test_diagonals_are_told_apart() -> None:
    white = np.random.default_rng(4).normal(size=(301, 301))
    rising = white[1:, 1:] + white[:-1, :-1]  # like the pixel one up and one to the right
    values, _ = lag_correlations(pair_of(rising / np.sqrt(2)))
    assert values[LAGS.index((1, 1))] == pytest.approx(0.5, abs=0.02)
    assert values[LAGS.index((1, -1))] == pytest.approx(0.0, abs=0.02)


def test_bad_pixels_do_not_enter_correlations() -> None:
    rng = np.random.default_rng(4)
    white = rng.normal(size=(300, 301))
    residual = (white[:, 1:] + 0.5 * white[:, :-1]) / np.hypot(1, 0.5)
    residual[rng.random(residual.shape) < 0.5] = np.nan
    values, errors = lag_correlations(pair_of(residual))
    assert values[LAGS.index((0, 1))] == pytest.approx(0.4, abs=0.03)
    assert np.allclose(errors, 1 / 150, rtol=0.03)  # a quarter of the pairs is left


def test_the_correlation_of_the_model_is_drawn_by_the_same_lags(scene: Any) -> None:
    rows = np.array([[0.01, 0.1, 0.02], [0.3, 1.0, 0.3], [0.02, 0.1, 0.01]])
    noise = NoiseModel(0.0, 16.0, 200.0, 16.0, correlation=rows)
    stated = dict(zip(LAGS, model_correlations(noise), strict=True))
    assert stated == {(0, 1): 0.3, (1, 0): 0.1, (1, 1): 0.01, (1, -1): 0.02, (0, 2): 0.0, (2, 0): 0.0}
    figure = plot_residual(scene.before, Frame(scene.after.data, noise=noise))
    bars = figure.axes[4].patches
    assert [bar.get_height() for bar in bars] == list(stated.values())


def test_white_noise_has_a_flat_spectrum_of_one() -> None:
    residual = np.random.default_rng(6).normal(size=(256, 256))
    spectra = radial_spectra(pair_of(residual))
    assert spectra is not None
    assert spectra.residual[3:].mean() == pytest.approx(1, abs=0.02)
    assert np.allclose(spectra.residual[3:], 1, atol=0.35)
    assert np.allclose(spectra.before, spectra.residual, rtol=1e-6)
    assert np.allclose(spectra.after, 0, atol=1e-9)
    assert spectra.frequency[-1] == 0.5


def test_the_spectrum_of_the_model_is_that_of_such_noise() -> None:
    white = np.random.default_rng(6).normal(size=(256, 256))
    kernel = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25])
    rows = ndimage.correlate(np.pad(kernel, 1), kernel, mode="constant")
    noise = NoiseModel(0.0, SIGMA**2, 200.0, SIGMA**2, correlation=np.pad(rows, 0) / rows[2, 2])
    smooth = ndimage.correlate(white, kernel, mode="wrap")
    spectra = radial_spectra(pair_of(smooth / np.sqrt(rows[2, 2]), noise=noise))
    assert spectra is not None
    model = model_spectrum(noise, spectra)
    strong = model > 0.1
    assert np.allclose(spectra.residual[strong], model[strong], rtol=0.3)


def test_spectra_are_of_the_emptier_half() -> None:
    rng = np.random.default_rng(7)
    clean = np.full((256, 256), 200.0)
    clean[:, :128] += ndimage.gaussian_filter(rng.normal(size=(256, 128)), 2) * 4000
    spectra = radial_spectra(pair_of(rng.normal(size=(256, 256)), clean=clean))
    assert spectra is not None and spectra.after.max() < 1e-9


def test_a_large_frame_is_seen_by_pieces() -> None:
    windows = spread_windows((9000, 7000))
    assert sum((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in windows) <= 64 * 256**2
    assert len(windows) == 64
    assert min(rows.start for rows, _ in windows) == 0 and max(rows.stop for rows, _ in windows) > 8500
    assert spread_windows((500, 400)) == [(slice(0, 500), slice(0, 400))]
    assert sum((c.stop - c.start) for _, c in spread_windows((1, 10**7))) <= 64 * 256**2
