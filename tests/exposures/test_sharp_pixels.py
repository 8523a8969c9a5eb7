"""Single pixels that no star explains are told from the tops of stars."""

from __future__ import annotations

import numpy as np
import pytest
from made_exposures import Shot, made_exposures

from amsd_astro.exposures.coaddition import align, mean_of
from amsd_astro.exposures.coaddition.sharp_pixels import is_sharper_than_stars
from amsd_astro.simulation import MoffatPsf, render_stars

SHAPE = (120, 140)


@pytest.mark.parametrize("fwhm", [1.6, 2.6, 5.0])
def test_tops_of_stars_are_not_too_sharp_but_hits_on_them_are(fwhm: float) -> None:
    rng = np.random.default_rng(2)
    x, y = (axis.ravel() + rng.uniform(-0.5, 0.5, axis.size) for axis in np.meshgrid(np.arange(10, 130, 20), [30, 90]))
    light = render_stars(SHAPE, x, y, np.full(x.size, 3e4), MoffatPsf(fwhm=fwhm, beta=2.5))
    variance = (light + 300).astype(np.float32)
    noisy = (light + np.sqrt(variance) * rng.standard_normal(SHAPE)).astype(np.float32)
    everywhere = np.ones(SHAPE, bool)
    assert not is_sharper_than_stars(noisy, variance, fwhm, everywhere).any()
    if fwhm > 2:
        row, column = round(y[3]), round(x[3]) + 1
        noisy[row, column] += 2 * light.max()
        found = is_sharper_than_stars(noisy, variance, fwhm, everywhere)
        assert found[row, column] and found.sum() == 1
        noisy[row, column] = np.nan
        assert not is_sharper_than_stars(noisy, variance, fwhm, everywhere).any()


def test_a_hit_beside_a_star_is_found_though_the_other_exposure_is_blurred() -> None:
    """Two exposures, one at double seeing: what the sharper one may show there is uncertain, but its shape is not."""
    extra = np.zeros(SHAPE)
    plain = made_exposures([Shot(fwhm=2.6), Shot(fwhm=5.2)], shape=SHAPE, n_stars=30)
    star = np.flatnonzero((np.abs(plain.stars[0] - 70) < 50) & (np.abs(plain.stars[1] - 60) < 40))[3]
    row, column = round(plain.stars[1, star]) + 3, round(plain.stars[0, star])
    extra[row, column] = 0.3 * plain.expected[0].max()
    made = made_exposures([Shot(fwhm=2.6, extra=extra), Shot(fwhm=5.2)], shape=SHAPE, n_stars=30)
    assert np.isfinite(align(*plain.arguments).values.read(0)[row, column])
    assert np.isnan(align(*made.arguments).values.read(0)[row, column])


def test_where_a_star_is_seen_under_another_seeing_alone_the_error_says_so() -> None:
    plain = made_exposures([Shot(fwhm=2.6), Shot(fwhm=5.2)], shape=SHAPE, n_stars=30)
    inside = (np.abs(plain.stars[0] - 70) < 50) & (np.abs(plain.stars[1] - 60) < 40)
    star = np.flatnonzero(inside)[0]
    row, column = round(plain.stars[1, star]), round(plain.stars[0, star])
    extra = np.zeros(SHAPE)
    extra[row, column] = 5 * plain.expected[0].max()
    made = made_exposures([Shot(fwhm=2.6, extra=extra), Shot(fwhm=5.2)], shape=SHAPE, n_stars=30)
    results = [mean_of(align(*one.arguments)) for one in (plain, made)]
    assert results[1].n_exposures[row, column] == 1
    change = abs(results[1].data - results[0].data)[row, column]
    assert change > 10 * np.sqrt(results[0].noise.variance(results[0].data))[row, column], "of another seeing"
    assert results[1].unsure is not None and change < 3 * results[1].unsure[row, column]
    assert results[0].unsure is None or results[0].unsure[row, column] == 0
