"""Blind2Unblind (Wang et al. 2022): a blind-spot answer gathered over the whole field, and made to see again.

The global-aware mask mapper hides each phase of a 2 x 2 grid in turn and gathers the spots' answers into one field h.
With f the answer to the field y itself, through which no gradient flows, the loss is
``mean((h + lambda f - (lambda + 1) y)**2) + mean((h - y)**2)``; lambda is 2, and grows to 20 over the last fifth of the
steps, as in their program. The result is ``(h + lambda f) / (1 + lambda)``. Their grid is 4 x 4; as many pixels pass
through the network in a step as with the other peers, which 2 x 2 and a quarter of the patches allow.

Their network does not predict a residual. Taken from the field itself, f would stay what it is given, as no gradient
tells it otherwise; so the residual is taken from the mean of each pixel's neighbours, but where the pixel differs from
it by more than noise can: there the bound of the residual would keep f from seeing a star's core again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.peers.blind_spots import around, grid, hidden
from benchmarks.peers.field import Field, PeerSettings
from benchmarks.peers.network import PeerNetwork, oriented_mean, robust, unet
from benchmarks.peers.patches import Patches

__all__ = ["PERIOD", "denoise", "gathered", "visibility", "without_noise"]

PERIOD = 2
_FIRST, _LAST = 2.0, 20.0  # lambda
_GROWS_FROM = 0.8  # of the steps
_NO_NOISE = 10.0  # noise widths from its neighbours


def visibility(n_done: int, n_steps: int) -> float:
    """Lambda after so many of the steps."""
    grown = np.clip((n_done / n_steps - _GROWS_FROM) / (1 - _GROWS_FROM), 0, 1)
    return float(_FIRST + (_LAST - _FIRST) * grown)


def without_noise(noisy: tf.Tensor) -> tf.Tensor:
    """The mean of each pixel's neighbours; the pixel itself where it differs by more than noise can.

    At a spot, which holds that mean, there is nothing else to be seen.

    Parameters
    ----------
    noisy : Tensor, shape (n, ny, nx, 1)
        Fields.
    """
    mean = around(noisy)
    difference = noisy - mean
    return mean + difference * (1 - tf.exp(-((difference / _NO_NOISE) ** 4)))


def gathered(network: PeerNetwork, noisy: tf.Tensor) -> tf.Tensor:
    """The mask mapper: every pixel's answer from the field in which it was hidden, all phases as one batch.

    Parameters
    ----------
    network : PeerNetwork or callable
        From fields to fields.
    noisy : Tensor, shape (n, ny, nx, 1)
        Fields.
    """
    phases = [grid(phase, PERIOD, noisy.shape[1], noisy.shape[2]) for phase in range(PERIOD**2)]
    answers = network(tf.concat([hidden(noisy, spots) for spots in phases], axis=0))
    return tf.add_n([part * spots for part, spots in zip(tf.split(answers, PERIOD**2), phases, strict=True)])


class _VisiblePatches:
    """Patches and weight, with lambda."""

    state: Any = None

    def __init__(self, patches: Patches, n_steps: int) -> None:
        self._patches, self._n_steps, self._n_drawn = patches, n_steps, 0

    def __call__(self) -> tuple[np.ndarray, ...]:
        seen = np.float32(visibility(self._n_drawn, self._n_steps))
        self._n_drawn += 1
        return (*self._patches(), seen)


def denoise(field: Field, settings: PeerSettings) -> np.ndarray:
    """Train on the field itself, then denoise it."""
    network = PeerNetwork(unet(settings.seed), start=without_noise)
    planes = [field.noisy, ~field.mask]
    n_patches = max(1, settings.n_patches // PERIOD**2)
    patches = Patches(planes, n_patches=n_patches, patch=settings.patch, seed=settings.seed)

    def loss(noisy: tf.Tensor, weight: tf.Tensor, seen: tf.Tensor) -> tf.Tensor:
        blind = gathered(network, noisy) - noisy
        plain = tf.stop_gradient(network(noisy)) - noisy
        # the loss turns linear where that of the other peers does, whatever lambda is
        revisible = robust((blind + seen * plain) / (1 + seen)) * (1 + seen) ** 2
        return tf.reduce_mean((revisible + robust(blind)) * weight)

    network.train(loss, _VisiblePatches(patches, settings.n_steps), settings)
    return oriented_mean(lambda turned: _answer(network, turned), field.noisy)


def _answer(network: PeerNetwork, field: np.ndarray) -> np.ndarray:
    blind = np.zeros_like(field)
    for phase in range(PERIOD**2):
        spots = grid(phase, PERIOD, *field.shape)
        masked = hidden(field[None, ..., None], spots).numpy()[0, ..., 0]
        blind += network.apply(masked) * spots.numpy()[0, ..., 0]
    return (blind + _LAST * network.apply(field)) / (1 + _LAST)
