"""The flux that denoising takes from faint sources, measured without truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.network.amsd.flux_probe import FluxProbe
from amsd_astro.network.flux_loss import FluxLoss
from amsd_astro.network.risk import Answer, Predict
from amsd_astro.noise.unit_noise import UnitNoise

WHITE = np.ones((1, 1))
MARGIN, STRIDE = 10, 8
SHAPE = (200, 232)


def sources() -> np.ndarray:
    """Faint sources, 6 to 12 sigma high, away from each other."""
    rng = np.random.default_rng(5)
    image = np.zeros(SHAPE, np.float32)
    for y in range(20, SHAPE[0] - 15, 24):
        for x in range(20, SHAPE[1] - 15, 24):
            image[y, x] = rng.uniform(6, 12) * 2 * np.pi * 2.5**2
    return ndimage.gaussian_filter(image, 2.5)


def probe(truth: np.ndarray, correlation: np.ndarray = WHITE, *, seed: int = 0) -> FluxProbe:
    values = truth + UnitNoise(correlation).draw(np.random.default_rng(seed + 100), truth.shape)
    mask = np.zeros(truth.shape, bool)
    mask[50:53, 60:64] = True
    return FluxProbe(values, mask, correlation, margin=MARGIN, stride=STRIDE, amplitude=0.5, seed=seed)


def knowing(truth: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> Predict:
    """A denoiser that knows the truth, gives what a function makes of it, and is unsure everywhere."""
    wide = np.pad(change(truth), 300, mode="reflect")
    levels = iter([np.sqrt(5), np.sqrt(1.25)])

    def predict(images: np.ndarray) -> Answer:
        ny, nx = (n - 2 * MARGIN for n in images.shape[1:])
        assert ny % STRIDE == 0 and nx % STRIDE == 0
        values = wide[None, 300 - 32 : 300 - 32 + ny, 300 - 32 : 300 - 32 + nx] / next(levels)
        return values.astype(np.float32), np.ones_like(values, np.float32)

    return predict


@pytest.mark.parametrize("factor", [1.0, 0.95, 0.8, 1.05])
def test_the_share_lost_is_found(factor: float) -> None:
    truth = sources()
    found = [probe(truth, seed=seed)(knowing(truth, lambda image: factor * image)) for seed in range(6)]
    values, errors = np.array([loss.value for loss in found]), np.array([loss.error for loss in found])
    assert values.mean() == pytest.approx(factor - 1, abs=2.5 * errors.mean() / np.sqrt(6))
    assert values.std() < 2.5 * errors.mean()
    assert errors.mean() < 0.01


def test_the_loss_of_sources_that_noise_hides_is_found() -> None:
    truth = sources() / 2  # 3 to 6 sigma high, in noise of 2.2

    def smoothing(images: np.ndarray) -> Answer:
        smooth = ndimage.gaussian_filter(images[0], 2.5)
        lost = (np.where(smooth < 4.0 / np.sqrt(1.25), 0.8, 1.0) * smooth)[None, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return lost.astype(np.float32), np.ones_like(lost, np.float32)

    found = [probe(truth, seed=seed)(smoothing) for seed in range(6)]
    values, errors = np.array([loss.value for loss in found]), np.array([loss.error for loss in found])
    assert errors.mean() < 0.03
    assert -0.5 < values.mean() < -0.15


def test_the_standard_error_holds_for_correlated_noise() -> None:
    truth = sources()
    k = np.exp(-0.5 * np.arange(-3, 4) ** 2 / 0.6**2)
    correlation = np.outer(k, k)
    losses = [probe(truth, correlation, seed=seed)(knowing(truth, lambda image: image)) for seed in range(12)]
    deviations = np.array([loss.value / loss.error for loss in losses])
    assert 0.5 < np.sqrt(np.mean(deviations**2)) < 1.6


def test_what_is_given_back_brings_the_flux_to_the_tolerance() -> None:
    truth = sources()
    loss = probe(truth)(knowing(truth, lambda image: 0.96 * image))
    share = loss.share_to_restore(0.01)
    assert 0 < share <= 1
    assert loss.value < loss.after(share).value <= -0.01
    assert loss.after(share).error == loss.error
    assert loss.share_to_restore(0.1) == 0


def test_a_loss_counts_as_far_as_it_is_known() -> None:
    assert FluxLoss(-0.03, 0.0, 0.05).share_to_restore(0.01) == pytest.approx(0.4)
    assert FluxLoss(-0.03, 0.005, 0.05).share_to_restore(0.01) == pytest.approx(0.3)
    assert FluxLoss(-0.03, 0.011, 0.05).share_to_restore(0.01) == 0
    assert FluxLoss(0.05, 0.001, 0.02).share_to_restore(0.01) == 0
    assert FluxLoss(-0.1, 0.001, -0.02).share_to_restore(0.01) == 0
    assert FluxLoss(-0.5, 0.001, 0.1).share_to_restore(0.01) == 2


def test_an_empty_frame_has_no_flux_to_lose() -> None:
    empty = np.zeros(SHAPE, np.float32)
    assert probe(empty)(knowing(empty, lambda image: image)) is None


def test_a_large_frame_is_measured_on_blocks() -> None:
    truth = np.tile(sources(), (4, 4))
    values = truth + np.random.default_rng(0).standard_normal(truth.shape, dtype=np.float32)
    made = FluxProbe(values, np.zeros(truth.shape, bool), WHITE, margin=MARGIN, stride=STRIDE, amplitude=0.5, seed=0)
    seen = []

    def predict(images: np.ndarray) -> Answer:
        seen.append(images.shape)
        values = images[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return values, np.ones_like(values)

    loss = made(predict)
    assert loss.value == 0
    assert len(seen) == 8  # both versions of four blocks
    assert max(map(max, seen)) < 400


def test_what_the_network_is_sure_of_is_not_given_back() -> None:
    truth = sources()
    unsure = knowing(truth, lambda image: 0.9 * image)

    def sure(images: np.ndarray) -> Answer:
        values, variance = knows(images)
        return values, 0.001 * variance

    knows = knowing(truth, lambda image: 0.9 * image)
    one, other = probe(truth)(unsure), probe(truth)(sure)
    assert one.value == other.value
    assert 0 < other.regained < 0.01 * one.regained


@pytest.mark.parametrize("height", [0.0, 3.0, 12.0])
def test_light_that_sources_stand_on_is_not_theirs(height: float) -> None:
    """A gradient across the frame: what denoising leaves as it is must not make the share that is lost smaller."""
    slope = np.linspace(0, height, SHAPE[1], dtype=np.float32)[None]
    truth = sources()
    found = [probe(truth + slope, seed=seed)(knowing(truth, lambda image: 0.9 * image + slope)) for seed in range(6)]
    values, errors = np.array([loss.value for loss in found]), np.array([loss.error for loss in found])
    assert values.mean() == pytest.approx(-0.1, abs=0.01 + 2.5 * errors.mean() / np.sqrt(6))


def test_a_frame_without_a_good_pixel_tells_nothing() -> None:
    values = np.zeros((100, 120), np.float32)
    blind = FluxProbe(values, np.ones(values.shape, bool), WHITE, margin=MARGIN, stride=STRIDE, amplitude=0.5, seed=0)
    assert blind(knowing(values, lambda image: image)) is None
