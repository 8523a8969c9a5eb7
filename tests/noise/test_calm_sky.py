"""Where no sky is empty and nothing is stated, the noise is that of the calmest areas; correlated noise stays."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from scipy import ndimage

from amsd_astro.errors import NoiseWarning
from amsd_astro.frames import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.calm_sky import calm_sky
from amsd_astro.noise.sky import measure_sky
from amsd_astro.noise.two_bands import expected_widths, two_bands
from benchmarks.scenes.structured_frames import structured_frame


@pytest.mark.parametrize("seed", [10, 11, 12])
@pytest.mark.parametrize("scene", ["crowded", "crowded, FWHM below 2 px", "nebula"])
def test_structure_of_which_nothing_is_stated_is_not_noise(scene: str, seed: int) -> None:
    made = structured_frame(scene, "nothing", seed)
    with pytest.warns(NoiseWarning, match="no sky is empty: it shows .* times the variance of the calmest areas"):
        noise = measure_noise(made.frame)
    assert noise.source == ("data" if scene == "nebula" else "assumed")
    assert noise.neighbours == (0.0, 0.0)
    assert 0.8 < np.median(np.sqrt(noise.variance(made.truth)) / made.sigma) < 1.15


@pytest.mark.parametrize("stated", ["header", "caller"])
def test_a_gain_goes_with_the_calm_areas_above_a_pedestal(stated: str) -> None:
    made = structured_frame("nebula", "nothing", 13)
    gain = 1 / float(made.model.slope)
    frame = Frame(np.asarray(made.frame.data) + np.float32(900), unit="adu")
    if stated == "header":
        frame.header = fits.Header({"GAIN": gain})
    with pytest.warns(NoiseWarning, match="no sky is empty"):
        noise = measure_noise(frame, stated={"gain": gain} if stated == "caller" else None)
    assert noise.source == stated and noise.slope == pytest.approx(made.model.slope)
    assert 0.85 < np.median(np.sqrt(noise.variance(made.truth + 900)) / made.sigma) < 1.15


def _resampled(rng: np.random.Generator, side: int, kind: str) -> np.ndarray:
    """Correlated noise: even, of uneven depth, or with galaxies."""
    noise = ndimage.uniform_filter(rng.normal(0, 10, (side + 4, side + 4)), 2)[2:-2, 2:-2]
    if kind == "depth":
        noise[:, : side // 3] /= 2
    if kind == "galaxies":
        y, x = np.mgrid[:side, :side]
        for _ in range(side**2 // 700):
            cy, cx = rng.uniform(0, side, 2)
            noise += 10 * rng.pareto(1) * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 2 / rng.uniform(1.2, 3) ** 2)
    return noise.astype(np.float32)


@pytest.mark.parametrize("side", [240, 330])
@pytest.mark.parametrize("kind", ["even", "depth", "galaxies"])
def test_correlated_noise_is_no_structure(kind: str, side: int) -> None:
    rng = np.random.default_rng(14)
    for _ in range(5):
        data = _resampled(rng, side, kind)
        mask = np.zeros(data.shape, bool)
        sky = measure_sky(data, mask)
        assert sky.correlation.shape[0] > 1, "else nothing is asked"
        assert calm_sky(data, mask, sky) is None


def test_radio_maps_keep_what_was_measured() -> None:
    made = structured_frame("crowded", "nothing", 15)
    made.frame.unit = u.Jy / u.beam
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert measure_noise(made.frame).source == "unit"


def test_constant_areas_are_not_the_calmest() -> None:
    made = structured_frame("crowded", "nothing", 16)
    data = np.array(made.frame.data)
    mask = np.zeros(data.shape, bool)
    sky = measure_sky(data, mask)
    data[100:170, 60:140] = 0
    with_hole, without = calm_sky(data, mask, sky), calm_sky(np.asarray(made.frame.data), mask, sky)
    assert with_hole is not None and without is not None
    assert with_hole.variance == pytest.approx(without.variance, rel=0.15)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_constant_halves_do_no_harm(share: float) -> None:
    rng = np.random.default_rng(18)
    data = _resampled(rng, 330, "even")
    mask = np.zeros(data.shape, bool)
    sky = measure_sky(data, mask)
    data[: int(share * 330)] = 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert calm_sky(data, mask, sky) is None


def test_the_bands_have_the_widths_that_are_expected() -> None:
    rng = np.random.default_rng(17)
    white = rng.normal(size=(700, 700))
    assert expected_widths(np.ones((1, 1))) == pytest.approx((1, 1))
    assert [band.std() for band in two_bands(white)] == pytest.approx([1, 1], rel=0.02)
    correlation = np.array([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]])
    widths = [band.std() for band in two_bands(2 * ndimage.uniform_filter(white, 2))]
    assert widths == pytest.approx(expected_widths(correlation), rel=0.02)
    wide = np.zeros((13, 13))
    wide[5:8, 5:8] = correlation
    assert expected_widths(wide) == pytest.approx(expected_widths(correlation))
