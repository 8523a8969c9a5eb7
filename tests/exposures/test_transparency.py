"""Transparency where stars do not tell it: by galaxies and nebulae, by the headers, by nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from made_exposures import Shot, made_exposures
from star_fields import GAIN, READ_NOISE, SKY

from amsd_astro.exposures.bright_structure import compare_structure
from amsd_astro.exposures.exposure import Exposure, open_exposure
from amsd_astro.exposures.placing.grid_maps import IDENTITY, GridMap
from amsd_astro.exposures.robust_means import extra_scatter, mean_share, robust_mean, weighted_median
from amsd_astro.exposures.same_apertures import compare_apertures
from amsd_astro.exposures.stars.growth_curves import GrowthCurve
from amsd_astro.exposures.stars.star_catalogues import StarCatalogue
from amsd_astro.exposures.transparency import measure_scale
from amsd_astro.frames import Frame
from amsd_astro.simulation import MoffatPsf

SHAPE = (240, 280)
NONE = np.zeros(0, np.int64)


def exposure(seed: int, *, peak: float, shift: float = 0.0, size: float = 30.0, **cards: float) -> Exposure:
    """A round nebula, seen through more or less air."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    light = peak * np.exp(-((x - 140 - shift) ** 2 + (y - 120) ** 2) / (2 * size**2))
    data = (rng.poisson(GAIN * (SKY + light)) + READ_NOISE * rng.standard_normal(SHAPE)) / GAIN
    header = fits.Header({"GAIN": GAIN, **cards} if cards else {})
    return open_exposure(Frame(data.astype(np.float32), unit="adu", header=header), name=f"exposure {seed}")


def test_bright_structure_tells_the_transparency() -> None:
    grid = GridMap(SHAPE, IDENTITY + np.array([[0, 0, 6.4], [0, 0, 0]]))
    pulls = []
    for seed in range(6):
        one, other = exposure(2 * seed, peak=100.0), exposure(2 * seed + 1, peak=60.0, shift=6.4)
        found = compare_structure(one, other, grid)
        assert found is not None
        scale, error = found
        assert scale == pytest.approx(0.6, abs=0.03)
        assert error < 0.02
        assert measure_scale(one, other, grid, NONE, NONE) == found
        pulls.append((scale - 0.6) / error)
    assert np.sqrt(np.mean(np.square(pulls))) < 2.0


def test_headers_tell_where_nothing_is_bright() -> None:
    one, other = exposure(1, peak=0.0, EXPTIME=30.0), exposure(2, peak=0.0, EXPTIME=60.0)
    scale, error = measure_scale(one, other, GridMap(SHAPE), NONE, NONE)
    assert scale == pytest.approx(2.0) and error == pytest.approx(0.2)
    for bare in (exposure(3, peak=0.0), exposure(4, peak=0.0, NOTHING=1.0)):
        assert measure_scale(one, bare, GridMap(SHAPE), NONE, NONE) == (1.0, 1.0)


@pytest.mark.parametrize(("error", "off"), [(0.004, 0.20), (0.1, 0.024)])
def test_apertures_correct_fluxes_as_far_as_they_are_known(error: float, off: float) -> None:
    """Two dozen stars among galaxies may show a fifth of light that is not theirs; a fifth that is theirs stands."""
    stars = StarCatalogue(*(np.linspace(1, 200, 24) for _ in range(2)), *(np.full(24, one) for one in (0.1, 9, 0.1, 3)))
    bare = exposure(0, peak=0.0)
    one, other = (
        replace(
            bare,
            stars=stars,
            fwhm=3.0,
            growth=GrowthCurve(np.array([3.0, 15.0]), np.full(2, share), np.full(2, error), MoffatPsf(3.0, beta=3.0)),
        )
        for share in (1.0, 1.2)
    )
    every = np.arange(24)
    scale, scale_error = measure_scale(one, other, GridMap(SHAPE), every, every)
    assert scale == pytest.approx(1 + off, abs=0.01)
    assert abs(scale - 1.0 - off) < scale_error < 0.06


@pytest.mark.parametrize(("fwhm", "off"), [(3.0, 0.006), (4.2, 0.015)])
def test_stars_in_apertures_tell_the_transparency(fwhm: float, off: float) -> None:
    """Fluxes by PSF that are off by 3 per cent, as a wrong profile has them, are put right by what apertures hold."""
    made = made_exposures([Shot(), Shot((0.4, -0.3), scale=1.3, fwhm=fwhm)], seed=3, n_stars=40)
    grid = made.placements[1].grid
    here, there = (replace(one, growth=curve_of(one.fwhm)) for one in made.exposures)
    x, y = grid.to_exposure(here.stars.x, here.stars.y)
    near = np.hypot(x[:, None] - there.stars.x, y[:, None] - there.stars.y) < 0.1
    first, second = np.nonzero(near)
    found = compare_apertures(here, there, grid, here.stars[first], there.stars[second])
    assert found is not None
    assert abs(found[0] / 1.3 - 1) < min(off, 3 * found[1])
    wrong = replace(there, stars=replace(there.stars, flux=1.03 * there.stars.flux))
    scale, error = measure_scale(here, wrong, grid, first, second)
    assert abs(scale / 1.3 - 1) < 0.015 and error < 0.02


def curve_of(fwhm: float) -> GrowthCurve:
    return GrowthCurve(fwhm * np.array([1.0, 5.0]), np.ones(2), np.full(2, 0.02), MoffatPsf(fwhm, beta=3.0))


def test_too_few_or_spoilt_stars_tell_nothing_by_apertures() -> None:
    made = made_exposures([Shot(), Shot()], n_stars=4)
    one, other = made.exposures
    assert compare_apertures(one, other, made.placements[1].grid, one.stars, other.stars) is None
    bad = np.ones((200, 220), bool)
    one, other = made_exposures([Shot(), Shot(mask=bad)], n_stars=40).exposures
    assert compare_apertures(one, other, made.placements[1].grid, one.stars, other.stars) is None


def test_means_are_robust_and_their_errors_honest() -> None:
    rng = np.random.default_rng(1)
    pulls = []
    for _ in range(200):
        errors = rng.uniform(0.5, 3.0, 30)
        values = 7 + np.hypot(errors, 1.0) * rng.standard_normal(30)  # more scatter than the errors say
        values[:5] += rng.uniform(10, 100, 5)
        mean, error = robust_mean(values, errors)
        pulls.append((mean - 7) / error)
    assert np.abs(np.mean(pulls)) < 0.7
    assert 0.7 < np.std(pulls) < 1.4
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 5.0])) == 2.0
    assert extra_scatter(rng.normal(0, 1, 4000), np.full(4000, 0.6), 0) == pytest.approx(0.8, abs=0.06)
    assert extra_scatter(rng.normal(0, 1, 4000), np.full(4000, 2.0), 0) == 0.0


@pytest.mark.parametrize(("common", "better"), [(0.0, 0.5), (0.03, 1.0)])
def test_light_of_neighbours_spoils_no_share_of_bright_sources(common: float, better: float) -> None:
    """A neighbour adds the same light to any source: to the faint ones, which are most, a larger share."""
    rng = np.random.default_rng(4)
    off, errors_told, plain = [], [], []
    for _ in range(100):
        fluxes = 2000 * rng.uniform(0.01, 1.0, 60) ** -1.6  # as those of stars
        errors = 100 / fluxes
        spoilt = rng.exponential(3000, 60) * (rng.random(60) < 0.6)
        spoilt -= np.median(spoilt)  # the local level takes what is usual
        shares = 0.9 + np.hypot(errors, common) * rng.standard_normal(60) + spoilt / fluxes
        mean, error = mean_share(shares, errors, fluxes)
        off.append(mean - 0.9)
        errors_told.append(error)
        plain.append(robust_mean(shares, errors)[0] - 0.9)
    off, plain = np.array(off), np.array(plain)
    assert np.sqrt(np.mean((off / errors_told) ** 2)) < 2.0
    assert np.sqrt(np.mean(off**2)) < better * np.sqrt(np.mean(plain**2))


def test_a_few_bright_sources_near_saturation_do_not_rule_the_mean() -> None:
    """On a real night the three brightest of 250 stars were 11 to 16 % too faint, all others alike."""
    rng = np.random.default_rng(6)
    fluxes = 1000 * rng.uniform(0.01, 1.0, 250) ** -1.0
    fluxes[:3] = 93_000, 70_000, 51_000
    errors = 0.01 + 30 / fluxes
    shares = 0.99 + errors * rng.standard_normal(250)
    shares[:3] -= 0.12, 0.15, 0.10
    mean, error = mean_share(shares, errors, fluxes)
    assert error < 0.004
    assert mean == pytest.approx(0.99, abs=3 * error)
