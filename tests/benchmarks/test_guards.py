"""The frames that adaptation is guarded on: what is wrong with them, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.frames.noise import measure_noise
from benchmarks.scenes.guard_frames import GUARDS, guard_frame


@pytest.mark.parametrize("name", sorted(GUARDS))
def test_the_truth_is_that_of_the_frame(name: str) -> None:
    guarded = guard_frame(name)
    assert guarded.frame.data.shape == guarded.truth.shape == guarded.sigma.shape
    assert guarded.error(guarded.truth) == 0
    error = guarded.error(guarded.frame.data)
    assert error == pytest.approx(
        1.08 if "pattern" in name else 1.04 if "steps" in name or "rows" in name else 1.0, abs=0.03
    )


@pytest.mark.parametrize(("name", "ratio"), [("noise stated 10 % low", 0.9), ("noise stated 10 % high", 1.1)])
def test_the_stated_noise_is_off(name: str, ratio: float) -> None:
    guarded = guard_frame(name)
    right = measure_noise(guarded.frame)
    for level in (right.sky, right.sky * 4):
        stated, measured = (np.sqrt(model.variance(level)) for model in (guarded.noise, right))
        assert stated / measured == pytest.approx(ratio)


def test_a_hidden_correlation_is_not_stated() -> None:
    guarded = guard_frame("hidden correlation")
    error = (guarded.frame.data - guarded.truth) / guarded.sigma
    error[guarded.frame.mask] = 0
    assert np.mean(error[:, 1:] * error[:, :-1]) > 0.3
    assert guarded.noise is not None and guarded.noise.neighbours == (0.0, 0.0)
