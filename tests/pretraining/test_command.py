"""From settings to a model file, and on from there with a larger network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from amsd_astro.errors import ModelError
from amsd_astro.network.architectures import ThesisArchitecture
from amsd_astro.network.files.model_file import load_model
from amsd_astro.pretraining import command
from amsd_astro.pretraining.command import make_weights
from amsd_astro.pretraining.settings import PretrainingSettings
from amsd_astro.resources import has_bfloat16

SETTINGS = PretrainingSettings(
    n_scenes=2,
    n_steps=2,
    n_patches=1,
    patch=32,
    n_calibrated=1,
    n_compared=2,
    n_validated=1,
    seed=3,
    residuals=(0, 0, 0),
)


@pytest.mark.slow
def test_a_larger_network_goes_on_from_a_model_file(tmp_path: Path) -> None:
    first = make_weights(tmp_path / "first", SETTINGS)
    assert first is not None
    grown = make_weights(
        tmp_path / "second",
        replace(
            SETTINGS, residuals=(0, 1, 3), precision="bfloat16" if has_bfloat16() else "float32", learning_rate=1e-9
        ),
        start=first,
    )
    assert grown is not None
    answers = []
    for path, n_steps, residuals in ((first, 2, (0, 0, 0)), (grown, 4, (0, 1, 3))):
        with path.open("rb") as file:
            model, known = load_model(file, name=str(path))
        assert known["steps"] == n_steps
        assert tuple(model.architecture.residuals) == residuals
        bands = np.random.default_rng(0).normal(size=(1, 32, 32, 4)).astype(np.float32)
        answers.append(np.asarray(model.network(bands))[..., 0])
    # no step was of any size: what the larger network makes of a frame is what the smaller one made
    np.testing.assert_allclose(*answers, atol=1e-3)
    assert np.abs(answers[0]).max() > 1e-2


def test_it_does_not_go_on_from_another_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thesis = tmp_path / "thesis.npz"
    thesis.touch()
    content = {"recipe": "thesis"}, ThesisArchitecture(), []
    monkeypatch.setattr(command, "read_model", lambda *_, **__: content)
    with pytest.raises(ModelError, match=r"thesis\.npz: .* model of recipe amsd\. Received: thesis"):
        command._read(thesis)
