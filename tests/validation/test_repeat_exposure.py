"""A denoised frame scored on a repeat, the true error known."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro import Frame, FrameError, NoiseModel
from amsd_astro.validation.experiment import Pair
from amsd_astro.validation.repeat_exposure import check_repeat, score_repeat

NOISE = NoiseModel.from_gain(1.0, 5.0, sky=200.0)


def exposed(truth: np.ndarray, seed: int) -> Frame:
    rng = np.random.default_rng(seed)
    return Frame((rng.poisson(truth) + rng.normal(0, 5, truth.shape)).astype(np.float32), unit="electron")


def test_the_error_under_a_halo_is_the_true_one() -> None:
    """A halo that a background swallows keeps its photon noise, and the sky of the repeat its own level."""
    y, x = np.mgrid[:160, :160] - 79.5
    truth = 200 + 400 / (1 + (x**2 + y**2) / 40.0**2) ** 2
    left = 0.4 * np.sqrt(NOISE.variance(truth)) * np.random.default_rng(3).standard_normal(truth.shape)
    pair = Pair(exposed(truth, 1), Frame((truth + left).astype(np.float32), unit="electron"))
    score = score_repeat(pair, exposed(truth + 20 + 0.05 * x, 2), NOISE)
    assert score.faint == pytest.approx(0.4, abs=0.1) and score.faint_error < 0.05


def test_a_frame_is_no_repeat_of_itself() -> None:
    """Its noise would count as truth, and all that is asked of the pair would be met."""
    frame = exposed(np.full((40, 40), 200.0), 1)
    frame.data[3, 4] = np.nan
    with pytest.raises(FrameError, match="another exposure of the field"):
        check_repeat(frame, frame.copy())
    check_repeat(frame, exposed(np.full((40, 40), 200.0), 2))
