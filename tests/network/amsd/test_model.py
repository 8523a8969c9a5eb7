"""The model: its reach, its bound and its orientations."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from amsd_astro.arrays.tiling import cut_tile, plan_tiles, tile_core
from amsd_astro.network.amsd.band_gains import BandGains
from amsd_astro.network.amsd.details import N_DETAILS
from amsd_astro.network.amsd.flux_restoration import FluxRestoration
from amsd_astro.network.amsd.frame_calibration import FrameCalibration, Sampling
from amsd_astro.network.amsd.model import RESIDUAL_BOUND, MultiscaleModel
from amsd_astro.network.amsd.shrinkage import N_SHARES, Shrinkage
from amsd_astro.network.architectures import AmsdArchitecture

WHITE = np.ones((1, 1))
SHRINKAGE = Shrinkage(tuple(np.random.default_rng(3).normal(0, 0.3, N_SHARES)))
GAINS = BandGains((-3.0, 0.0), ((0.3,) * N_DETAILS, (-0.2,) * N_DETAILS), 0.1)
PLAIN, CHANGED = FrameCalibration(), FrameCalibration(GAINS, FluxRestoration(0.3, 0.02))
SAMPLED = FrameCalibration(GAINS, sampling=Sampling(2, (-3.0, 0.0), (0.2, 0.7)))
SMALL = AmsdArchitecture((8, 8, 16), 8)


@pytest.fixture(scope="module")
def model() -> MultiscaleModel:
    """A small network with weights that do something."""
    rng = np.random.default_rng(0)
    weights = [
        w + rng.normal(0, 0.05, w.shape).astype(np.float32) for w in MultiscaleModel(SMALL, seed=1).get_weights()
    ]
    return MultiscaleModel(SMALL, weights=weights)


def _image(model: MultiscaleModel, side: int, *, n: int = 1) -> np.ndarray:
    wide = side + 2 * model.margin
    return np.random.default_rng(2).normal(size=(n, wide, wide)).astype(np.float32)


def test_no_pixel_moves_by_more_than_the_bound(model: MultiscaleModel) -> None:
    images = _image(model, 64)
    images[0, 60, 60] = 1e6
    made = model.predict(images, WHITE)
    inner = images[:, model.margin : -model.margin, model.margin : -model.margin]
    assert np.all(np.isfinite(made.values))
    # float32 itself rounds a million to a sixteenth
    assert np.abs(made.values - inner).max() <= RESIDUAL_BOUND + 0.07
    assert np.all(made.variance > 0)


def test_gains_move_no_pixel_by_more_than_its_error(model: MultiscaleModel) -> None:
    images = _image(model, 64)
    plain = model.predict(images, WHITE)
    gains = BandGains((0.0,), ((100.0,) * N_DETAILS,), 0.1)
    made = model.predict(images, WHITE, FrameCalibration(gains))
    moved = np.abs(made.values - plain.values) / np.sqrt(plain.variance)
    assert 0.99 < moved.max() <= 1.001
    inner = images[:, model.margin : -model.margin, model.margin : -model.margin]
    assert np.abs(made.values - inner).max() <= RESIDUAL_BOUND + 1e-5


def test_shrinkage_is_part_of_the_model(model: MultiscaleModel) -> None:
    images = _image(model, 64)
    other = model.replaced(shrinkage=SHRINKAGE)
    before, after = model.predict(images, WHITE), other.predict(images, WHITE)
    moved = np.abs(after.values - before.values) / np.sqrt(before.variance)
    assert 0.01 < moved.max() <= 1.001
    np.testing.assert_array_equal(after.variance, before.variance)
    assert other.halo(PLAIN) > model.halo(PLAIN) and other.fingerprint() != model.fingerprint()
    assert other.describe() == {"shrinkage": list(SHRINKAGE.shares)} and model.describe() == {"shrinkage": None}


def test_a_frame_leaves_nothing_behind(model: MultiscaleModel) -> None:
    images = _image(model, 64)
    before = model.predict(images, WHITE).values
    during = model.predict(images, WHITE, CHANGED).values
    np.testing.assert_array_equal(model.predict(images, WHITE).values, before)
    assert not np.allclose(during, before, atol=1e-3)
    assert model.halo(PLAIN) < model.halo(CHANGED)


def test_nobody_writes_on_a_model(model: MultiscaleModel) -> None:
    for name in ("variance_scale", "shrinkage", "network", "new"):
        with pytest.raises(AttributeError, match=f"read-only: {name}"):
            setattr(model, name, 1.0)
    with pytest.raises(TypeError, match="no attribute precision"):
        model.replaced(precision="bfloat16")
    assert model.replaced(variance_scale=2.0).variance_scale == 2 and model.variance_scale == 1
    assert copy.copy(model) is copy.deepcopy(model) is model


def test_a_network_of_its_own_can_be_trained(model: MultiscaleModel) -> None:
    other = model.with_own_network()
    assert other.fingerprint() == model.fingerprint()
    images = _image(model, 64)
    np.testing.assert_array_equal(other.predict(images, WHITE).values, model.predict(images, WHITE).values)
    before = model.fingerprint()
    other.network.set_weights([weight + np.float32(0.1) for weight in other.get_weights()])
    assert model.fingerprint() == before != other.fingerprint()
    assert not np.array_equal(other.predict(images, WHITE).values, model.predict(images, WHITE).values)


@pytest.mark.parametrize("shrinkage", [None, SHRINKAGE])
@pytest.mark.parametrize("calibration", [PLAIN, CHANGED, SAMPLED], ids=["plain", "changed", "sampled"])
def test_nothing_beyond_the_halo_reaches_a_pixel(
    model: MultiscaleModel, calibration: FrameCalibration, shrinkage: Shrinkage | None
) -> None:
    model = model.replaced(shrinkage=shrinkage)
    reach = model.halo(calibration) + model.margin
    images = _image(model, 192 if calibration.sampling.n == 1 else 16 * (reach // 8 + 1))
    centre = images.shape[1] // 2
    changed = images.copy()
    far = np.ones(images.shape[1:], bool)
    far[centre - reach : centre + reach + 1, centre - reach : centre + reach + 1] = False
    changed[0][far] += 3
    here = centre - model.margin
    one, other = (model.predict(given, WHITE, calibration).values for given in (images, changed))
    assert one[0, here, here] == other[0, here, here]
    assert not np.array_equal(one, other)


def test_tiles_of_a_sampled_frame_do_not_show(model: MultiscaleModel) -> None:
    frame = np.random.default_rng(5).normal(size=(40, 64)).astype(np.float32)
    made = []
    for core in (64, 32):
        plan = plan_tiles(frame.shape, core=core, halo=model.halo(SAMPLED), stride=model.stride(SAMPLED))
        whole = np.empty_like(frame)
        for tile in plan:
            pixels = cut_tile(frame, tile, margin=model.margin)
            whole[tile.core] = tile_core(model.predict(pixels[None], WHITE, SAMPLED).values[0], tile)
        made.append(whole)
    np.testing.assert_allclose(made[1], made[0], atol=1e-5)
    assert model.stride(PLAIN) == SMALL.stride and model.cards(SAMPLED)["AMSDSAMP"][0] == 2
    assert "AMSDSAMP" not in model.cards(PLAIN)


def test_grids_are_denoised_each_on_its_own(model: MultiscaleModel) -> None:
    images = _image(model, 64)
    correlation = np.array([[0.0, 0.0, 0.0], [0.1, 1.0, 0.1], [0.0, 0.0, 0.0]])
    made = model.predict(images, correlation, FrameCalibration(sampling=Sampling(2)))
    changed = images.copy()
    changed[:, 1::2] += 5 * np.random.default_rng(1).normal(size=changed[:, 1::2].shape).astype(np.float32)
    other = model.predict(changed, correlation, FrameCalibration(sampling=Sampling(2)))
    inner = slice(20, 44)  # beyond it, rows are mirrored
    assert made.values.shape == (1, 64, 64)
    shift = model.margin % 2  # rows that were changed are odd in the wide image
    same = np.isclose(made.values, other.values).all(axis=(0, 2))[inner]
    assert same[shift::2].all() and not same[1 - shift :: 2].any()


def test_a_constant_passes_through(model: MultiscaleModel) -> None:
    images = _image(model, 64)
    one, raised = model.predict(images, WHITE), model.predict(images + 40, WHITE)
    np.testing.assert_allclose(raised.values - 40, one.values, atol=1e-4)


def test_eight_orientations_make_the_result_turn_with_the_frame(model: MultiscaleModel) -> None:
    images = _image(model, 64)
    plain = model.predict(images, WHITE, n_orientations=8)
    turned = model.predict(np.rot90(images, 1, (1, 2)), WHITE, n_orientations=8)
    np.testing.assert_allclose(turned.values, np.rot90(plain.values, 1, (1, 2)), atol=1e-4)
    single = model.predict(images, WHITE).values
    assert not np.allclose(single, plain.values, atol=1e-4)


def test_the_same_seed_gives_the_same_network() -> None:
    assert MultiscaleModel(SMALL, seed=3).fingerprint() == MultiscaleModel(SMALL, seed=3).fingerprint()
    assert MultiscaleModel(SMALL, seed=3).fingerprint() != MultiscaleModel(SMALL, seed=4).fingerprint()
