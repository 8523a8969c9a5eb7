"""A program that raises on every floating-point error can use the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro import Denoiser, Frame, as_frame, denoise, read_frame, validate
from amsd_astro.frames.noise import measure_noise
from amsd_astro.plotting import plot_residual

SAMPLE = Path(__file__).parents[1] / "data_samples" / "star_cluster_1.fits"


def _frame() -> Frame:
    return read_frame(SAMPLE)[100:260, 60:230]


def _plain() -> np.ndarray:
    return np.random.default_rng(0).normal(50, 5, (80, 90)).astype(np.float32)


@pytest.mark.parametrize(
    "use",
    [
        lambda folder: measure_noise(read_frame(SAMPLE)),
        lambda folder: as_frame(np.where(np.eye(80, 90), np.nan, _plain())),
        lambda folder: denoise(_frame(), steps=0).write(folder / "a.fits"),
        lambda folder: Denoiser(steps=0).fit_denoise(_frame())._repr_html_(),
        lambda folder: plot_residual(_frame(), denoise(_frame(), steps=0)),
        lambda folder: Denoiser(steps=2).fit(_plain()),
        lambda folder: validate(_frame(), denoiser=lambda frame: frame)._repr_html_(),
    ],
    ids=["noise", "frame", "write", "html", "plot", "fit", "validate"],
)
def test_floating_point_errors_of_ours_are_not_the_callers(use: Callable[[Path], Any], tmp_path: Path) -> None:
    with np.errstate(all="raise"):
        use(tmp_path)
        assert np.geterr() == dict.fromkeys(("divide", "over", "under", "invalid"), "raise")
