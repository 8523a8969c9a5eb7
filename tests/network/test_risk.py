"""The held-out risk agrees with the true error of known denoisers, white noise or correlated."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.network.amsd.model import Estimate
from amsd_astro.network.amsd.training.adaptation import RiskScore
from amsd_astro.network.held_out_risk import hold_out_blocks, with_blocks_held_out
from amsd_astro.network.recipes import AMSD
from amsd_astro.network.risk import RiskProbe, hold_out
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.unit_noise import UnitNoise

WHITE = np.ones((1, 1))
RESAMPLED = np.array([[0.1, 0.3, 0.1], [0.3, 1.0, 0.3], [0.1, 0.3, 0.1]])
MARGIN = 6


def _scene() -> np.ndarray:
    rng = np.random.default_rng(0)
    stars = np.zeros((512, 512))
    stars[rng.integers(0, 512, 300), rng.integers(0, 512, 300)] = rng.uniform(20, 900, 300)
    return ndimage.gaussian_filter(stars, 1.5)


def _blur(width: float):
    def predict(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        smooth = np.stack([ndimage.gaussian_filter(image, width) for image in images])
        inner = smooth[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return inner, np.ones_like(inner)

    return predict


@pytest.mark.parametrize("correlation", [WHITE, RESAMPLED])
@pytest.mark.parametrize("width", [0.4, 0.8, 1.5])
def test_risk_is_the_true_error(correlation: np.ndarray, width: float) -> None:
    truth = _scene()
    noise = UnitNoise(correlation).draw(np.random.default_rng(1), truth.shape)
    frame = (truth + noise).astype(np.float32)
    blocks = [(y, x, 64) for y in range(0, 512, 64) for x in range(0, 512, 64)]
    mask = np.zeros(frame.shape, bool)
    risk = RiskProbe(frame, mask, blocks, correlation, margin=MARGIN, seed=2)(_blur(width))
    error = ndimage.gaussian_filter(frame, width) - truth
    assert risk.value == pytest.approx(np.mean(error**2), abs=0.03)
    assert abs(risk.value - np.mean(error**2)) < 4 * risk.error + 0.01
    assert risk.predicted == pytest.approx(1)
    for cell, factor in risk.cell_factors.items():
        sums = error.reshape(512 // cell, cell, 512 // cell, cell).sum(axis=(1, 3))
        assert factor == pytest.approx(np.mean(sums**2) / (cell**2 * np.mean(error**2)), rel=0.25)


def test_the_identity_leaves_all_the_noise() -> None:
    noise = np.random.default_rng(3).normal(size=(256, 256)).astype(np.float32)
    probe = RiskProbe(noise, np.zeros(noise.shape, bool), [(64, 64, 64)], WHITE, margin=MARGIN, seed=0)

    def identity(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inner = images[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return inner, inner

    assert probe(identity).value == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("n_rows", [16, 64])
def test_mirror_images_at_the_edge_do_not_hide_error(n_rows: int) -> None:
    def tall(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inner = ndimage.uniform_filter1d(images, 2 * MARGIN + 1, axis=1)[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return inner, inner

    values, errors = [], []
    for seed in range(6):
        noise = np.random.default_rng(seed).normal(size=(n_rows, 512)).astype(np.float32)
        blocks = [(y, x, 16) for y in range(0, n_rows, 16) for x in range(0, 512, 16)]
        risk = RiskProbe(noise, np.zeros(noise.shape, bool), blocks, WHITE, margin=MARGIN, seed=seed)(tall)
        smooth = ndimage.uniform_filter1d(noise, 2 * MARGIN + 1, axis=0, mode="mirror")
        values.append(risk.value)
        errors.append(np.mean(smooth**2))
    assert np.mean(values) == pytest.approx(np.mean(errors), abs=0.02)


def test_blocks_are_good_apart_and_repeatable() -> None:
    mask = np.zeros((512, 640), bool)
    mask[:, :300] = True
    blocks = hold_out(mask, fraction=0.15, seed=4)
    assert blocks == hold_out(mask, fraction=0.15, seed=4) != hold_out(mask, fraction=0.15, seed=5)
    taken = np.zeros(mask.shape, int)
    for y, x, side in blocks:
        taken[y : y + side, x : x + side] += 1
        assert mask[y : y + side, x : x + side].mean() <= 0.5
    assert taken.max() == 1
    assert 0.1 < taken[~mask].mean() < 0.2


def test_frames_too_small_for_blocks_hold_nothing_out() -> None:
    assert hold_out(np.zeros((20, 20), bool), fraction=0.15, seed=0) == []


def test_noise_that_is_kept_makes_an_empty_sky_rough() -> None:
    noise = np.random.default_rng(5).normal(size=(256, 256)).astype(np.float32)
    probe = RiskProbe(noise, np.zeros(noise.shape, bool), [(64, 64, 64), (0, 128, 64)], WHITE, margin=MARGIN, seed=0)
    rough = [probe(_blur(width)).roughness for width in (0.01, 0.5, 1.0, 2.0)]
    assert rough == sorted(rough, reverse=True)
    assert rough[-1] < 0.2 * rough[0]


class _Blurring:
    """Stands in for a model whose weights are the width of a blur."""

    width = 1.0

    def predict(
        self, images: np.ndarray, correlation: np.ndarray, calibration: None, *, n_orientations: int = 1
    ) -> Estimate:
        values, variance = _blur(self.width)(images)
        return Estimate(values, variance, np.zeros(values.shape, bool))


def test_weights_that_leave_the_sky_rougher_than_before_are_refused() -> None:
    # the frame's noise is twice the model's: less smoothing looks better to the risk, which is wrong
    noise = 2 * np.random.default_rng(6).normal(size=(256, 256)).astype(np.float32)
    probe = RiskProbe(noise, np.zeros(noise.shape, bool), [(64, 64, 64)], WHITE, margin=MARGIN, seed=0)
    model = _Blurring()
    score = RiskScore(model, [(probe, WHITE)])  # type: ignore[arg-type]
    first = score()
    model.width = 0.5
    assert probe(_blur(0.5)).value < first
    assert score() == float("inf")
    model.width = 1.1
    assert np.isfinite(score())


def test_the_same_blocks_are_held_out_whatever_the_frames_place() -> None:
    """A frame that was one of many in training is judged alone later."""
    rng = np.random.default_rng(0)
    mask = np.zeros((128, 160), bool)
    frames = [TrainingFrame(rng.normal(size=mask.shape).astype(np.float32), mask, WHITE) for _ in range(2)]
    both, probes = hold_out_blocks(frames, AMSD, margin=10, seed=3)
    (alone,), _ = hold_out_blocks(frames[1:], AMSD, margin=10, seed=8)
    assert both[1].held_out == alone.held_out == with_blocks_held_out(frames[1], AMSD).held_out
    assert len(probes) == 2 and len(alone.held_out) > 1


def test_risk_where_the_noise_is_narrower_than_one() -> None:
    truth = _scene() / 100
    noise = 0.3 * np.random.default_rng(5).normal(size=truth.shape)
    frame = (truth + noise).astype(np.float32)
    blocks = [(y, x, 64) for y in range(0, 512, 64) for x in range(0, 512, 64)]

    def variance(expected: np.ndarray) -> np.ndarray:
        return np.full(expected.shape, 0.09, np.float32)

    mask = np.zeros(frame.shape, bool)
    risk = RiskProbe(frame, mask, blocks, WHITE, noise_variance=variance, margin=MARGIN, seed=2)(_blur(1.0))
    error = ndimage.gaussian_filter(frame, 1.0) - truth
    assert risk.noise == pytest.approx(0.09)
    assert risk.value == pytest.approx(np.mean(error**2), abs=4 * risk.error + 0.001)
