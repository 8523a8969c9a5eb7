"""The mathematics of the peers, and that each of them denoises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.peers import PEERS, Field, PeerSettings
from benchmarks.peers.blind2unblind import PERIOD as GATHERED_PERIOD
from benchmarks.peers.blind2unblind import gathered, visibility, without_noise
from benchmarks.peers.blind_spots import grid, hidden
from benchmarks.peers.field import CleanField, NotApplicableError
from benchmarks.peers.neighbor2neighbor import draw_neighbours, sampled
from benchmarks.peers.network import RESIDUAL_BOUND, PeerNetwork, oriented_mean, robust, unet
from benchmarks.peers.noise2self import PERIOD, invariant_answer
from benchmarks.peers.patches import Patches
from benchmarks.peers.recorrupted import AMPLITUDE, recorrupted

Toy = tuple[np.ndarray, np.ndarray, np.ndarray]


def _lively(seed: int = 0, start: Callable[[tf.Tensor], tf.Tensor] = tf.identity) -> PeerNetwork:
    """A network whose last layer is not zero any more."""
    network = unet(seed)
    rng = np.random.default_rng(seed)
    network.set_weights([rng.normal(0, 0.2, weight.shape) for weight in network.get_weights()])
    return PeerNetwork(network, start)


@pytest.mark.parametrize("period", [GATHERED_PERIOD, PERIOD])
def test_every_pixel_is_a_spot_of_one_phase(period: int) -> None:
    total = sum(grid(phase, period, 13, 18).numpy() for phase in range(period**2))
    assert np.array_equal(total[0, ..., 0], np.ones((13, 18)))


@pytest.mark.parametrize("period", [GATHERED_PERIOD, PERIOD])
def test_hiding_leaves_nothing_of_a_spot_and_all_of_the_others(period: int) -> None:
    field = np.random.default_rng(0).normal(size=(1, 13, 18, 1)).astype(np.float32)
    for phase in range(period**2):
        spots = grid(phase, period, 13, 18)
        here = spots.numpy() > 0
        moved = field + 1000 * here.astype(np.float32)
        assert np.allclose(hidden(field, spots), hidden(moved, spots), atol=1e-5)
        assert np.array_equal(hidden(field, spots).numpy()[~here], field[~here])


def test_a_hidden_pixel_is_the_weighted_mean_of_its_eight_neighbours() -> None:
    field = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1) ** 2
    filled = hidden(field, grid(0, 2, 5, 5)).numpy()[0, 2, 2, 0]
    near = field[0, 1:4, 1:4, 0]
    expected = (near[[0, 1, 1, 2], [1, 0, 2, 1]].sum() + near[[0, 0, 2, 2], [0, 2, 0, 2]].sum() / 2) / 6
    assert filled == pytest.approx(expected)


@pytest.mark.parametrize("place", [(0, 0), (7, 9), (17, 21), (6, 21)])
def test_noise2self_answers_without_the_pixel_itself(place: tuple[int, int]) -> None:
    network, field = _lively(), np.random.default_rng(1).normal(size=(18, 22)).astype(np.float32)
    moved = field.copy()
    moved[place] += 50
    change = np.abs(invariant_answer(network, moved) - invariant_answer(network, field))
    assert change[place] < 1e-4
    assert change.max() > 0.1


def test_the_mask_mapper_gathers_answers_without_the_pixel_itself() -> None:
    network = _lively(start=without_noise)
    field = np.random.default_rng(1).normal(size=(2, 16, 20, 1)).astype(np.float32)
    moved = field.copy()
    moved[0, 5, 8] += 50
    change = np.abs(gathered(network, tf.constant(moved)) - gathered(network, tf.constant(field)))
    assert change[0, 5, 8, 0] < 1e-4
    assert change[0].max() > 0.1
    assert change[1].max() == 0


def test_what_the_residual_is_taken_from_holds_a_star_but_no_noise_of_a_pixel() -> None:
    field = np.zeros((1, 15, 15, 1), np.float32)
    field[0, 4, 4], field[0, 10, 10] = 2, 300
    start = without_noise(tf.constant(field)).numpy()[0, ..., 0]
    assert start[4, 4] == pytest.approx(0, abs=0.01)
    assert start[10, 10] == pytest.approx(300)
    spots = grid(0, GATHERED_PERIOD, 15, 15)
    masked = hidden(tf.constant(field), spots)
    here = spots.numpy()[0, ..., 0] > 0
    assert np.allclose(without_noise(masked).numpy()[0, ..., 0][here], masked.numpy()[0, ..., 0][here], atol=1e-5)


def test_lambda_grows_over_the_last_fifth_of_the_steps() -> None:
    assert [visibility(n, 100) for n in (0, 50, 80)] == [2, 2, 2]
    assert visibility(90, 100) == pytest.approx(11)
    assert visibility(100, 100) == pytest.approx(20)


def test_neighbours_touch_by_a_side_and_all_pairs_come_alike() -> None:
    first, second = draw_neighbours(np.random.default_rng(0), (4, 100, 100))
    apart = abs(first // 2 - second // 2) + abs(first % 2 - second % 2)
    assert np.array_equal(apart, np.ones_like(apart))
    counts = np.bincount((4 * first + second).ravel(), minlength=16)
    assert np.count_nonzero(counts) == 8
    assert np.allclose(counts[counts > 0], first.size / 8, rtol=0.06)


def test_the_sampler_takes_the_pixel_that_was_chosen_from_its_cell() -> None:
    field = np.arange(48, dtype=np.float32).reshape(1, 6, 8, 1)
    choice = np.random.default_rng(0).integers(4, size=(1, 3, 4)).astype(np.int32)
    y, x = np.mgrid[:3, :4]
    expected = field[0, 2 * y + choice[0] // 2, 2 * x + choice[0] % 2, 0]
    assert np.array_equal(sampled(tf.constant(field), choice)[0, ..., 0], expected)


def test_recorruption_gives_two_fields_of_independent_noise() -> None:
    noise = np.random.default_rng(0).standard_normal((1, 700, 700, 1)).astype(np.float32)
    first, second = recorrupted(noise, np.random.default_rng(1))
    covariance = np.cov(first.ravel(), second.ravel())
    assert covariance[0, 0] == pytest.approx(1 + AMPLITUDE**2, rel=0.01)
    assert covariance[1, 1] == pytest.approx(1 + 1 / AMPLITUDE**2, rel=0.01)
    assert covariance[0, 1] == pytest.approx(0, abs=0.015)


def test_the_loss_is_squared_for_noise_and_linear_beyond() -> None:
    error = tf.constant([-3.0, 0.5, 10.0, 12.0, -100.0])
    with tf.GradientTape() as tape:
        tape.watch(error)
        loss = robust(error)
    assert np.allclose(loss, [9, 0.25, 100, 140, 1900])
    assert np.allclose(tape.gradient(loss, error), [-6, 1, 20, 20, -20])


def test_the_shared_network_starts_as_the_identity_and_is_bounded_and_blind_to_a_constant() -> None:
    field = np.random.default_rng(0).normal(size=(21, 30)).astype(np.float32)
    fresh = PeerNetwork(unet(0))
    assert fresh.network.count_params() == 88_081
    assert np.array_equal(fresh.apply(field), field)
    lively = _lively()
    assert np.allclose(lively.apply(field + 5), lively.apply(field) + 5, atol=1e-3)
    field[10, 10] = 1e5
    assert np.abs(lively.apply(field) - field).max() <= RESIDUAL_BOUND * 1.001


def test_orientations_are_turned_back() -> None:
    field = np.random.default_rng(0).normal(size=(6, 9)).astype(np.float32)
    assert np.allclose(oriented_mean(lambda turned: turned, field), field, atol=1e-6)
    moved = oriented_mean(lambda turned: np.roll(turned, 1, axis=0), field)
    expected = np.mean([np.roll(field, shift, axis) for axis in (0, 1) for shift in (1, -1)], axis=0)
    assert np.allclose(moved, expected, atol=1e-6)


def test_patches_of_all_planes_are_cut_alike_and_repeat() -> None:
    plane = np.arange(50 * 40, dtype=np.float32).reshape(50, 40)
    first, second = Patches([plane, -plane], n_patches=6, patch=16, seed=3)()
    again, _ = Patches([plane, -plane], n_patches=6, patch=16, seed=3)()
    assert first.shape == (6, 16, 16, 1)
    assert np.array_equal(first, -second)
    assert np.array_equal(first, again)
    assert len({float(patch.min()) for patch in first}) > 1


def test_patches_are_no_larger_than_the_field() -> None:
    (patch,) = Patches([np.zeros((30, 47), np.float32)], n_patches=2, patch=64, seed=0)()
    assert patch.shape == (2, 28, 28, 1)


@pytest.mark.parametrize("name", ["noise2noise", "supervised"])
def test_methods_that_need_more_than_the_field_say_so(name: str, toy: Toy) -> None:
    with pytest.raises(NotApplicableError, match="there is no"):
        PEERS[name](Field(toy[1], np.zeros(toy[1].shape, bool)), PeerSettings(n_steps=1))


def test_every_peer_is_a_file_of_its_own() -> None:
    assert len({peer.__module__ for peer in PEERS.values()}) == len(PEERS) == 7
    assert all(Path(peer.__code__.co_filename).parent.name == "peers" for peer in PEERS.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PEERS))
def test_a_peer_lowers_the_error_and_learns_nothing_from_masked_pixels(name: str, toy: Toy) -> None:
    if name == "bm3d":
        pytest.importorskip("bm3d")
    clean, first, second = toy
    mask = np.zeros(clean.shape, bool)
    if name != "bm3d":  # which knows of no mask
        mask[:, 60:62] = True
        second = np.where(mask, 1e4, second).astype(np.float32)
    other = np.ascontiguousarray(clean[::-1, ::-1])
    others = (CleanField(other, lambda rng: other + rng.standard_normal(other.shape, dtype=np.float32)),)
    field = Field(first, mask, second, mask, others)
    n_patches = 16 if name == "blind2unblind" else 8  # it takes a quarter of them
    settings = PeerSettings(n_steps=60, n_patches=n_patches, patch=48, learning_rate=4e-3)
    result = PEERS[name](field, settings)
    sky = ~mask & (np.abs(clean) < 4)  # no blind spot finds the cores of stars
    error = np.sqrt(np.mean((result - clean)[sky] ** 2))
    assert result.shape == clean.shape
    assert error < 0.8
