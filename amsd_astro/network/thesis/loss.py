"""What training of the thesis network lowers."""

from __future__ import annotations

import math

import tensorflow as tf

__all__ = ["thesis_loss"]

_EQUAL = 1e-10  # mean squared error of images that are the same: a PSNR of 100 dB


def thesis_loss(estimate: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """0.25 mean absolute error + 0.85 (1 - SSIM) + 0.3 (100 - PSNR) / 100.

    SSIM is that of Wang et al. (2004) with their Gaussian window of 11 pixels, PSNR that of each image in dB; both take
    values to range from 0 to 1 and are averaged over the images.

    Parameters
    ----------
    estimate, target : Tensor, shape (n, ny, nx, C)
        Images of 0 to 1 with at least 11 pixels on a side.
    """
    absolute = tf.reduce_mean(tf.abs(estimate - target))
    similarity = tf.reduce_mean(tf.image.ssim(estimate, target, max_val=1.0))
    squared = tf.reduce_mean((estimate - target) ** 2, axis=(1, 2, 3))
    psnr = tf.reduce_mean(-10 / math.log(10) * tf.math.log(squared + _EQUAL))
    return 0.25 * absolute + 0.85 * (1 - similarity) + 0.3 * (100 - psnr) / 100
