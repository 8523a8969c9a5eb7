"""Images of single photons: their noise is known from their mean, and its width after the transform, too."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro import Frame, NoiseModel
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.few_photons import variance_of_few
from amsd_astro.noise.photon_counts import counted_sky
from amsd_astro.noise.stabilization import Stabilizer

SHAPE = (240, 200)
UNMASKED = np.zeros(SHAPE, bool)


def _events(mean: float, *, seed: int = 0) -> np.ndarray:
    """Counts of an even sky, with a few sources."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    rng = np.random.default_rng(seed)
    expected = np.full(SHAPE, mean)
    for flux, y0, x0 in zip(rng.uniform(20, 400, 12), rng.uniform(0, 240, 12), rng.uniform(0, 200, 12), strict=True):
        expected += flux / (2 * np.pi * 1.5**2) * np.exp(-((y - y0) ** 2 + (x - x0) ** 2) / (2 * 1.5**2))
    return rng.poisson(expected)


@pytest.mark.parametrize("mean", [0.016, 0.09, 0.5, 2.0])
@pytest.mark.parametrize("unit", [1.0, 1 / 1600, 250.0])
def test_counts_are_known_whatever_their_unit(mean: float, unit: float) -> None:
    noise = measure_noise(Frame((_events(mean) * unit).astype(np.float32)))
    assert noise.slope == pytest.approx(unit, rel=1e-6)
    assert noise.floor == pytest.approx(0, abs=1e-6 * unit**2)
    assert noise.sky == pytest.approx(mean * unit, rel=0.1)
    assert noise.sky_variance == pytest.approx(noise.sky * unit, rel=1e-6)
    assert (noise.source, noise.correlation.shape) == ("data", (1, 1))


def test_bad_pixels_do_not_count() -> None:
    counts = _events(0.09).astype(np.float32)
    mask = UNMASKED.copy()
    mask[50:60] = True
    counts[mask] = -7.3
    assert measure_noise(Frame(counts, mask=mask)).sky == pytest.approx(0.09, rel=0.1)


def test_a_whole_model_stays_as_it_is_but_for_its_sky() -> None:
    noise = measure_noise(Frame(_events(0.09).astype(np.float32)), stated=NoiseModel(slope=1.0, floor=0.01, sky=5.0))
    assert (noise.slope, noise.floor) == (1.0, 0.01)
    assert noise.sky == pytest.approx(0.09, rel=0.1)


@pytest.mark.parametrize(
    ("what", "pixels"),
    [
        ("negative", _events(0.09) - 1),
        ("not whole", _events(0.09) * np.random.default_rng(1).uniform(0.5, 1, SHAPE)),
        ("many", _events(40.0)),
        ("amplified", 3 * _events(0.09) + (_events(0.5, seed=2) > 3)),
        ("codes", np.where(_events(0.05) > 0, 16, 0) + np.where(np.indices(SHAPE)[0] < 20, 1, 0)),
        ("flags", np.where(_events(0.02, seed=3) > 0, 4, 0) + np.where(np.indices(SHAPE)[0] < 1, 2, 0)),
        ("nothing", np.zeros(SHAPE)),
    ],
)
def test_what_is_no_photon_counts(what: str, pixels: np.ndarray) -> None:
    assert counted_sky(pixels.astype(np.float32), UNMASKED) is None, what


@pytest.mark.parametrize("read_noise", [0.0, 0.4])
def test_the_width_of_few_photons_after_the_transform(read_noise: float) -> None:
    stabilizer = Stabilizer(0.5, (0.5 * read_noise) ** 2, 0.05)
    variance = variance_of_few(stabilizer, 0.05)
    assert variance is not None
    rng = np.random.default_rng(3)
    for photons in (0.02, 0.3, 2.0, 30.0):
        drawn = stabilizer.forward(0.5 * (rng.poisson(photons, 400_000) + rng.normal(0, read_noise, 400_000)))
        assert variance(np.array([drawn.mean(dtype=np.float64)]))[0] == pytest.approx(np.var(drawn), rel=0.03)


def test_the_width_is_one_where_photons_are_many() -> None:
    assert variance_of_few(Stabilizer(0.5, 0.0, 100.0), 100.0) is None
    assert variance_of_few(Stabilizer(0.0, 4.0, 0.1), 0.1) is None
    assert variance_of_few(Stabilizer(1.0, np.zeros((3, 3)), 0.1), 0.1) is None
