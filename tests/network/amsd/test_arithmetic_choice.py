"""LiteRT in float32; for large frames TensorFlow in bfloat16, where the processor has it and no harm is seen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from amsd_astro.network.amsd import arithmetic_choice
from amsd_astro.network.amsd.arithmetic_choice import choose_arithmetic
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.network import build_amsd, set_precision, take_over
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.engines.arithmetic import Arithmetic
from amsd_astro.network.engines.lite import has_litert
from amsd_astro.network.files.packaged_weights import packaged_model
from amsd_astro.network.predictor import Estimate
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.resources import has_bfloat16

needs_bfloat16 = pytest.mark.skipif(not has_bfloat16(), reason="the processor has no bfloat16")
ARCHITECTURE = AmsdArchitecture((8, 16), 8, (0, 1))
WHITE = np.ones((1, 1))
ROUGH = Arithmetic("tensorflow", "bfloat16")


@pytest.fixture
def model() -> MultiscaleModel:
    """A small network with weights that do something."""
    first, rng = MultiscaleModel(ARCHITECTURE, seed=1).get_weights(), np.random.default_rng(0)
    weights = [w + rng.normal(0, 0.03, w.shape).astype(np.float32) for w in first]
    return MultiscaleModel(ARCHITECTURE, weights=weights)


@pytest.fixture
def frame() -> TrainingFrame:
    values = np.random.default_rng(1).normal(size=(70, 90)).astype(np.float32)
    values[5, 80] = 3000
    values[60, 10] = 1e6
    mask = np.zeros(values.shape, bool)
    mask[60, 10] = True
    return TrainingFrame(values, mask, WHITE)


@pytest.fixture
def has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic_choice, "has_bfloat16", lambda: True)


def test_a_processor_without_it_computes_in_float32(
    model: MultiscaleModel, frame: TrainingFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arithmetic_choice, "has_bfloat16", lambda: False)
    assert choose_arithmetic(model, frame) == Arithmetic("tensorflow", "float32")


@pytest.mark.skipif(not has_litert(), reason="LiteRT is not installed")
@pytest.mark.parametrize(("has", "engine"), [(False, "litert"), (True, "tensorflow")])
def test_a_large_frame_starts_tensorflow_only_for_bfloat16(
    has: bool, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arithmetic_choice, "has_bfloat16", lambda: has)
    monkeypatch.setattr(arithmetic_choice, "_precision", lambda *_: "bfloat16")
    model = packaged_model("amsd.npz")
    assert isinstance(model, MultiscaleModel)
    large = np.zeros((arithmetic_choice.SMALL + 1, 40), np.float32)
    frame = TrainingFrame(large, large > 0, WHITE)
    assert choose_arithmetic(model, frame).engine == engine
    assert choose_arithmetic(model, frame, engine="tensorflow").engine == "tensorflow"


@needs_bfloat16
@pytest.mark.usefixtures("has_it")
def test_it_is_used_where_it_does_no_harm(model: MultiscaleModel, frame: TrainingFrame) -> None:
    calibration = FrameCalibration(arithmetic=choose_arithmetic(model, frame))
    assert calibration.arithmetic.precision == model.cards(calibration)["AMSDPREC"][0] == "bfloat16"
    images = np.random.default_rng(2).normal(size=(1, 124, 124)).astype(np.float32)
    rough = model.predict(images, WHITE, calibration)
    exact = model.predict(images, WHITE)
    difference = np.std(rough.values - exact.values)
    assert 0 < difference < 0.02 * np.std(exact.values)
    assert rough.values.dtype == rough.variance.dtype == np.float32


@needs_bfloat16
@pytest.mark.usefixtures("has_it")
def test_it_is_not_used_where_it_adds_to_the_error(
    model: MultiscaleModel, frame: TrainingFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = model.predict_without_graph

    def sure(*images: np.ndarray) -> Estimate:
        made = exact(*images)
        return dataclasses.replace(made, variance=made.variance * np.float32(1e-6))

    # a result as good as this could not bear it
    monkeypatch.setitem(vars(model), "predict_without_graph", sure)
    assert choose_arithmetic(model, frame) == Arithmetic("tensorflow", "float32")


def test_without_a_graph_the_answer_is_the_same(model: MultiscaleModel) -> None:
    images = np.random.default_rng(2).normal(size=(1, 124, 124)).astype(np.float32)
    once = model.predict_without_graph(images, WHITE)
    traced = model.predict(images, WHITE)
    np.testing.assert_allclose(once.values, traced.values, atol=1e-5)
    np.testing.assert_allclose(once.variance, traced.variance, rtol=1e-4)


@pytest.mark.usefixtures("has_it")
def test_where_it_fails_float32_is_used(
    model: MultiscaleModel, frame: TrainingFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(images: np.ndarray, correlation: np.ndarray, calibration: FrameCalibration) -> None:
        assert calibration.arithmetic.precision == "bfloat16"
        raise tf.errors.AbortedError(None, None, "could not create a primitive")

    monkeypatch.setitem(vars(model), "predict", failing)
    assert choose_arithmetic(model, frame) == Arithmetic("tensorflow", "float32")


@needs_bfloat16
def test_training_stays_in_float32(model: MultiscaleModel) -> None:
    before = model.network(np.ones((1, 16, 16, 4), np.float32)).numpy()
    model.predict(np.zeros((1, 76, 76), np.float32), WHITE, FrameCalibration(arithmetic=ROUGH))
    np.testing.assert_array_equal(model.network(np.ones((1, 16, 16, 4), np.float32)), before)
    set_precision(model.network, "bfloat16")
    assert not np.array_equal(model.network(np.ones((1, 16, 16, 4), np.float32)), before)


def test_new_residual_blocks_add_nothing_at_first() -> None:
    small, grown = (build_amsd(AmsdArchitecture((8, 16), 8, n), seed=s) for n, s in (((0, 1), 1), ((1, 2), 2)))
    rng = np.random.default_rng(0)
    small.set_weights([w + rng.normal(0, 0.1, w.shape) for w in small.get_weights()])
    bands = rng.normal(size=(1, 32, 32, 4)).astype(np.float32)
    assert np.abs(np.subtract(grown(bands), small(bands))).max() > 0.01
    take_over(grown, small)
    np.testing.assert_allclose(grown(bands), small(bands), atol=1e-6)
    with pytest.raises(ValueError):  # noqa: PT011 - in the words of Keras or of zip
        take_over(build_amsd(AmsdArchitecture((8,), 8), seed=0), small)
