"""A predicted variance is brought to the errors that are made, for low variances and for high."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.network.amsd.model import Estimate
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.amsd.variance_measurement import rehearsed
from amsd_astro.network.held_out_risk import denoised_blocks
from amsd_astro.network.predictor import Predictor
from amsd_astro.network.risk import RiskProbe
from amsd_astro.noise.unit_noise import UnitNoise

WHITE = np.ones((1, 1))
MARGIN = 6


def test_by_itself_it_changes_nothing() -> None:
    variance = np.array([0.0, 1e-3, 5.0], np.float32)
    np.testing.assert_array_equal(VarianceCurve()(variance), variance)
    np.testing.assert_array_equal(VarianceCurve.fitted(np.zeros(0), np.zeros(0))(variance), variance)


@pytest.mark.parametrize("power", [0.5, 0.8, 1.0, 1.3])
def test_a_power_of_the_true_variance_is_found(power: float) -> None:
    rng = np.random.default_rng(1)
    true = np.exp(rng.uniform(-6, 0, 200_000))
    predicted = 3 * true ** (1 / power)
    curve = VarianceCurve.fitted(predicted, true * rng.normal(size=true.size) ** 2, factor=1.1)
    corrected = curve(predicted.astype(np.float32))
    assert corrected.mean() == pytest.approx(1.1 * true.mean(), rel=0.05)
    for low, high in ((-5, -4), (-3.5, -2.5), (-1.5, -0.5)):
        chosen = (true > np.exp(low)) & (true < np.exp(high))
        assert corrected[chosen].mean() == pytest.approx(1.1 * true[chosen].mean(), rel=0.2)


@pytest.mark.parametrize("n_pixels", [1, 50, 2000, 20_000])
def test_equal_predictions_get_one_factor(n_pixels: int) -> None:
    curve = VarianceCurve.fitted(np.full(n_pixels, 0.2), np.full(n_pixels, 0.05))
    np.testing.assert_allclose(curve(np.array([1e-4, 0.2, 9.0], np.float32)), [2.5e-5, 0.05, 2.25], rtol=1e-5)


def test_errors_of_zero_are_no_reason_for_a_variance_of_zero() -> None:
    curve = VarianceCurve.fitted(np.full(50, 0.2), np.zeros(50))
    assert curve(np.array([0.2], np.float32)) == pytest.approx(0.2)


class _Blurring:
    """Predicts a variance that is far too large, more so where it is large."""

    def predict(
        self, images: np.ndarray, correlation: np.ndarray, calibration: None, *, n_orientations: int
    ) -> Estimate:
        values = np.stack([ndimage.gaussian_filter(image, 1.5) for image in images])[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        variance = np.where(np.arange(values.shape[2]) < values.shape[2] // 2, 0.5, 9.0) * np.ones_like(values)
        return Estimate(values, variance.astype(np.float32), np.zeros(values.shape, bool))


def test_a_rehearsal_finds_the_error_of_a_known_filter() -> None:
    noise = UnitNoise(WHITE).draw(np.random.default_rng(3), (512, 512))
    blocks = [(y, x, 64) for y in range(0, 512, 64) for x in range(0, 512, 128)]
    probe = RiskProbe(noise, np.zeros(noise.shape, bool), blocks, WHITE, margin=MARGIN, seed=4)
    model, probes = cast(Predictor, _Blurring()), [(probe, WHITE)]
    answers = denoised_blocks(model, probes)
    curve = rehearsed(model, probes, None, answers, n_orientations=1)
    left = float((ndimage.gaussian_filter(noise, 1.5) ** 2).mean())
    # the filtered noise, taken for the truth, is blurred once more: that is part of the error
    blurred_again = float(
        ((ndimage.gaussian_filter(noise, 1.5) - ndimage.gaussian_filter(noise, 1.5 * 2**0.5)) ** 2).mean()
    )
    expected = 1.2 * (left + blurred_again)
    np.testing.assert_allclose(curve(np.array([0.5, 9.0], np.float32)), expected, rtol=0.1)


def test_masked_pixels_do_not_count() -> None:
    noise = UnitNoise(WHITE).draw(np.random.default_rng(5), (128, 128))
    mask = np.zeros(noise.shape, bool)
    mask[:, ::2] = True
    probe = RiskProbe(noise, mask, [(0, 0, 64), (64, 64, 64)], WHITE, margin=MARGIN, seed=4)

    def identity(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inner = images[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return inner, np.ones_like(inner)

    predicted, squared_error = probe.rehearse(identity, probe.denoised(identity))
    assert predicted.shape == squared_error.shape == (64 * 64,)
    assert squared_error.mean() == pytest.approx(1, abs=0.1)  # the identity keeps the noise
