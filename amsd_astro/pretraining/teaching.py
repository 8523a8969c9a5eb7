"""A network that teaches another: what it makes of exposures, averaged over four orientations."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.amsd.network import estimate

__all__ = ["SHARE_TAUGHT", "Teacher"]

SHARE_TAUGHT = 0.5
"""Share of the teacher's answer in what a network is to give; the rest is the truth."""

_N_ORIENTATIONS = 4


class Teacher:
    """Gives the mean of a network's answers in four orientations.

    The truth is the posterior's mean and the posterior's scatter, and the scatter is most of the error that is
    learned from; a teacher's answer has none of it. So a network comes close to what the average over orientations
    gives in far fewer steps, and the truth beside it corrects what the teacher has wrong.

    Parameters
    ----------
    network : keras.Model
        By `build_amsd`, finished.
    """

    def __init__(self, network: keras.Model) -> None:
        network.trainable = False
        self._answer: Callable[[NDArray[np.float32]], object] = network.predict_on_batch

    def teach(self, inputs: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what is known of a batch, with the target mixed with what the teacher makes of it.

        Parameters
        ----------
        inputs : ndarray, shape (n, p, p, N_BANDS)
            Bands.
        known : ndarray, shape (n, p, p, 3)
            Noisy values, target and weight.
        """
        mean = np.zeros_like(known[..., :1])
        for turns in range(_N_ORIENTATIONS):
            turned = np.ascontiguousarray(np.rot90(inputs, turns, axes=(1, 2)))
            outputs = np.rot90(np.asarray(self._answer(turned)), -turns, axes=(1, 2))
            values, _ = estimate(np.ascontiguousarray(outputs), known[..., :1])
            mean += np.asarray(values) / _N_ORIENTATIONS
        taught = known.copy()
        taught[..., 1:2] += SHARE_TAUGHT * (mean - known[..., 1:2])
        return taught
