"""Gains that a frame teaches: found without truth, they lower the error; where there is nothing to learn, none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage, signal

from amsd_astro.arrays.cutouts import Cutout
from amsd_astro.arrays.mirroring import surroundings
from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.details import N_DETAILS
from amsd_astro.network.amsd.gain_fitting import _cells, _terms, fit_gains, most_probable, teaches_gains
from amsd_astro.network.amsd.looks import Look
from amsd_astro.network.predictor import Estimate
from amsd_astro.network.risk import CONTEXT, STEP, Answer, Predict
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.unit_noise import UnitNoise

WHITE = np.ones((1, 1))
MARGIN, STRIDE = 12, 8
SIDE = 384


def stars(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    image = (rng.random(shape) < 0.002) * rng.uniform(50, 400, shape)
    return ndimage.gaussian_filter(image, 2.0, mode="mirror")


def scene(correlation: np.ndarray = WHITE, *, seed: int = 0, side: int = SIDE) -> tuple[np.ndarray, TrainingFrame]:
    """Stars of some times the noise on empty sky, and an exposure of them."""
    rng = np.random.default_rng(seed)
    truth = stars(rng, (side, side))
    noisy = (truth + UnitNoise(correlation).draw(rng, truth.shape)).astype(np.float32)
    return truth, TrainingFrame(noisy, np.zeros(truth.shape, bool), correlation)


def smoothing(width: float, factor: float) -> Predict:
    """A denoiser that smooths, and is less sure where there is more structure."""

    def predict(images: np.ndarray) -> Answer:
        smooth = factor * ndimage.gaussian_filter(images, (0, width, width), mode="mirror")
        variance = 0.1 + 0.1 * ndimage.gaussian_filter(smooth**2, (0, 4, 4), mode="mirror")
        inner = slice(MARGIN, -MARGIN)
        return smooth[:, inner, inner], variance[:, inner, inner]

    return predict


def fitted(predict: Predict, frame: TrainingFrame, *, seed: int = 1) -> BandGains:
    """Gains by a denoiser that is asked for the parts of a frame, and for these moved along a probe."""
    rng, noise = np.random.default_rng(seed), UnitNoise(frame.correlation)

    def look(place: Cutout) -> Look:
        index = [
            surroundings(part, side, context=CONTEXT, margin=MARGIN, stride=STRIDE)
            for part, side in zip(place, frame.values.shape, strict=True)
        ]
        images, probe = frame.values[np.ix_(*index)][None], noise.draw_mirrored(rng, *index)
        plain, moved = (estimated(*predict(made)) for made in (images, images + np.float32(STEP) * probe))
        inner = slice(MARGIN, -MARGIN)
        return Look(images[0, inner, inner], probe[inner, inner], plain, moved)

    return fit_gains(look, frame) if teaches_gains(frame) else BandGains()


def estimated(values: np.ndarray, variance: np.ndarray) -> Estimate:
    return Estimate(values, variance, np.zeros(values.shape, bool))


def errors(predict: Predict, gains: BandGains, truth: np.ndarray, frame: TrainingFrame) -> tuple[float, float]:
    """Rms error without the gains and with them."""
    values, variance = predict(np.pad(frame.values, MARGIN, mode="reflect")[None])
    changed = values + gains.added(values, variance) if gains.change else values
    return tuple(float(np.sqrt(np.mean((image[0] - truth) ** 2))) for image in (values, changed))  # type: ignore[return-value]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("width", [1.5, 2.5])
def test_structure_that_is_smoothed_away_comes_back(width: float, seed: int) -> None:
    truth, frame = scene(seed=seed)
    predict = smoothing(width, 0.9)
    before, after = errors(predict, fitted(predict, frame), truth, frame)
    assert after < 0.95 * before


def test_gains_are_found_in_correlated_noise() -> None:
    k = np.exp(-0.5 * np.arange(-3, 4) ** 2 / 0.7**2)
    truth, frame = scene(np.outer(k, k))
    predict = smoothing(2.0, 0.9)
    before, after = errors(predict, fitted(predict, frame), truth, frame)
    assert after < 0.95 * before


@pytest.mark.parametrize("seed", range(3))
def test_noise_that_is_not_known_of_is_not_made_stronger(seed: int) -> None:
    k = np.exp(-0.5 * np.arange(-3, 4) ** 2 / 0.8**2)
    truth, frame = scene(np.outer(k, k), seed=seed)
    frame = replace(frame, correlation=WHITE)
    predict = smoothing(1.5, 0.9)
    gains = fitted(predict, frame)
    values, variance = predict(np.pad(frame.values, MARGIN, mode="reflect")[None])
    added = gains.added(values, variance) if gains.change else np.zeros_like(values)
    empty = truth < 0.05
    assert np.std((values + added)[0][empty]) < 1.1 * np.std(values[0][empty])


def best_linear() -> Predict:
    """The best linear estimate of such structure (Wiener's filter)."""
    point = np.zeros((64, 64))
    point[0, 0] = 1
    power = np.abs(np.fft.fft2(ndimage.gaussian_filter(point, 2.5, mode="wrap"))) ** 2
    power *= 9 / power.mean()
    kernel = np.roll(np.fft.ifft2(power / (power + 1)).real, (MARGIN, MARGIN), (0, 1))
    kernel = kernel[: 2 * MARGIN + 1, : 2 * MARGIN + 1]

    def predict(images: np.ndarray) -> Answer:
        values = signal.fftconvolve(images, kernel[None], mode="valid").astype(np.float32)
        return values, np.exp(ndimage.gaussian_filter(values, (0, 3, 3)) / 4)

    return predict


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_made_worse_where_there_is_nothing_to_learn(seed: int) -> None:
    truth, frame = scene(seed=seed)
    before, after = errors(best_linear(), fitted(best_linear(), frame), truth, frame)
    assert before < 0.4
    assert after < 1.005 * before


def test_the_same_seed_gives_the_same_gains() -> None:
    _, frame = scene()
    predict = smoothing(2.0, 0.9)
    assert fitted(predict, frame) == fitted(predict, frame)
    assert fitted(predict, frame) != fitted(predict, frame, seed=2)


def _few_electrons(frame: TrainingFrame) -> TrainingFrame:
    return replace(frame, electrons=5.0)


def _all_bad(frame: TrainingFrame) -> TrainingFrame:
    return replace(frame, mask=np.ones(frame.mask.shape, bool))


def _all_held_out(frame: TrainingFrame) -> TrainingFrame:
    return replace(frame, held_out=[(0, 0, SIDE)])


def _small(frame: TrainingFrame) -> TrainingFrame:
    return replace(frame, values=frame.values[:100, :100], mask=frame.mask[:100, :100])


@pytest.mark.parametrize("change", [_few_electrons, _all_bad, _all_held_out, _small])
def test_no_gains_without_enough_to_learn_from(change: Callable[[TrainingFrame], TrainingFrame]) -> None:
    _, frame = scene()
    predict = smoothing(2.0, 0.9)
    assert fitted(predict, frame).change > 0
    assert fitted(predict, change(frame)) == BandGains()


def test_an_empty_answer_has_no_gains() -> None:
    def nothing(images: np.ndarray) -> Answer:
        inner = slice(MARGIN, -MARGIN)
        values = images[:, inner, inner]
        return np.zeros_like(values), np.exp(ndimage.gaussian_filter(values, (0, 3, 3)))

    assert fitted(nothing, scene()[1]) == BandGains()


@pytest.mark.parametrize("shape", [(700, 620), (40, 3000), (1300, 1500)])
def test_large_and_long_frames_are_looked_at_in_blocks(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    truth = stars(rng, shape)
    noisy = (truth + rng.standard_normal(shape)).astype(np.float32)
    predict, looked_at = smoothing(2.0, 0.9), []

    def noting(images: np.ndarray) -> Answer:
        assert all((side - 2 * MARGIN) % STRIDE == 0 for side in images.shape[1:])
        looked_at.append(images.shape[1:])
        return predict(images)

    gains = fitted(noting, TrainingFrame(noisy, np.zeros(shape, bool), WHITE))
    assert gains.change > 0
    assert len(looked_at) <= 2 * 8
    assert max(max(side) for side in looked_at) <= 320 + 2 * (32 + MARGIN) + STRIDE


def test_the_change_that_is_told_is_that_of_the_frame() -> None:
    _, frame = scene()
    predict = smoothing(2.0, 0.9)
    gains = fitted(predict, frame)
    values, variance = predict(np.pad(frame.values, MARGIN, mode="symmetric")[None])
    assert gains.change == pytest.approx(np.sqrt(np.mean(gains.added(values, variance) ** 2)), rel=0.05)


def test_gains_of_pure_noise_are_none_and_clear_ones_are_found() -> None:
    rng = np.random.default_rng(0)
    n_terms, n_cells = 4 * N_DETAILS, 200
    terms = rng.normal(size=(n_terms, 40_000))
    gram = terms @ terms.T
    cells = terms.reshape(n_terms, n_cells, -1)
    noise = rng.normal(size=(n_cells, terms.shape[1] // n_cells))
    wanted = rng.normal(0, 0.1, n_terms)
    none, found = (
        most_probable(gram, np.einsum("kcp,cp->ck", cells, residual), np.zeros((n_cells, n_terms)))
        for residual in (noise, noise + np.einsum("k,kcp->cp", wanted, cells))
    )
    assert np.abs(none[0]).max() < 0.01 and none[1] < 2
    np.testing.assert_allclose(found[0], wanted, atol=0.03)
    assert found[1] > 100


def test_the_equations_are_those_of_pixels_and_of_sums_over_apertures() -> None:
    rng = np.random.default_rng(4)
    noisy, probe, plain, moved = rng.normal(size=(4, 61, 53)).astype(np.float32)
    variance = np.exp(rng.uniform(-4, 0, plain.shape)).astype(np.float32)
    weight = (rng.random(plain.shape) < 0.8).astype(np.float32)
    knots = np.array([-3.0, -2.0, -1.0, 0.0, 1.0])
    gram, slopes, traces = _cells(
        Look(noisy, probe, estimated(plain[None], variance[None]), estimated(moved[None], variance[None])),
        weight,
        knots,
    )

    def sums(image: np.ndarray) -> np.ndarray:
        """Good pixels, and over 5 the sums of those of each 5 x 5."""
        good = (image * weight).astype(float)
        return np.concatenate([good.ravel(), signal.convolve2d(good, np.full((5, 5), 0.2), mode="same").ravel()])

    terms, others = (np.stack([sums(term) for term in _terms(made, variance, knots)]) for made in (plain, moved))
    np.testing.assert_allclose(gram, terms @ terms.T, rtol=1e-3, atol=0.05)
    np.testing.assert_allclose(slopes.sum(axis=0), terms @ sums(noisy - plain), rtol=1e-3, atol=0.05)
    np.testing.assert_allclose(traces.sum(axis=0), (others - terms) @ sums(probe) / 0.05, rtol=1e-3, atol=1)
