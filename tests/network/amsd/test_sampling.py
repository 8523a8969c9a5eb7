"""Grids of every n-th pixel: chosen where the noise reaches far and the risk tells, blended where stars are bright."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.network.amsd.frame_calibration import FrameCalibration, Sampling
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.sampling import choose_sampling, possible_samplings
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.unit_noise import UnitNoise

WHITE = np.ones((1, 1))
SMALL = AmsdArchitecture((8, 8, 16), 8)
SIDE = 256


def beam(width: float, reach: int = 8) -> np.ndarray:
    """Correlation of noise that a Gaussian of this sigma has smoothed."""
    lags = np.arange(-reach, reach + 1) ** 2
    return np.exp(-np.add.outer(lags, lags) / (4 * width**2))


class Smoothing(MultiscaleModel):
    """Smooths whatever it sees over 1.2 of its pixels, and is less sure where there is structure."""

    def _answer(
        self, images: np.ndarray, correlation: np.ndarray, calibration: FrameCalibration
    ) -> tuple[np.ndarray, np.ndarray]:
        smooth = ndimage.gaussian_filter(images, (0, 1.2, 1.2))
        steep = ndimage.gaussian_filter(np.abs(images - smooth), (0, 2, 2))
        return self._without_margin(smooth), self._without_margin(0.1 + steep**2)


@pytest.fixture(scope="module")
def smoothing() -> Smoothing:
    return Smoothing(SMALL, seed=0)


def scene(correlation: np.ndarray, peak: float = 0.0, *, seed: int = 1) -> tuple[np.ndarray, TrainingFrame]:
    """Stars as narrow as the beam, and an exposure of them."""
    rng, stars = np.random.default_rng(seed), np.zeros((SIDE, SIDE))
    stars[rng.integers(20, SIDE - 20, 12), rng.integers(20, SIDE - 20, 12)] = 1
    truth = ndimage.gaussian_filter(stars, 2.0)
    truth *= peak / truth.max()
    noisy = (truth + UnitNoise(correlation).draw(rng, truth.shape)).astype(np.float32)
    return truth, TrainingFrame(noisy, np.zeros(truth.shape, bool), correlation, held_out=[(64, 64, 64)])


def chosen(model: MultiscaleModel, frame: TrainingFrame, *, learns: bool = True) -> Sampling:
    return choose_sampling(model, frame, FrameCalibration(variance_scale=1.0), learns=learns, seed=0)


def error(model: MultiscaleModel, truth: np.ndarray, frame: TrainingFrame, sampling: Sampling) -> float:
    wide = np.pad(frame.values, model.margin, mode="reflect")[None]
    made = model.predict(wide, frame.correlation, FrameCalibration(variance_scale=1.0, sampling=sampling))
    return float(np.mean((made.values[0] - truth) ** 2))


def test_only_noise_that_reaches_farther_asks_for_grids() -> None:
    shape = (512, 512)
    assert possible_samplings(WHITE, shape) == [1]
    assert possible_samplings(np.array([[0.0, 0.2, 0.0], [0.2, 1.0, 0.2], [0.0, 0.2, 0.0]]), shape) == [1]
    assert possible_samplings(beam(1.0), shape) == [1, 2, 3]
    assert possible_samplings(beam(1.9), shape) == [1, 2, 3, 4, 5]
    assert possible_samplings(beam(9.0), shape)[-1] == 6
    assert possible_samplings(beam(9.0), (150, 900)) == [1, 2]
    stripes = np.zeros((3, 3))
    stripes[1] = 0.9, 1.0, 0.9
    assert possible_samplings(stripes, shape) == [1]


def test_white_noise_is_not_even_looked_at() -> None:
    _, frame = scene(WHITE)
    assert chosen(None, frame) == Sampling()  # type: ignore[arg-type]


def test_grids_are_wide_where_the_noise_is_and_the_sky_empty(smoothing: Smoothing) -> None:
    truth, frame = scene(beam(1.9))
    sampling = chosen(smoothing, frame)
    assert sampling.n >= 4 and max(sampling.shares) < 0.1
    assert error(smoothing, truth, frame, sampling) < 0.5 * error(smoothing, truth, frame, Sampling())


def test_bright_stars_are_left_to_all_pixels(smoothing: Smoothing) -> None:
    truth, frame = scene(beam(1.9), 60.0)
    sampling = chosen(smoothing, frame)
    assert sampling.n > 1 and sampling.shares[0] < 0.2 < 0.5 < sampling.shares[-1]
    blended = error(smoothing, truth, frame, sampling)
    for other in (Sampling(), Sampling(sampling.n)):
        assert blended < 0.9 * error(smoothing, truth, frame, other)


def test_trained_weights_are_judged_on_held_out_blocks_alone(smoothing: Smoothing) -> None:
    _, frame = scene(beam(1.9))
    frame = replace(frame, held_out=[(0, 0, 64), (64, 128, 64), (128, 0, 64), (192, 192, 64)])
    learned = np.array(frame.values)
    inside = np.zeros(learned.shape, bool)
    for y, x, side in frame.held_out:
        inside[max(y - 60, 0) : y + side + 60, max(x - 60, 0) : x + side + 60] = True
    learned[~inside] *= 100
    assert chosen(smoothing, replace(frame, values=learned), learns=False) == chosen(smoothing, frame, learns=False)
    few = replace(frame, held_out=[(0, 0, 64)])
    assert chosen(smoothing, few, learns=False) == Sampling()


def test_few_photons_are_left_as_they_are(smoothing: Smoothing) -> None:
    _, frame = scene(beam(1.9))
    assert chosen(smoothing, replace(frame, electrons=5.0)) == Sampling()


def test_a_grid_of_a_frame_is_a_frame() -> None:
    _, frame = scene(beam(1.0))
    grid = frame.sampled(3)
    np.testing.assert_array_equal(grid.values, frame.values[::3, ::3])
    assert grid.correlation[2, 3] == pytest.approx(beam(1.0)[8, 11])
    held = ~(grid.weight(np.arange(86), np.arange(86)) > 0)
    assert held[64 // 3 : 128 // 3 + 1, 64 // 3 : 128 // 3 + 1].all() and held.mean() < 0.15
    assert frame.sampled(1) is frame
