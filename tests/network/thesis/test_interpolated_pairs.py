"""Pairs of the thesis recipe: what is drawn, from where, and what never is."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.network.thesis.interpolated_pairs import FramePairs, PackedPairs
from amsd_astro.network.thesis.interpolation import SCALES, blurred
from amsd_astro.network.thesis.noisy_versions import N_VERSIONS, SIGMA_RANGES, draw_sigmas, with_white_noise
from amsd_astro.network.thesis.normalization import Normalization


def packed(n_images: int, ny: int, nx: int, *, n_groups: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays whose values tell where they are from: image, row and column."""
    k, y, x = np.meshgrid(np.arange(N_VERSIONS * n_images), np.arange(ny), np.arange(nx), indexing="ij")
    noisy = np.stack([k, y, x], axis=-1).astype(np.float32)
    return noisy, np.concatenate([-noisy] * n_groups, axis=-1)


def packed_pairs(n_images: int, ny: int, nx: int, held_out: list, *, patch: int = 16, seed: int = 0) -> PackedPairs:
    return PackedPairs(*packed(n_images, ny, nx), held_out, patch=patch, n_patches=8, seed=seed)


def test_sigmas_lie_in_their_ranges() -> None:
    drawn = np.array([draw_sigmas(np.random.default_rng(seed)) for seed in range(200)])
    for sigmas, (low, high) in zip(drawn.T, SIGMA_RANGES, strict=True):
        assert low <= sigmas.min() < low + 5 and high - 5 < sigmas.max() <= high


def test_white_noise_has_its_sigma_and_is_clipped() -> None:
    noisy = with_white_noise(np.full((300, 300), 0.5), 30.0, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(30 / 255, rel=0.02)
    strong = with_white_noise(np.full((50, 50), 0.9), 90.0, np.random.default_rng(0))
    assert strong.max() == 1 and strong.min() >= 0


def test_patches_of_packed_pairs_fit_together() -> None:
    noisy, target = packed_pairs(2, 40, 50, [(), ()])()
    assert noisy.shape == target.shape == (8, 16, 16, 3)
    np.testing.assert_array_equal(target, -noisy)
    assert (np.diff(noisy[..., 1], axis=1) == 1).all() and (np.diff(noisy[..., 2], axis=2) == 1).all()


def test_all_versions_of_all_images_are_drawn() -> None:
    draw = packed_pairs(3, 20, 20, [(), (), ()])
    seen = {int(k) for _ in range(20) for k in draw()[0][:, 0, 0, 0]}
    assert seen == set(range(9))


def test_what_is_held_out_is_never_drawn() -> None:
    held_out = [[(0, 0, 16), (16, 32, 16)], []]
    draw = packed_pairs(2, 40, 50, held_out)
    for _ in range(40):
        for patch in draw()[0]:
            if patch[0, 0, 0] < N_VERSIONS:
                y, x = patch[..., 1].astype(int), patch[..., 2].astype(int)
                assert not any(((y >= v) & (y < v + n) & (x >= u) & (x < u + n)).any() for v, u, n in held_out[0])


@pytest.mark.parametrize("held_out", [[(16, 16, 32)], [(0, 0, 32), (32, 32, 32)], [(24, 20, 16), (40, 44, 16)]])
def test_patches_are_made_small_enough_to_have_room_beside_what_is_held_out(held_out: list) -> None:
    draw = packed_pairs(1, 64, 64, [held_out], patch=128)
    for _ in range(10):
        for patch in draw()[0]:
            y, x = patch[..., 1], patch[..., 2]
            assert len(y) >= 16
            assert not any(((y >= v) & (y < v + n) & (x >= u) & (x < u + n)).any() for v, u, n in held_out)


def test_validation_is_of_what_is_held_out_and_stays_the_same() -> None:
    draw = packed_pairs(2, 40, 50, [[(0, 0, 16)], [(16, 32, 16)]])
    first = draw.validation(16, seed=3)
    draw()
    again = draw.validation(16, seed=3)
    assert first is not None and again is not None
    np.testing.assert_array_equal(first[0], again[0])
    assert first[0][:, 0, 0, 1:].tolist() == [[0, 0], [16, 32]]
    assert len(draw.validation(1, seed=3)[0]) == 1  # type: ignore[index]
    assert packed_pairs(1, 40, 50, [()]).validation(16, seed=3) is None


def test_images_smaller_than_a_patch_are_taken_whole() -> None:
    noisy, _ = packed_pairs(1, 22, 30, [()], patch=128)()
    assert noisy.shape == (8, 22, 22, 3)


def test_the_same_seed_and_state_give_the_same_pairs() -> None:
    one, other = (packed_pairs(2, 40, 50, [(), ()], seed=7) for _ in range(2))
    np.testing.assert_array_equal(one()[0], other()[0])
    state = one.state
    first = one()[0]
    other.state = state
    np.testing.assert_array_equal(other()[0], first)


def frame_pairs(frame: np.ndarray, *, held_out: list | None = None, seed: int = 0) -> FramePairs:
    stretch = Normalization.over([frame], softening=1.0)
    return FramePairs([frame], stretch.forward, [held_out or []], patch=32, n_patches=6, seed=seed)


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    made: np.ndarray = np.random.default_rng(5).normal(0, 1, (90, 70)).astype(np.float32)
    made[40:50, 30:40] += 300
    return made


def test_targets_of_a_frame_are_what_is_left_of_the_noisy_version(frame: np.ndarray) -> None:
    noisy, target = frame_pairs(frame)()
    assert noisy.shape == target.shape == (6, 32, 32, 1)
    assert noisy.min() >= 0 and noisy.max() <= 1
    inner = slice(8, 24)
    for one, wanted in zip(noisy, target, strict=True):
        # cells begin anywhere: the target is one of the three scales at one of their places
        candidates = [
            np.roll(blurred(np.roll(one, (-dy, -dx), (0, 1)), factor, a, registered=True), (dy, dx), (0, 1))
            for factor, a in SCALES
            for dy in range(factor)
            for dx in range(factor)
        ]
        assert min(np.abs(made - wanted)[inner, inner].max() for made in candidates) < 1e-5


@pytest.mark.parametrize(("shape", "side"), [((20, 50), 20), ((7, 50), 16), ((1, 1), 16)])
def test_patches_of_a_small_frame_are_of_its_size_or_mirrored(shape: tuple[int, int], side: int) -> None:
    noisy, target = frame_pairs(np.random.default_rng(0).normal(0, 1, shape).astype(np.float32))()
    assert noisy.shape == target.shape == (6, side, side, 1)


def test_validation_of_a_frame_has_the_same_noise_each_time(frame: np.ndarray) -> None:
    draw = frame_pairs(frame, held_out=[(0, 0, 32), (32, 32, 32)])
    first, again = draw.validation(16, seed=1), draw.validation(16, seed=1)
    assert first is not None and again is not None
    np.testing.assert_array_equal(first[0], again[0])
    assert not np.array_equal(first[0][0], first[0][1])
