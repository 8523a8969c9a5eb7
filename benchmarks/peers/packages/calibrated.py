"""Non-local means, wavelets and total variation of scikit-image, their parameters calibrated without truth.

The noise is known, so the parameters are those of least risk by Stein's estimate with one probe (Ramani, Blu & Unser
2008) among a small grid. The J-invariant loss of `skimage.restoration.calibrate_denoiser`, which needs no noise, was
tried and left: what a hidden pixel in a star's core costs drowns the rest, and it chose parameters of up to twice the
error of these.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from skimage.restoration import cycle_spin, denoise_nl_means, denoise_tv_chambolle, denoise_wavelet
from spectrum import draw_noise

__all__ = ["calibrated", "non_local_means", "stein_risk", "total_variation", "wavelets"]

_STEP = 0.1  # of the probe, in noise units
_PROBE = 7919
_SHIFTS = 3  # of cycle spinning, along each axis


def stein_risk(
    values: np.ndarray, result: np.ndarray, function: Callable[[np.ndarray], np.ndarray], probe: np.ndarray
) -> float:
    """Estimate of the mean squared error of a denoised field of unit noise.

    Parameters
    ----------
    values, result : ndarray, shape (ny, nx)
        Noisy field and ``function(values)``.
    function : callable
        From a noisy to a denoised field.
    probe : ndarray, shape (ny, nx)
        Unit noise with the field's correlation.
    """
    moved = function(values + _STEP * probe)
    return float(np.mean((result - values) ** 2) - 1 + 2 * np.mean(probe * (moved - result)) / _STEP)


def calibrated(
    values: np.ndarray,
    correlation: np.ndarray,
    function: Callable[..., np.ndarray],
    grid: Mapping[str, Sequence[Any]],
    seed: int = 0,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Apply a function with the parameters of a grid that have the least estimated risk.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        Field in noise units.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of its noise.
    function : callable
        From a field and parameters to a denoised field.
    grid : mapping
        Values to try of each parameter.
    seed : int
        Seed of the probe.

    Returns
    -------
    result : ndarray, shape (ny, nx)
    told : dict
        The parameters and their risk.
    """
    values = np.asarray(values, np.float64)
    # a sequence of its own: a probe that were the field's own noise would tell nothing
    probe = draw_noise(np.random.default_rng([seed, _PROBE]), correlation, values.shape)
    best: tuple[float, np.ndarray, dict[str, Any]] | None = None
    for choice in itertools.product(*grid.values()):
        parameters = dict(zip(grid, choice, strict=True))
        result = function(values, **parameters)
        risk = stein_risk(values, result, lambda field, how=parameters: function(field, **how), probe)
        if best is None or risk < best[0]:
            best = risk, result, parameters
    if best is None:
        raise ValueError(f"grid must hold at least one value of each parameter. Received: {grid}")
    return best[1], {**best[2], "risk": best[0]}


def _nlm(values: np.ndarray, **how: Any) -> np.ndarray:
    return denoise_nl_means(values, patch_distance=9, sigma=1.0, preserve_range=True, **how)


def non_local_means(values: np.ndarray, correlation: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Denoise by non-local means (Buades, Coll & Morel 2005)."""
    return calibrated(values, correlation, _nlm, {"h": (0.4, 0.55, 0.7, 0.85, 1.0, 1.3), "patch_size": (5, 7)})


def _wavelet(values: np.ndarray, **how: Any) -> np.ndarray:
    how["rescale_sigma"] = False
    return cycle_spin(values, func=denoise_wavelet, max_shifts=_SHIFTS, func_kw=how, workers=1)


def wavelets(values: np.ndarray, correlation: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Denoise by wavelet shrinkage (Donoho & Johnstone 1994; Chang, Yu & Vetterli 2000), averaged over shifts.

    The universal threshold is also tried for less than the noise that is there: it is known to be too much.
    """
    grid = {
        "wavelet": ("db2", "sym4"),
        "method": ("BayesShrink", "VisuShrink"),
        "mode": ("soft", "hard"),
        "sigma": (0.4, 0.6, 0.8, 1.0),
    }
    return calibrated(values, correlation, _wavelet, grid)


def _tv(values: np.ndarray, *, weight: float) -> np.ndarray:
    return denoise_tv_chambolle(values, weight=weight, eps=1e-4, max_num_iter=400)


def total_variation(values: np.ndarray, correlation: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Denoise by total variation (Rudin, Osher & Fatemi 1992; Chambolle 2004)."""
    return calibrated(
        values, correlation, _tv, {"weight": (0.15, 0.25, 0.35, 0.5, 0.65, 0.8, 1.0, 1.25, 1.6, 2.2, 3.0)}
    )
