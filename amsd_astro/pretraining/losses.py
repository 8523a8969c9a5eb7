"""What pretraining lowers, in ``keras.ops`` alone."""

from __future__ import annotations

from typing import Any

from keras import ops

from amsd_astro.network.amsd.network import estimate

__all__ = ["RIM", "truth_loss", "variance_loss"]

RIM = 4
"""Pixels at a patch's edge that see the padding of the convolutions, which a frame does not have."""

_SCALES = (2, 4, 8)
_SCALE_WEIGHT = 0.1
_VARIANCE_WEIGHT = 0.1
_EVEN = 0.004  # variance below which a patch's error weighs no more


def truth_loss(known: Any, outputs: Any) -> Any:
    """Squared error against the truth, by pixel and by sums over cells, and the deviance of its predicted variance.

    A patch weighs by the inverse of the variance that the network predicts for it, so that empty sky counts as much as
    crowded fields. The prediction depends on the input alone: the least error is the posterior mean all the same.

    Parameters
    ----------
    known : tensor, shape (n, p, p, 3)
        Noisy values, target and weight.
    outputs : tensor, shape (n, p, p, 2)
        What the network gives.

    Returns
    -------
    tensor
        A scalar.
    """
    error, log_variance, weight = _errors(known, outputs)
    n_good = ops.maximum(ops.sum(weight, axis=(1, 2, 3)), 1.0)
    squared = ops.sum(error**2, axis=(1, 2, 3)) / n_good
    for cell in _SCALES:
        sums = ops.average_pool(error, cell, strides=cell, padding="valid") * float(cell)
        squared += _SCALE_WEIGHT * ops.mean(sums**2, axis=(1, 2, 3))
    expected = ops.stop_gradient(ops.sum(ops.exp(log_variance) * weight, axis=(1, 2, 3)) / n_good)
    return ops.mean(squared / (expected + _EVEN)) + _VARIANCE_WEIGHT * _deviance(error, log_variance, weight)


def variance_loss(known: Any, outputs: Any) -> Any:
    """Deviance of the predicted variance from the squared error; parameters as for `truth_loss`."""
    return _deviance(*_errors(known, outputs))


def _errors(known: Any, outputs: Any) -> tuple[Any, Any, Any]:
    """Error where there is weight, logarithm of its predicted variance, and weight, without the rim."""
    known, outputs = (array[:, RIM:-RIM, RIM:-RIM] for array in (known, outputs))
    noisy, target, weight = ops.split(known, 3, axis=-1)
    values, log_variance = estimate(outputs, noisy)
    return (values - target) * weight, log_variance, weight


def _deviance(error: Any, log_variance: Any, weight: Any) -> Any:
    """That of a Gaussian: the least is where the variance is the mean squared error."""
    deviance = log_variance + ops.stop_gradient(error**2) * ops.exp(-log_variance)
    return ops.sum(deviance * weight) / ops.maximum(ops.sum(weight), 1.0)
