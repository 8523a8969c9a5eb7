"""Noise that is smoothed is noise of unit width again, and what it hid is seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro.graphics.smoothing import smoothed_residual

KERNEL = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25])


def correlation(kernel: np.ndarray | None) -> np.ndarray:
    if kernel is None:
        return np.ones((1, 1))
    pairs = ndimage.correlate(np.pad(kernel, 2), kernel, mode="constant")[1:-1, 1:-1]
    return pairs / pairs.max()


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("kernel", [None, KERNEL], ids=["white", "correlated"])
def test_noise_has_unit_width_again(kernel: np.ndarray | None, step: int) -> None:
    noise = np.random.default_rng(4).normal(size=(1200, 1200))
    if kernel is not None:
        noise = ndimage.correlate(noise, kernel, mode="wrap") / np.sqrt(np.sum(kernel**2))
    smoothed = smoothed_residual(noise[::step, ::step], correlation(kernel), step=step)
    inner = smoothed[10:-10, 10:-10]
    assert inner.std() == pytest.approx(1, abs=0.03)
    assert inner.mean() == pytest.approx(0, abs=0.05)


def test_a_faint_trace_of_a_source_is_seen() -> None:
    rows, columns = np.mgrid[:200, :200]
    trace = np.exp(-((rows - 100) ** 2 + (columns - 100) ** 2) / 50)
    noise = np.random.default_rng(5).normal(size=(200, 200))
    smoothed = smoothed_residual(noise + trace, correlation(None))
    assert smoothed[97:104, 97:104].mean() > 3


def test_bad_pixels_stay_bad_and_their_neighbours_are_means_of_good_ones() -> None:
    residual = np.ones((60, 60))
    residual[:, 30] = np.nan
    smoothed = smoothed_residual(residual, correlation(None))
    assert np.array_equal(np.isnan(smoothed), np.isnan(residual))
    level = smoothed[30, 15]
    assert np.nanmin(smoothed) == pytest.approx(level) == np.nanmax(smoothed)
    assert np.all(np.isnan(smoothed_residual(np.full((9, 9), np.nan), correlation(None))))
