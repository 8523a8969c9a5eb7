"""Frames with next to nothing in them: every figure is drawn all the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from astropy.nddata import StdDevUncertainty
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame
from amsd_astro.plotting import plot_calibration, plot_comparison, plot_residual

RNG = np.random.default_rng(5)
ODD = {
    "one pixel": RNG.normal(9, 1, (1, 1)),
    "one row": RNG.normal(9, 1, (1, 70)),
    "one column": RNG.normal(9, 1, (70, 1)),
    "constant": np.full((20, 20), 7.0),
    "zero": np.zeros((20, 20)),
    "NaN": np.full((20, 20), np.nan),
    "infinities": np.where(RNG.random((30, 30)) < 0.1, np.inf, 1.0),
    "large pedestal": RNG.normal(1e7, 1, (30, 30)),
    "tiny": RNG.normal(0, 1e-30, (30, 30)),
    "strip": RNG.normal(9, 1, (12, 200)),
}
FIGURES: dict[str, Callable[[Frame, Frame], Figure]] = {
    "comparison": plot_comparison,
    "residual": plot_residual,
    "calibration": lambda before, after: plot_calibration(after, np.full(after.data.shape, 9.0)),
}
N_PANELS = {"comparison": 11, "residual": 6, "calibration": 3}
DRAWN = ("one pixel", "NaN")  # drawing takes longer than all before it


@pytest.mark.parametrize("kind", FIGURES)
@pytest.mark.parametrize("name", ODD)
def test_a_figure_of(name: str, kind: str) -> None:
    data = ODD[name]
    clean = np.where(np.isfinite(data), data * 0.9, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = FIGURES[kind](Frame(data), Frame(clean, uncertainty=StdDevUncertainty(np.full(data.shape, 0.5))))
        if name in DRAWN:
            FigureCanvasAgg(figure).draw()
    assert len(figure.axes) == N_PANELS[kind]


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_of_masked_pixels_alone(kind: str) -> None:
    mask = np.ones((20, 20), bool)
    before = Frame(RNG.normal(9, 1, (20, 20)), mask=mask)
    figure = FIGURES[kind](before, Frame(before.data, mask=mask, uncertainty=StdDevUncertainty(np.ones((20, 20)))))
    assert len(figure.axes) == N_PANELS[kind]


def test_pixels_beyond_any_variance_are_refused() -> None:
    before = Frame(RNG.normal(0, 1e200, (20, 20)))
    with pytest.raises(FrameError, match="too large"):
        plot_residual(before, Frame(before.data * 0.5))
