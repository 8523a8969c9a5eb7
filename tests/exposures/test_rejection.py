from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_exposures import Shot, made_exposures

from amsd_astro.exposures.coaddition import align, mean_of
from amsd_astro.frames.masks import FLAG_REJECTED, FLAG_VARIABLE
from amsd_astro.simulation import draw_cosmic_rays

SHAPE = (200, 220)
INNER = (slice(12, -12), slice(12, -12))


def shots(n: int, **more: object) -> list[Shot]:
    rng = np.random.default_rng(4)
    turned = [Shot(tuple(rng.uniform(-4, 4, 2)), float(rng.uniform(-1, 1)), **more) for _ in range(n - 1)]
    return [Shot(**more), *turned]


def with_rays(shot: Shot, seed: int) -> Shot:
    return replace(shot, extra=draw_cosmic_rays(np.random.default_rng(seed), SHAPE, 25))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_cosmic_rays_are_gone_or_flagged(n: int) -> None:
    hit = made_exposures([with_rays(shot, k) for k, shot in enumerate(shots(n))])
    clean = made_exposures(shots(n))
    result, ideal = mean_of(align(*hit.arguments)), mean_of(align(*clean.arguments))
    left = np.abs(result.data - ideal.data) / np.sqrt(ideal.noise.variance(clean.expected[0]))
    assert np.count_nonzero((left > 5)[INNER] & ~(result.flags > 0)[INNER]) == 0
    assert np.count_nonzero((left > 5)[INNER]) < 25
    assert all(0.001 < share < 0.02 for share in result.rejected)
    assert max(ideal.rejected) < 0.003


def test_a_trail_is_left_out() -> None:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    trail = 60 * np.exp(-((y - 0.4 * x - 40) ** 2) / (2 * 1.5**2))  # 3 sigma a pixel
    taken = shots(4)
    made = made_exposures([taken[0], replace(taken[1], extra=trail), *taken[2:]])
    result, ideal = mean_of(align(*made.arguments)), mean_of(align(*made_exposures(taken).arguments))
    on_trail = trail > 40
    kept = np.isfinite(align(*made.arguments).values.read(1)[INNER])
    assert result.rejected[1] > 0.02 > 10 * result.rejected[0]
    assert kept[on_trail[INNER]].mean() < 0.35  # the places of the exposure, a few pixels from those of the reference
    assert abs(np.mean((result.data - ideal.data)[on_trail])) < 2


@pytest.mark.parametrize("seeing", [(2.6, 3.2, 4.1, 3.0, 5.2), (2.6, 3.7, 4.1, 5.2)])
def test_stars_under_other_seeing_are_not_rejected(seeing: tuple[float, ...]) -> None:
    n = len(seeing)
    taken = [replace(shot, fwhm=fwhm) for shot, fwhm in zip(shots(n), seeing, strict=True)]
    made = made_exposures(taken)
    result = mean_of(align(*made.arguments))
    assert max(result.rejected) < 0.003
    x, y = np.rint(made.stars[:2]).astype(int)
    inside = (x > 15) & (x < SHAPE[1] - 15) & (y > 15) & (y < SHAPE[0] - 15)
    assert np.mean(result.n_exposures[y[inside], x[inside]] == n) > 0.9


def test_of_two_the_higher_value_is_the_blemish() -> None:
    extra = np.zeros(SHAPE)
    extra[100, 50] = 2000
    made = made_exposures([Shot(), Shot(extra=extra)], n_stars=0)
    stack = align(*made.arguments)
    assert np.isnan(stack.values.read(1)[100, 50]) and np.isfinite(stack.values.read(0)[100, 50])
    assert mean_of(stack).flags[100, 50] & FLAG_REJECTED
    assert mean_of(stack).variables == ()


def test_of_two_the_other_stands_in_without_its_own_blemishes() -> None:
    """A cosmic ray beside a trail: where the trail is left out, the ray of the other is not what is put there."""
    trail, ray = np.zeros(SHAPE), np.zeros(SHAPE)
    trail[99:102], ray[97:99, 40::25] = 150, 20000
    shots = [Shot(extra=ray), Shot((0.4, 0.3), extra=trail)]
    stack = align(*made_exposures(shots, n_stars=0).arguments)
    assert stack.rejected[1] > 0.01 and np.isnan(stack.values.read(0)[97, 40])
    assert np.nanmax(mean_of(stack).data) < 300 + 8 * np.sqrt(325)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.4, 0.3)])
def test_of_two_blemishes_that_meet_none_is_left(shift: tuple[float, float]) -> None:
    """Where both are hit, the lower value is above the sky, too, and nothing else tells it."""
    first, second = np.zeros(SHAPE), np.zeros(SHAPE)
    first[40:160, 99:102], second[99:102, 40:160] = 400, 300  # a cross
    first[60, 20:40:6], second[60, 20:40:6] = 9000, 3000  # ray in ray
    made = made_exposures([Shot(extra=first), Shot(shift, extra=second)], n_stars=0)
    result = mean_of(align(*made.arguments))
    assert np.nanmax(result.data) < 300 + 8 * np.sqrt(325)
    assert result.mask[100, 100] and result.mask[60, 20]


def test_of_two_what_one_does_not_show_is_kept_of_the_other() -> None:
    """Beyond the edge of an exposure, and where it is bad, the other's stars are not taken for blemishes."""
    made = made_exposures([Shot(), Shot((30.0, 0.0))])
    result = mean_of(align(*made.arguments))
    assert np.mean(result.mask) < 0.001 and max(result.rejected) < 0.003


def test_a_trail_that_comes_and_goes_is_left_out_with_its_faint_parts() -> None:
    shape = (240, 660)
    y, x = np.mgrid[: shape[0], : shape[1]]
    along = np.maximum(np.cos(2 * np.pi * x / 50), 0.0) ** 2
    trail = 250 * along * np.exp(-((y - 0.3 * x - 30) ** 2) / (2 * 1.3**2))
    made = made_exposures([Shot(), Shot((0.3, 0.2), extra=trail)], shape=shape, n_stars=0)
    stack = align(*made.arguments)
    lost = np.isnan(stack.values.read(1))
    assert lost[(np.abs(y - 0.3 * x - 30) < 2) & (x > 20) & (x < 640)].mean() > 0.95


def test_a_hot_pixel_moves_over_the_sky_and_is_left_out() -> None:
    extra = np.zeros(SHAPE)
    extra[80, 90] = 300
    made = made_exposures([replace(shot, extra=extra) for shot in shots(4)])
    stack = align(*made.arguments)
    result, ideal = mean_of(stack), mean_of(align(*made_exposures(shots(4)).arguments))
    assert np.nanmax(np.abs(result.data - ideal.data)[70:90, 80:100]) < 5 * np.sqrt(325 / 4)


def test_a_single_exposure_is_left_as_it_is() -> None:
    made = made_exposures([Shot()])
    result = mean_of(align(*made.arguments))
    assert np.allclose(result.data, made.reference.load().data, rtol=1e-6) and result.rejected == (0.0,)


def noise_of_a_star(fwhm: float = 3.0) -> float:
    return float(np.sqrt(325 * 2.27) * fwhm)


def test_a_star_that_varies_is_listed_and_kept() -> None:
    flux = 50 * noise_of_a_star()
    factors = 1 + 0.2 * np.random.default_rng(3).normal(size=8)
    taken = [replace(shot, stars=((71.3, 150.6, flux * f),)) for shot, f in zip(shots(8), factors, strict=True)]
    made = made_exposures(taken)
    stars = made.reference.stars
    known = replace(
        stars,
        **{name: np.append(getattr(stars, name), value) for name, value in (("x", 71.3), ("y", 150.6))},
        **{name: np.append(getattr(stars, name), flux) for name in ("error", "flux", "flux_error", "fwhm")},
    )
    made.exposures[0] = replace(made.reference, stars=known)
    stack = align(*made.arguments)
    found = [one for one in stack.variables if np.hypot(one.x - 71.3, one.y - 150.6) < 1]
    assert len(found) == 1 and len(stack.variables) <= 2 and found[0].significance > 8
    assert np.corrcoef(found[0].fluxes, factors)[0, 1] > 0.95
    result = mean_of(stack)
    assert result.flags[151, 71] & FLAG_VARIABLE and result.n_exposures[151, 71] >= 7
    assert stack.stars is not None
    z = (stack.stars.fluxes - np.nanmean(stack.stars.fluxes, axis=0)) / stack.stars.errors
    assert 0.6 < np.nanstd(z[:, :-1]) < 1.2


@pytest.mark.parametrize("step", [2, 5, 20])
def test_an_asteroid_is_listed(step: float) -> None:
    flux = 10 * noise_of_a_star()
    places = [(20.3 + step * k, 90.2 + 0.3 * step * k) for k in range(8)]
    taken = [replace(shot, stars=((*place, flux),)) for shot, place in zip(shots(8), places, strict=True)]
    stack = align(*made_exposures(taken, n_stars=25).arguments)
    near = [min(np.hypot(one.x - x, one.y - y) for x, y in places) < 3 for one in stack.variables]
    assert sum(near) >= 2 and len(near) - sum(near) <= 1
    assert sum(bool(stack.flags[round(y), round(x)]) for x, y in places) >= 3
