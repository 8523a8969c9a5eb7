"""PSNR and SSIM against direct evaluation and other implementations."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.images.similarity import psnr, ssim

RNG = np.random.default_rng(11)
IMAGE = RNG.random((40, 33, 3))
OTHER = np.clip(IMAGE + RNG.normal(0, 0.1, IMAGE.shape), 0, 1)


def test_psnr_of_a_known_error() -> None:
    assert psnr(np.full((12, 12, 1), 0.6), np.full((12, 12, 1), 0.5)) == pytest.approx(20)
    assert psnr(IMAGE, IMAGE) == float("inf")


def test_ssim_of_equal_and_of_constant_images() -> None:
    assert ssim(IMAGE, IMAGE) == pytest.approx(1)
    dark, bright = np.full((11, 11), 0.2), np.full((11, 11), 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)  # no variance: only the means are compared
    assert ssim(dark, bright) == pytest.approx(expected)


def test_ssim_by_direct_evaluation_of_its_definition() -> None:
    x, y = IMAGE[:11, :11, 0], OTHER[:11, :11, 0]
    place = np.arange(11) - 5
    window = np.exp(-(place[:, None] ** 2 + place**2) / (2 * 1.5**2))
    window /= window.sum()
    mean_x, mean_y = (window * x).sum(), (window * y).sum()
    var_x, var_y = (window * (x - mean_x) ** 2).sum(), (window * (y - mean_y) ** 2).sum()
    covariance = (window * (x - mean_x) * (y - mean_y)).sum()
    direct = (2 * mean_x * mean_y + 0.01**2) * (2 * covariance + 0.03**2)
    direct /= (mean_x**2 + mean_y**2 + 0.01**2) * (var_x + var_y + 0.03**2)
    assert ssim(x, y) == pytest.approx(direct, rel=1e-9)


def test_figures_agree_with_scikit_image() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    theirs = metrics.structural_similarity(IMAGE, OTHER, channel_axis=-1, **options)
    assert ssim(OTHER, IMAGE) == pytest.approx(theirs, abs=1e-9)
    assert psnr(OTHER, IMAGE) == pytest.approx(metrics.peak_signal_noise_ratio(IMAGE, OTHER, data_range=1.0))


@pytest.mark.slow
def test_figures_agree_with_tensorflow() -> None:
    import tensorflow as tf

    pair = [tf.constant(image[None], tf.float32) for image in (OTHER, IMAGE)]
    assert ssim(OTHER, IMAGE) == pytest.approx(float(tf.image.ssim(*pair, max_val=1.0)[0]), abs=1e-5)
    assert psnr(OTHER, IMAGE) == pytest.approx(float(tf.image.psnr(*pair, max_val=1.0)[0]), abs=1e-3)


def test_images_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="must have one shape"):
        psnr(IMAGE, IMAGE[..., :1])
    with pytest.raises(ValueError, match="at least 11 pixels"):
        ssim(IMAGE[:10], IMAGE[:10])
