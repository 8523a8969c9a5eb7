"""The slope of the variance, where the sky itself is a gradient of moonlight."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro import Frame
from amsd_astro.frames.noise import measure_noise

SHAPE = (384, 400)


@pytest.mark.parametrize(("low", "high"), [(210, 1510), (100, 300), (1000, 2500), (50, 3000)])
@pytest.mark.parametrize("bowl", [False, True])
def test_a_gradient_shows_its_own_slope(low: float, high: float, bowl: bool) -> None:
    rng = np.random.default_rng(low + bowl)
    y, x = np.indices(SHAPE) / 400
    sky = low + (high - low) * (((y - 0.5) ** 2 + (x - 0.5) ** 2) * 2 if bowl else x)
    stars = np.zeros(SHAPE)
    stars[rng.integers(5, 379, 150), rng.integers(5, 395, 150)] = 10 ** rng.uniform(2.4, 5, 150)
    electrons = sky + ndimage.gaussian_filter(stars, 1.4)
    pixels = (rng.poisson(electrons) + rng.normal(0, 5, SHAPE)) / 1.5 + 200
    noise = measure_noise(Frame(pixels))
    assert noise.source == "data"
    assert noise.slope == pytest.approx(1 / 1.5, rel=0.15)
    true = np.sqrt(sky + 25) / 1.5
    ratio = np.sqrt(noise.variance(sky / 1.5 + 200)) / true
    assert np.median(ratio) == pytest.approx(1, abs=0.04)
    assert ratio.min() > 0.75  # before: 0.05 in the darkest sky
