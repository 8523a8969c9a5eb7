"""The model: its reach, its bound, its orientations, and its file."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from amsd_astro.errors import ModelError
from amsd_astro.network.layouts import AmsdArchitecture
from amsd_astro.network.model import RESIDUAL_BOUND, MultiscaleModel
from amsd_astro.network.modelfile import load_model, save_model

WHITE = np.ones((1, 1))
SMALL = AmsdArchitecture((8, 8, 16))


@pytest.fixture(scope="module")
def model() -> MultiscaleModel:
    """A small network with weights that do something."""
    made = MultiscaleModel(SMALL, seed=1)
    rng = np.random.default_rng(0)
    made.set_weights([w + rng.normal(0, 0.05, w.shape).astype(np.float32) for w in made.get_weights()])
    return made


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


def test_nothing_beyond_the_halo_reaches_a_pixel(model: MultiscaleModel) -> None:
    images = _image(model, 192)
    centre = images.shape[1] // 2
    reach = model.halo + model.margin
    changed = images.copy()
    far = np.ones(images.shape[1:], bool)
    far[centre - reach : centre + reach + 1, centre - reach : centre + reach + 1] = False
    changed[0][far] += 3
    here = centre - model.margin
    one, other = model.predict(images, WHITE).values, model.predict(changed, WHITE).values
    assert one[0, here, here] == other[0, here, here]
    assert not np.array_equal(one, other)


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


def test_a_model_file_gives_the_model_back_and_repeats(model: MultiscaleModel) -> None:
    model.variance_scale = 1.3
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        save_model(file, model, {"recipe": "amsd", "steps": 7})
    assert files[0].getvalue() == files[1].getvalue()
    files[0].seek(0)
    loaded, settings = load_model(files[0], name="model.npz")
    assert settings["recipe"] == "amsd" and loaded.variance_scale == 1.3 and loaded.architecture == SMALL
    assert loaded.fingerprint() == model.fingerprint()


def _stored(model: MultiscaleModel) -> dict[str, np.ndarray]:
    file = io.BytesIO()
    save_model(file, model, {"recipe": "amsd", "steps": 7})
    file.seek(0)
    with np.load(file) as stored:
        return dict(stored)


def _with_settings(arrays: dict[str, np.ndarray], **changes: object) -> dict[str, np.ndarray]:
    settings = json.loads(arrays["settings"].tobytes())
    settings.update(changes)
    return {**arrays, "settings": np.frombuffer(json.dumps(settings).encode(), np.uint8)}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda a: {k: v for k, v in a.items() if k != "settings"}, "settings"),
        (lambda a: {k: v for k, v in a.items() if k != "w003"}, "w003"),
        (lambda a: {**a, "w000": a["w000"][..., :4]}, "weight 0"),
        (lambda a: {**a, "w000": a["w000"] * np.nan}, "finite"),
        (lambda a: {**a, "w000": np.array([None])}, "npz"),
        (lambda a: {**a, "settings": np.frombuffer(b"{", np.uint8)}, "npz"),
        (lambda a: _with_settings(a, format=99), "format"),
        (lambda a: _with_settings(a, architecture={"widths": [10**9]}), "widths"),
        (lambda a: _with_settings(a, architecture="deep"), "architecture"),
        (lambda a: _with_settings(a, variance_scale=-1), "variance_scale"),
        (lambda a: _with_settings(a, steps="many"), "steps"),
    ],
)
def test_damaged_model_files_are_refused(model: MultiscaleModel, spoil, message: str) -> None:
    file = io.BytesIO()
    np.savez(file, **spoil(_stored(model)))
    file.seek(0)
    with pytest.raises(ModelError, match=message):
        load_model(file, name="model.npz")


def test_flipped_bits_are_refused_or_harmless(model: MultiscaleModel) -> None:
    file = io.BytesIO()
    save_model(file, model, {"recipe": "amsd", "steps": 7})
    whole, rng = file.getvalue(), np.random.default_rng(8)
    n_refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(3000, len(whole)), 3):
            damaged[place] ^= 1 << int(rng.integers(8))
        try:
            load_model(io.BytesIO(bytes(damaged)), name="model.npz")
        except ModelError:
            n_refused += 1
    assert n_refused > 15


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04" + bytes(50)])
def test_files_that_are_no_models_are_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"model\.npz"):
        load_model(io.BytesIO(content), name="model.npz")
