"""The noise of radio maps: correlated over beams of any width, sources between it and structure that fills the map."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro import Frame
from amsd_astro.errors import NoiseWarning
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.beam_noise import beam_sky
from amsd_astro.noise.sky import measure_sky

SHAPE = (256, 288)


def _noise(beam: float, *, seed: int = 0, angle: float = 1.0) -> np.ndarray:
    """Noise of unit width, smoothed by a Gaussian of a FWHM, ``angle`` times narrower along the rows."""
    width = beam / 2.355
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), (width, width / angle), mode="wrap")
    return noise / noise.std()


def _sources(beam: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    width, result = beam / 2.355, np.zeros(SHAPE)
    for peak, y0, x0 in zip(rng.uniform(6, 300, 40), rng.uniform(0, 256, 40), rng.uniform(0, 288, 40), strict=True):
        result += peak * np.exp(-((y - y0) ** 2 + (x - x0) ** 2) / (2 * width**2))
    return result


@pytest.mark.parametrize("beam", [3.0, 4.2, 6.0, 8.0])
def test_width_and_correlation_over_beams(beam: float) -> None:
    pixels = 2.6e-4 * (_noise(beam) + _sources(beam))
    noise = measure_noise(Frame(pixels.astype(np.float32), unit="Jy/beam"))
    assert (noise.slope, noise.source) == (0.0, "unit")
    assert np.sqrt(noise.sky_variance) == pytest.approx(2.6e-4, rel=0.05)
    k = noise.correlation.shape[0] // 2
    expected = np.exp(-(np.arange(k + 1) ** 2) / (4 * (beam / 2.355) ** 2))
    assert noise.correlation[k, k:] == pytest.approx(expected, abs=0.07)
    assert noise.correlation[k:, k] == pytest.approx(expected, abs=0.07)


def test_a_beam_that_is_longer_along_one_axis() -> None:
    correlation = measure_noise(Frame(_noise(7.0, angle=2.0).astype(np.float32), unit="mJy/beam")).correlation
    k = correlation.shape[0] // 2
    assert correlation[k + 2, k] == pytest.approx(np.exp(-1 / (7 / 2.355) ** 2), abs=0.05)
    assert correlation[k, k + 2] == pytest.approx(np.exp(-1 / (3.5 / 2.355) ** 2), abs=0.05)


def test_bad_pixels_do_not_count() -> None:
    pixels = _noise(5.0).astype(np.float32)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    mask = np.hypot(y - 128, x - 144) > 120
    pixels[mask] = np.nan
    noise = measure_noise(Frame(pixels, mask=mask, unit="K"))
    assert np.sqrt(noise.sky_variance) == pytest.approx(1, rel=0.06)


def test_noise_that_is_hardly_correlated_is_left_to_the_finest_band() -> None:
    pixels, mask = _noise(1.5), np.zeros(SHAPE, bool)
    sky = measure_sky(pixels, mask)
    assert beam_sky(pixels, mask, sky) is sky


def test_calm_blocks_amid_structure() -> None:
    envelope = np.where(np.indices(SHAPE)[1] < 110, 0.0, 12.0)
    pixels = _noise(4.0) + envelope * _noise(6.0, seed=5)
    sky = measure_sky(pixels, np.zeros(SHAPE, bool))
    found = beam_sky(pixels, np.zeros(SHAPE, bool), sky)
    assert found is not None
    assert np.sqrt(found.variance) == pytest.approx(1, rel=0.15)


def test_structure_that_fills_a_map_is_told() -> None:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    wide = 300 * np.sin(y / 20) * np.cos(x / 25)
    with pytest.warns(NoiseWarning, match="structure fills the map"):
        measure_noise(Frame((_noise(4.0) + wide).astype(np.float32), unit="Jy/beam"))


def test_a_sample_of_a_large_map_does() -> None:
    rng = np.random.default_rng(2)
    pixels = ndimage.gaussian_filter(rng.normal(size=(2304, 2304)).astype(np.float32), 2.0, mode="wrap")
    with warnings.catch_warnings():
        warnings.simplefilter("error", NoiseWarning)
        noise = measure_noise(Frame(pixels / pixels.std(), unit="Jy/beam"))
    assert np.sqrt(noise.sky_variance) == pytest.approx(1, rel=0.03)
