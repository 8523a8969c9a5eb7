"""LiteRT answers as TensorFlow does, whatever has been asked before, and the graph is that of the packaged network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.engines import lite
from amsd_astro.network.engines.arithmetic import Arithmetic
from amsd_astro.network.engines.lite import LiteEngine, can_be_lite, has_litert
from amsd_astro.network.engines.lite_graph import packaged_graph
from amsd_astro.network.files.packaged_weights import packaged_model
from amsd_astro.network.predictor import Predictor
from amsd_astro.network.recipes import AMSD

pytestmark = pytest.mark.skipif(not has_litert(), reason="there is no LiteRT here")
WHITE = np.ones((1, 1))
LITE, EXACT = (FrameCalibration(arithmetic=Arithmetic(engine, "float32", 2)) for engine in ("litert", "tensorflow"))


@pytest.fixture(scope="module")
def model() -> Predictor:
    assert AMSD.weights is not None
    return packaged_model(AMSD.weights)


def field(shape: tuple[int, int, int], *, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    images = rng.normal(size=shape).astype(np.float32)
    images[:, shape[1] // 2, shape[2] // 2] += 500
    return images


@pytest.mark.parametrize("shape", [(1, 140, 180), (3, 124, 124)])
def test_both_engines_agree(model: Predictor, shape: tuple[int, int, int]) -> None:
    images = field(shape)
    quick, exact = (model.predict(images, WHITE, each, n_orientations=2) for each in (LITE, EXACT))
    np.testing.assert_allclose(quick.values, exact.values, atol=2e-5)
    np.testing.assert_allclose(quick.variance, exact.variance, rtol=1e-4)
    np.testing.assert_array_equal(quick.bounded, exact.bounded)


def test_an_answer_does_not_depend_on_those_before(model: Predictor) -> None:
    images, others = field((2, 140, 132)), field((1, 188, 164), seed=1)
    first = model.predict(images, WHITE, LITE)
    model.predict(others, WHITE, LITE)
    again = model.with_own_network().predict(images, WHITE, LITE)
    for made in (model.predict(images, WHITE, LITE), again):
        np.testing.assert_array_equal(made.values, first.values)
        np.testing.assert_array_equal(made.variance, first.variance)


def test_other_weights_of_the_architecture_are_run_and_other_architectures_are_not(model: Predictor) -> None:
    other = MultiscaleModel(AMSD.architecture, weights=[0.9 * weight for weight in model.get_weights()])
    images = field((1, 124, 124))
    quick, exact = (other.predict(images, WHITE, each).values for each in (LITE, EXACT))
    np.testing.assert_allclose(quick, exact, atol=2e-5)
    assert np.abs(quick - model.predict(images, WHITE, LITE).values).max() > 0.01
    small = MultiscaleModel(AmsdArchitecture((4, 8), 4))
    assert not small.can_be_lite() and not can_be_lite(small.get_weights())


@pytest.mark.slow
def test_the_packaged_graph_is_that_of_the_packaged_network(model: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    from amsd_astro.network.amsd.network import build_amsd
    from amsd_astro.network.engines.lite_export import export_graph

    exported = export_graph(build_amsd(AMSD.architecture, seed=0))
    np.testing.assert_array_equal(exported.shapes, packaged_graph().shapes)
    bands = np.random.default_rng(0).normal(size=(1, 64, 48, 4)).astype(np.float32)
    packaged = LiteEngine(model.get_weights())(bands)
    monkeypatch.setattr(lite, "packaged_graph", lambda: exported)
    np.testing.assert_array_equal(LiteEngine(model.get_weights())(bands), packaged)


def test_a_small_frame_needs_no_tensorflow_and_says_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from amsd_astro import denoise\n"
        "frame = 100 + 3 * np.random.default_rng(0).normal(size=(64, 64))\n"
        "result = denoise(frame, steps=0)\n"
        "print(result.header['AMSDENGN'], [name for name in ('tensorflow', 'keras') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "litert []\n"
    assert "TensorFlow" not in done.stderr
