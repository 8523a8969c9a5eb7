"""Resampling: constants, shifts and the covariance of noise."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.simulation import KERNELS, Resampling

SHAPE = (40, 56)


def _resampling(kernel: str, scale: float = 0.9) -> Resampling:
    return Resampling(kernel, SHAPE, scale=scale, shift=(4.3, 4.6))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("scale", [0.7, 1.0, 1.3])
def test_a_constant_comes_out_as_it_was(kernel: str, scale: float) -> None:
    resampling = _resampling(kernel, scale)
    result = resampling.apply(np.full(resampling.input_shape, 1234.5))
    assert result.shape == SHAPE
    np.testing.assert_allclose(result, 1234.5, rtol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_an_inclined_plane_stays_where_it_is(kernel: str) -> None:
    resampling = _resampling(kernel)
    y, x = np.indices(resampling.input_shape)
    result = resampling.apply(3.0 * x - 2.0 * y)
    rows, columns = np.indices(SHAPE)
    expected = 3.0 * (4.6 + 0.9 * columns) - 2.0 * (4.3 + 0.9 * rows)
    tolerance = 1e-9 if kernel in ("bilinear", "cubic") else 1.0  # Lanczos and drizzle ripple about the line
    np.testing.assert_allclose(result, expected, atol=tolerance)
    assert abs(np.mean(result - expected)) < 0.05


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_shift_of_whole_pixels_gives_the_pixels_themselves(kernel: str) -> None:
    image = np.random.default_rng(0).normal(size=(60, 70))
    resampling = Resampling(kernel, SHAPE, shift=(4.0, 3.0), drop=0.5)
    cut = image[: resampling.input_shape[0], : resampling.input_shape[1]]
    np.testing.assert_allclose(resampling.apply(cut), image[4:44, 3:59], atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
def test_variance_and_correlation_are_those_of_resampled_noise(kernel: str) -> None:
    resampling = _resampling(kernel)
    noise = np.random.default_rng(1).normal(size=(1500, *resampling.input_shape))
    result = resampling.apply(noise)
    variance = resampling.variance(np.ones(resampling.input_shape))
    np.testing.assert_allclose(result.var(axis=0), variance, rtol=0.25)
    assert np.mean(result**2) == pytest.approx(variance.mean(), rel=1e-2)
    correlation = resampling.correlation()
    assert correlation[3, 3] == 1.0
    for dy, dx in ((0, 1), (1, 0), (1, 1), (2, 0)):
        product = np.mean(result[:, : SHAPE[0] - dy, : SHAPE[1] - dx] * result[:, dy:, dx:])
        assert correlation[3 + dy, 3 + dx] == pytest.approx(product / np.mean(result**2), abs=0.015)


def test_a_bad_pixel_spoils_what_it_has_a_part_in() -> None:
    resampling = Resampling("bilinear", SHAPE, shift=(4.5, 4.5))
    mask = np.zeros(resampling.input_shape, bool)
    mask[20, 30] = True
    spoiled = np.argwhere(resampling.spread(mask))
    assert {tuple(place) for place in spoiled.tolist()} == {(15, 25), (15, 26), (16, 25), (16, 26)}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"kernel": "nearest"}, "kernel must be one of"),
        ({"scale": 0.0}, "scale must be positive"),
        ({"kernel": "drizzle", "drop": 0.3, "scale": 0.5}, "stay empty"),
        ({"kernel": "lanczos3", "shift": (2.0, 3.0)}, "shift must be 3 or more"),
    ],
)
def test_what_cannot_be_resampled_is_refused(options: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Resampling(**{"kernel": "cubic", "shape": SHAPE, **options})
