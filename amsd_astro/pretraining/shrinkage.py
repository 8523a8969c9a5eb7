"""The shrinkage of a finished network's details, from simulated exposures and their truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.details import DETAIL_REACH
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.shrinkage import N_SHARES, Shrinkage, shrinkage_terms
from amsd_astro.network.engines.arithmetic import Arithmetic
from amsd_astro.network.recipes import AMSD
from amsd_astro.pretraining.exposures import Exposed, expose_scene
from amsd_astro.pretraining.losses import RIM
from amsd_astro.pretraining.prefetching import made_ahead

__all__ = ["learn_shrinkage"]

_SEQUENCE = 3  # of exposures: training and validation have 1 and 2
_RIDGE = 1e-5  # of the error that is expected, for each patch: for knots that few pixels are near
_RIM = RIM + DETAIL_REACH  # pixels at a patch's edge that a frame does not have


def learn_shrinkage(
    model: MultiscaleModel,
    scenes: NDArray[np.float32],
    *,
    n_exposures: int,
    patch: int,
    seed: int,
    precision: str = "float32",
    progress: Callable[[int, int, str], None] | None = None,
) -> Shrinkage:
    """The table that leaves the least squared error, as for training a patch in units of the error predicted for it.

    Parameters
    ----------
    model : MultiscaleModel
        With its weights; without shrinkage.
    scenes : ndarray of float32, shape (n, ny, nx)
        Scenes that the weights have not seen, each exposed as often.
    n_exposures : int
        How many exposures.
    patch : int
        Pixels on a side of each.
    seed : int
        Of the exposures.
    precision : str, optional
        What the network computes in.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.
    """

    def draw(index: int) -> Exposed:
        rng = np.random.default_rng([seed, _SEQUENCE, index])
        return expose_scene(scenes[index % len(scenes)], patch + 2 * model.margin, rng)

    gram, total = _RIDGE * n_exposures * np.eye(N_SHARES), np.zeros(N_SHARES)
    for n_done, exposed in enumerate(made_ahead(draw, n_exposures, n_threads=1), start=1):
        products, sums = _equations(model, FrameCalibration(arithmetic=Arithmetic("tensorflow", precision)), exposed)
        gram += products
        total += sums
        if progress is not None:
            progress(n_done, n_exposures, "learning shrinkage")
    return Shrinkage(tuple(float(f"{share:.4g}") for share in np.linalg.solve(gram, total)))


def _equations(
    model: MultiscaleModel, calibration: FrameCalibration, exposed: Exposed
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of least squares: products of the terms, and of terms and what is missing in the result."""
    made = model.predict(exposed.noisy[None], exposed.correlation, calibration, n_orientations=AMSD.n_orientations)
    values, variance = made.values[0], made.variance[0]
    inner = slice(model.margin, -model.margin)
    whole = slice(_RIM, -_RIM)

    def flat(image: NDArray[Any]) -> NDArray[Any]:
        return image[..., whole, whole].reshape(*image.shape[:-2], -1)

    weight = flat(~exposed.mask[inner, inner]).astype(np.float32)
    missing = flat(exposed.target[inner, inner] - values)
    terms = flat(shrinkage_terms(made.values, made.variance)[:, 0])
    weighted = terms * weight
    expected = max(float(np.sum(flat(variance) * weight, dtype=np.float64)), np.finfo(float).tiny)
    return (weighted @ terms.T).astype(np.float64) / expected, (weighted @ missing).astype(np.float64) / expected
