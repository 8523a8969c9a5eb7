"""What repeats tell besides score_repeat.py: the sky with one background, the flux of sources by their brightness."""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from scipy.ndimage import gaussian_filter, label, maximum, sum_labels

from benchmarks.scenes.judged_frames import Repeat

__all__ = ["SIGNALS", "FluxLost", "flux_by_signal", "levelled_sky", "scorer"]

SIGNALS = ((0, 5), (5, 10), (10, 20), (20, 50), (50, math.inf))
"""Classes of sources: S/N of the sum over the footprint in the one exposure that is denoised."""

_BACKGROUND = 12.0  # pixels: sigma of what is taken for background


def scorer(folder: Path) -> ModuleType:
    """The module score_repeat.py of a folder of repeats."""
    spec = importlib.util.spec_from_file_location("score_repeat", folder / "score_repeat.py")
    if spec is None or spec.loader is None or not (folder / "score_repeat.py").is_file():
        sys.exit(f"{folder}: there is no score_repeat.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def levelled_sky(repeat: Repeat, values: np.ndarray) -> float:
    """Error left on the sky of a repeat where the exposures have one background.

    The background of the exposure less that of the others, smoothed with a Gaussian of 12 px, is theirs and not noise:
    it is taken off every result alike.

    Parameters
    ----------
    repeat : Repeat
        An exposure and others.
    values : ndarray, shape (ny, nx)
        A result for the exposure.

    Returns
    -------
    float
        Over the noise of the exposure; below zero where the others' noise is more than all that is seen.
    """
    sky, others = repeat.zones["sky"], repeat.scene.truth
    apart = gaussian_filter(np.where(sky, np.asarray(repeat.scene.frame.data, float) - others, 0.0), _BACKGROUND)
    apart /= np.maximum(gaussian_filter(sky.astype(float), _BACKGROUND), 1e-3)
    left = float(np.mean((values - others - apart)[sky] ** 2)) - repeat.sigma_others**2
    return math.copysign(math.sqrt(abs(left)), left) / repeat.sigma


@dataclass(frozen=True)
class FluxLost:
    """Sources of a class, the share of their flux that a result has more than the exposure, and its error."""

    n_sources: int
    share: float
    error: float


def flux_by_signal(repeat: Repeat, values: np.ndarray) -> list[FluxLost | None]:
    """Flux won or lost by sources of each class of `SIGNALS`; None where there are none.

    The footprints are those of the flux figure of score_repeat.py: chosen in the mean of the others, many of them far
    below what one exposure shows.

    Parameters
    ----------
    repeat : Repeat
        An exposure and others.
    values : ndarray, shape (ny, nx)
        A result for the exposure.
    """
    others, noise, sigma = repeat.scene.truth, repeat.sigma_others, repeat.sigma
    smooth = gaussian_filter(others, 1.5)
    labels, n = label((smooth > 0.8 * noise) & repeat.compared)
    index = np.arange(1, n + 1)
    size = sum_labels(np.ones_like(others), labels, index)
    flux = sum_labels(others, labels, index)
    more = sum_labels(values - np.asarray(repeat.scene.frame.data, float), labels, index)
    faint = maximum(smooth, labels, index) < 30 * sigma
    clear = (size >= 12) & (flux > 12 * noise * np.sqrt(size)) & faint
    signal = flux / (sigma * np.sqrt(np.maximum(size, 1)))
    found: list[FluxLost | None] = []
    for low, high in SIGNALS:
        chosen = clear & (signal >= low) & (signal < high)
        total = float(flux[chosen].sum())
        error = sigma * math.sqrt(float(size[chosen].sum()))
        is_any = bool(chosen.any())
        found.append(FluxLost(int(chosen.sum()), float(more[chosen].sum()) / total, error / total) if is_any else None)
    return found
