"""A step of stpipe: by itself, from a file, and as a hook after another step."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro.many.hosts import stpipe_steps

ROOT = Path(__file__).parents[3]


def test_the_entry_point_leads_to_the_step() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (target,) = project["entry-points"]["stpipe.steps"].values()
    module, _, name = target.partition(":")
    assert getattr(importlib.import_module(module), name) is stpipe_steps
    ((path, alias, is_pipeline),) = stpipe_steps()
    module, _, name = path.rpartition(".")
    assert f"class {name}(Step)" in (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    assert alias == "amsd" and not is_pipeline


def make_model() -> Any:
    """A model of one image with a bad pixel."""
    from stdatamodels.jwst import datamodels

    rng = np.random.default_rng(0)
    model = datamodels.ImageModel((96, 80))
    model.data = (1 + rng.normal(0, 0.1, (96, 80))).astype(np.float32)
    model.err = np.full((96, 80), 0.1, np.float32)
    model.dq = np.zeros((96, 80), np.uint32)
    model.dq[3, 4], model.dq[5, 6] = 1, 4
    model.data[3, 4] = np.nan
    model.meta.bunit_data = "MJy/sr"
    return model


@pytest.mark.slow
def test_by_itself_from_a_file_and_as_a_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("stdatamodels")
    base = pytest.importorskip("jwst.stpipe").Step
    from amsd_astro.many.hosts.stpipe_step import AmsdStep

    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    monkeypatch.chdir(tmp_path)
    model = make_model()
    before = model.data.copy()
    denoised = AmsdStep.call(model, n_steps=0)
    assert np.array_equal(model.data, before, equal_nan=True)
    assert np.nanstd(denoised.data) < 0.5 * np.nanstd(before)
    assert np.isnan(denoised.data[3, 4]) and denoised.data.dtype == np.float32
    assert 0 < np.nanmedian(denoised.err) < 0.1
    assert "denoised by amsd_astro: AMSDVERS" in denoised._asdf.get_history_entries()[-1]["description"]
    assert model._asdf.get_history_entries() == []

    model.save("made_cal.fits")
    from_file = AmsdStep.call("made_cal.fits", n_steps=0)
    assert np.array_equal(from_file.data, denoised.data, equal_nan=True)

    class Before(base):  # type: ignore[misc, valid-type]
        class_alias = "before"
        prefetch_references = False

        def process(self, given: Any) -> Any:
            return given.copy()

    for hook in (AmsdStep, "amsd_astro.many.hosts.stpipe_step.AmsdStep(n_steps=0)"):
        assert np.nanstd(Before.call(model, post_hooks=[hook]).data) < 0.5 * np.nanstd(before)
