"""What training on recorrupted pairs lowers."""

from __future__ import annotations

import tensorflow as tf

__all__ = ["recorrupted_loss", "repeat_loss", "variance_deviance"]

_RIM = 4  # pixels at a patch's edge see the padding of the convolutions, which a frame does not have
_SCALES = (2, 4, 8)
_EVEN = 0.004  # variance below which a patch's error weighs no more
_VARIANCE_WEIGHT = 0.1


def recorrupted_loss(
    estimate: tf.Tensor, target: tf.Tensor, weight: tf.Tensor, *, scale_weight: float = 0.0
) -> tf.Tensor:
    """Mean squared difference from an independent noisy version, by pixel and by sums over larger cells.

    Its expectation is the error against the unknown clean image plus a constant (Pang et al. 2021). The terms at
    larger scales hold the flux in apertures: there the noise of the target averages out and a lost faint source shows.

    Parameters
    ----------
    estimate, target, weight : Tensor, shape (n, p, p, 1)
        Denoised patch, independent noisy version, weight (0 or 1).
    scale_weight : float
        Weight of each coarser scale relative to the pixels.
    """
    error, weight = _without_rim(estimate - target), _without_rim(weight)
    error = error * weight
    loss = tf.reduce_sum(error**2) / tf.maximum(tf.reduce_sum(weight), 1.0)
    if scale_weight:
        for cell in _SCALES:
            sums = tf.nn.avg_pool2d(error, cell, cell, "VALID") * float(cell)
            share = tf.reduce_mean(tf.nn.avg_pool2d(weight, cell, cell, "VALID"))
            loss += scale_weight * tf.reduce_mean(sums**2) / tf.maximum(share, 1e-6)
    return loss


def variance_deviance(
    log_variance: tf.Tensor, estimate: tf.Tensor, target: tf.Tensor, weight: tf.Tensor, amplitude: tf.Tensor
) -> tf.Tensor:
    """Poisson deviance of the predicted posterior variance from an unbiased estimate of the squared error.

    The noise of the target, of variance ``1 + 1 / a**2``, is independent of all that the network sees, so the squared
    difference less that variance has the squared error as its expectation, whatever the input. It is negative for
    many pixels; the deviance is linear in it, so that its minimum is the conditional mean all the same.

    Parameters
    ----------
    log_variance : Tensor, shape (n, p, p, 1)
        Logarithm of the predicted variance.
    estimate, target, weight : Tensor, shape (n, p, p, 1)
        Denoised patch, independent noisy version, weight.
    amplitude : Tensor, shape (n, 1, 1, 1)
        The a of the recorruption.
    """
    squared_error = tf.stop_gradient((estimate - target) ** 2 - 1 - 1 / amplitude**2)
    deviance = tf.exp(log_variance) - squared_error * log_variance
    weight = _without_rim(weight)
    return tf.reduce_sum(_without_rim(deviance) * weight) / tf.maximum(tf.reduce_sum(weight), 1.0)


def repeat_loss(
    answer: tuple[tf.Tensor, tf.Tensor],
    target: tf.Tensor,
    weight: tf.Tensor,
    halves: tuple[tf.Tensor, tf.Tensor],
    unlikeness: tf.Tensor,
    *,
    scale_weight: float,
) -> tf.Tensor:
    """What pretraining lowers, where the truth is the mean of other exposures instead of a simulation's.

    The noise of that mean adds a constant to the squared error. The deviance of the predicted variance is of the
    product of the differences from two halves of the others, as for `variance_deviance`: its expectation is the squared
    error itself.

    Parameters
    ----------
    answer : tuple of Tensor, shape (n, p, p, 1)
        Denoised patches and logarithm of their predicted variance.
    target, weight : Tensor, shape (n, p, p, 1)
        What the others show, and whether it counts, 0 or 1.
    halves : tuple of Tensor, shape (n, p, p, 1)
        The same of two halves of the others.
    unlikeness : Tensor, shape (n, 1, 1, 1)
        Rms difference that seeing and placing make, as a share of the light. Bright pixels weigh less for it: by the
        estimate, not by the target, as weights that depend on the target would bias what is learned of it.
    scale_weight : float
        Weight of each coarser scale relative to the pixels.
    """
    estimate, log_variance, target, weight, first, second = (
        _without_rim(part) for part in (*answer, target, weight, *halves)
    )
    weight /= 1 + tf.stop_gradient(unlikeness * estimate) ** 2
    n_good = tf.maximum(tf.reduce_sum(weight, axis=(1, 2, 3)), 1.0)
    error = (estimate - target) * weight
    squared = tf.reduce_sum(error * (estimate - target), axis=(1, 2, 3)) / n_good
    for cell in _SCALES:
        sums = tf.nn.avg_pool2d(error, cell, cell, "VALID") * float(cell)
        squared += scale_weight * tf.reduce_mean(sums**2, axis=(1, 2, 3))
    expected = tf.stop_gradient(tf.reduce_sum(tf.exp(log_variance) * weight, axis=(1, 2, 3)) / n_good)
    product = tf.stop_gradient((estimate - first) * (estimate - second))
    deviance = tf.reduce_sum((tf.exp(log_variance) - product * log_variance) * weight) / tf.reduce_sum(n_good)
    return tf.reduce_mean(squared / (expected + _EVEN)) + _VARIANCE_WEIGHT * deviance


def _without_rim(patch: tf.Tensor) -> tf.Tensor:
    return patch[:, _RIM:-_RIM, _RIM:-_RIM]
