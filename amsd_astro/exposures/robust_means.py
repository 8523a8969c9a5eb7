"""Means of values with errors, some of which are none of the kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["extra_scatter", "mean_share", "robust_mean", "weighted_median"]

_N_STEPS = 20
_BRIGHTEST, _FEWEST = 1 / 3, 5  # part of the sources, and number, that tell by how much all may differ alike
_CUT = 4.685  # of Tukey's biweight, in standard errors


def weighted_median(values: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """Return the value at half of the weight, of at least one."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    place = int(np.searchsorted(total, 0.5 * total[-1]))
    return float(values[order[min(place, order.size - 1)]])


def extra_scatter(
    residuals: NDArray[np.floating],
    errors: NDArray[np.floating],
    n_fitted: float,
    *,
    growing: NDArray[np.floating] | None = None,
) -> float:
    """Return what has to be added to errors in quadrature, so that they explain most of the residuals.

    Parameters
    ----------
    residuals, errors : ndarray, shape (n,)
        Of values after a fit.
    n_fitted : float
        Parameters of the fit.
    growing : ndarray, shape (n,), optional
        What is returned is added to each error so many times; once by default.
    """
    if growing is not None:
        residuals, errors = residuals / growing, errors / growing
    if residuals.size <= n_fitted:
        return 0.0
    share = np.sqrt((residuals.size - n_fitted) / residuals.size)
    wanted = 0.6745 * share  # median of the absolute deviations of a Gaussian of unit width

    def middle(extra: float) -> float:
        return float(np.median(np.abs(residuals) / np.hypot(errors, extra)))

    low, high = 0.0, float(np.max(np.abs(residuals))) / wanted
    if middle(low) <= wanted or not high > 0:
        return 0.0
    for _ in range(40):
        extra = 0.5 * (low + high)
        low, high = (extra, high) if middle(extra) > wanted else (low, extra)
    return high


def robust_mean(values: NDArray[np.floating], errors: NDArray[np.floating]) -> tuple[float, float]:
    """Return the mean of at least one value, outliers weighted out, and its error.

    Parameters
    ----------
    values, errors : ndarray, shape (n,)
        Scatter that the errors do not explain is added to them.

    Returns
    -------
    tuple of float
    """
    mean = weighted_median(values, 1 / errors)
    extra = extra_scatter(values - mean, errors, 1)
    wide = np.hypot(errors, extra)
    for _ in range(_N_STEPS):
        distance = (values - mean) / wide / _CUT
        weight = np.where(np.abs(distance) < 1, (1 - distance**2) ** 2, 0.0) / wide**2
        before, mean = mean, float(np.sum(weight * values) / np.sum(weight))
        if abs(mean - before) < 1e-3 * np.min(wide):
            break
    # the weights of what is near the mean add up to less than one
    return mean, float(1 / np.sqrt(np.sum(weight)))


def mean_share(
    shares: NDArray[np.floating], errors: NDArray[np.floating], fluxes: NDArray[np.floating]
) -> tuple[float, float]:
    """Return the mean of what sources tell of a share of their light, and its error.

    Light that is none of theirs (neighbours, trails) spoils the share of a faint source by more than that of a bright
    one, and mostly one way: scatter that the errors do not explain counts by the inverse of the flux, but for what the
    brightest sources show.

    Parameters
    ----------
    shares, errors, fluxes : ndarray, shape (n,)
        Of each source; fluxes are positive.

    Returns
    -------
    tuple of float
    """
    order = np.argsort(-fluxes, kind="stable")
    n_bright = max(_FEWEST, round(_BRIGHTEST * fluxes.size))
    bright, faint = order[:n_bright], order[n_bright:]
    growing = np.max(fluxes) / fluxes
    middle = weighted_median(shares[bright], 1 / growing[bright])  # a few that are near saturation do not rule it
    if faint.size:
        errors = np.hypot(
            errors, growing * extra_scatter((shares - middle)[faint], errors[faint], 0, growing=growing[faint])
        )
    return robust_mean(shares, np.hypot(errors, extra_scatter((shares - middle)[bright], errors[bright], 1)))
