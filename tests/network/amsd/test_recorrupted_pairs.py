"""Recorrupted pairs have independent noise of the stated size, and masked pixels have no weight."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.network.amsd.training.recorrupted_pairs import RecorruptedPairs
from amsd_astro.network.training_frame import TrainingFrame

WHITE = np.ones((1, 1))
RESAMPLED = np.array([[0.0, 0.2, 0.0], [0.3, 1.0, 0.3], [0.0, 0.2, 0.0]])


def _pairs(values: np.ndarray, correlation: np.ndarray = WHITE, **settings: float) -> RecorruptedPairs:
    frame = TrainingFrame(values.astype(np.float32), np.zeros(values.shape, bool), correlation)
    return RecorruptedPairs(
        [frame],
        **{"amplitude": 0.5, "n_patches": 8, "patch": 32, "seed": 0, **settings},  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("amplitude", [0.3, 0.5, 1.0])
@pytest.mark.parametrize("correlation", [WHITE, RESAMPLED])
def test_noise_of_a_pair_is_independent(amplitude: float, correlation: np.ndarray) -> None:
    from amsd_astro.noise.unit_noise import UnitNoise

    noise = UnitNoise(correlation).draw(np.random.default_rng(1), (1, 256, 256))[0]
    pairs = _pairs(noise, correlation, amplitude=amplitude)
    batches = [pairs.draw() for _ in range(40)]
    noisy = np.concatenate([batch.noisy for batch in batches]).astype(float)
    target = np.concatenate([batch.target for batch in batches]).astype(float)
    assert noisy.var() == pytest.approx(1 + amplitude**2, rel=0.05)
    assert target.var() == pytest.approx(1 + 1 / amplitude**2, rel=0.05)
    for dx in (0, 1):
        product = np.mean(noisy[:, :, : 32 - dx] * target[:, :, dx:]) / (noisy.std() * target.std())
        assert abs(product) < 0.02


@pytest.mark.parametrize("shape", [(1, 400), (5, 400), (300, 300)])
def test_a_mirror_image_tells_nothing_of_the_target(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(2).normal(size=shape)
    frame = TrainingFrame(noise.astype(np.float32), np.zeros(shape, bool), WHITE)
    pairs = RecorruptedPairs([frame], amplitude=0.5, n_patches=32, patch=64, seed=1)
    batches = [pairs.draw() for _ in range(20)]
    noisy, target, weight = (
        np.concatenate([getattr(batch, name) for batch in batches])[..., 0] for name in ("noisy", "target", "weight")
    )
    for dy, dx in [(0, 0), (1, 0), (2, 0), (0, 1)]:
        here = weight[:, dy:, dx:] > 0
        product = noisy[:, : 64 - dy, : 64 - dx][here] * target[:, dy:, dx:][here]
        assert abs(product.mean()) < 0.15


def test_both_of_a_pair_show_the_same_scene() -> None:
    scene = np.add.outer(np.arange(128.0), 1000 * np.arange(128.0))
    batch = _pairs(scene).draw()
    expected = (batch.noisy + batch.amplitude**2 * batch.target) / (1 + batch.amplitude**2)
    steps = np.abs(np.diff(np.rint(expected[..., 0]), axis=2)).max(axis=(1, 2))
    assert set(np.unique(steps)) <= {1.0, 1000.0}
    np.testing.assert_allclose(expected, np.rint(expected), atol=0.1)


def test_masked_pixels_and_what_lies_beyond_the_frame_weigh_nothing() -> None:
    values = np.zeros((40, 40), np.float32)
    mask = np.zeros((40, 40), bool)
    mask[10:20, 5:9] = True
    values[mask] = 500
    pairs = RecorruptedPairs([TrainingFrame(values, mask, WHITE)], amplitude=0.5, n_patches=8, patch=64, seed=3)
    batch = pairs.draw()
    assert batch.weight.shape == (8, 64, 64, 1)
    assert np.all(np.abs(batch.noisy[batch.weight > 0]) < 100)
    assert np.any(np.abs(batch.noisy[batch.weight == 0]) > 100)


@pytest.mark.parametrize("correlation", [WHITE, RESAMPLED])
def test_blocks_held_out_weigh_nothing_nor_does_what_their_noise_reaches(correlation: np.ndarray) -> None:
    values = np.zeros((90, 90), np.float32)
    blocks = [(16, 32, 16), (74, 74, 16)]
    reach = correlation.shape[0] // 2
    for y, x, side in blocks:
        values[max(0, y - reach) : y + side + reach, max(0, x - reach) : x + side + reach] = 500
    frame = TrainingFrame(values, np.zeros(values.shape, bool), correlation, blocks)
    pairs = RecorruptedPairs([frame], amplitude=0.5, n_patches=32, patch=64, seed=3)
    batch = pairs.draw()
    assert np.all(np.abs(batch.noisy[batch.weight > 0]) < 100)
    assert np.all(np.abs(batch.noisy[batch.weight == 0]) > 100)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    values = np.random.default_rng(0).normal(size=(100, 100))
    one, same, other = (_pairs(values, seed=seed).draw() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.inputs, same.inputs)
    assert not np.array_equal(one.inputs, other.inputs)
