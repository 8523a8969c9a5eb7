"""Stars of made exposures: found, measured as well as their noise allows, and nothing else taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from scipy.spatial import KDTree
from star_fields import affine, expose, random_field

from amsd_astro.exposures.exposure import Exposure, open_exposure
from amsd_astro.exposures.stars.psf_tables import tabulate
from amsd_astro.exposures.stars.star_fits import fit_stars
from amsd_astro.frames import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation.psf import MoffatPsf
from amsd_astro.validation.measures.psf import MeasuredPsf

SHAPE = (360, 440)


def opened(seed: int, **options: float) -> tuple[Exposure, np.ndarray, np.ndarray]:
    """An exposure, the number of the true star of each of its own, and the distances."""
    field = random_field(seed, 80, SHAPE, low=2000.0)
    frame = expose(field, SHAPE, affine(SHAPE), seed=seed, **options)  # type: ignore[arg-type]
    exposure = open_exposure(frame, name="a")
    tree = KDTree(np.column_stack([field.x, field.y]))
    places = np.column_stack([exposure.stars.x, exposure.stars.y])
    distance, nearest = tree.query(places)
    alone = tree.query(places, k=2)[0][:, 1] > 5 * exposure.fwhm
    off = np.stack([exposure.stars.x - field.x[nearest], exposure.stars.y - field.y[nearest]])
    ratio = exposure.stars.flux / field.flux[nearest]
    return exposure, np.stack([distance, alone, ratio]), off


@pytest.mark.parametrize("fwhm", [1.8, 3.0, 6.0])
def test_positions_and_fluxes_are_as_good_as_claimed(fwhm: float) -> None:
    pulls, ratios = [], []
    for seed in range(3):
        exposure, (distance, alone, ratio), off = opened(seed, fwhm=fwhm, n_hot=30)
        stars = exposure.stars
        assert np.count_nonzero(distance > 0.7 * exposure.fwhm + 1) <= 1  # hot pixels are no stars
        assert len(stars) > 25
        assert np.all(np.diff(stars.flux) <= 0)
        kept = (distance < 1.5) & (alone > 0)
        pulls.append((off / stars.error)[:, kept].ravel())
        ratios.append(ratio[kept & (stars.flux > 50 * stars.flux_error)])
        assert exposure.fwhm == pytest.approx(np.hypot(fwhm, 0.7), rel=0.08)
        assert np.median(stars.fwhm[kept]) == pytest.approx(exposure.fwhm, rel=0.05)
    pull = np.concatenate(pulls)
    assert 0.75 < 1.4826 * np.median(np.abs(pull)) < 1.4
    assert np.mean(np.abs(pull) > 4) < 0.02
    # the wings of wide PSFs are badly seen: growth curves see to them where exposures are compared
    assert np.median(np.concatenate(ratios)) == pytest.approx(1.0, abs=0.03 if fwhm < 4 else 0.07)


def test_errors_are_near_the_least_that_is_possible() -> None:
    exposure, _, _ = opened(1, fwhm=3.0)
    faint = exposure.stars[exposure.stars.flux < 20 * exposure.stars.flux_error]
    # King 1983: of a Gaussian star on a bright sky, sigma / signal to noise; a Moffat star's core is sharper
    limit = exposure.fwhm / 2.3548 * faint.flux_error / faint.flux * np.sqrt(2)
    assert 0.6 < np.median(faint.error / limit) < 1.2


def test_saturated_stars_keep_their_places() -> None:
    field = random_field(2, 60, SHAPE, low=3000.0)
    frame = expose(field, SHAPE, affine(SHAPE), seed=2)
    cut = Frame(np.minimum(frame.data, 1500.0), unit="adu")
    stars = open_exposure(cut, name="a").stars
    whole = open_exposure(frame, name="b").stars
    distance, nearest = KDTree(np.column_stack([whole.x, whole.y])).query(np.column_stack([stars.x, stars.y]))
    same = (distance < 1) & (whole.flux[nearest] > 2.5e4)  # peaks above 1500
    assert np.count_nonzero(same) >= 5
    assert np.all(distance[same] < 5 * stars.error[same] + 0.02)
    assert np.median(np.abs(stars.flux[same] / whole.flux[nearest][same] - 1)) < 0.05


def test_bad_pixels_cost_a_star_nothing_but_noise() -> None:
    field = random_field(2, 60, SHAPE, low=3000.0)
    frame = expose(field, SHAPE, affine(SHAPE), seed=2)
    data, rng = frame.data.copy(), np.random.default_rng(1)
    bad = rng.random(SHAPE) < 0.01
    data[bad] = rng.choice([np.nan, 60_000.0, -500.0], np.count_nonzero(bad))
    stars = open_exposure(Frame(data, mask=bad, unit="adu"), name="a").stars
    assert len(stars) > 30
    tree = KDTree(np.column_stack([field.x, field.y]))
    assert np.mean(tree.query(np.column_stack([stars.x, stars.y]))[0] < 5 * stars.error + 0.05) > 0.9


def test_blank_and_tiny_exposures_have_no_stars() -> None:
    noise = np.random.default_rng(1).normal(100, 5, (64, 64)).astype(np.float32)
    for data in (noise, noise[:12, :12], np.full((40, 40), 7.0)):
        exposure = open_exposure(Frame(data, header=fits.Header()), name="a")
        assert len(exposure.stars) == 0 and np.isnan(exposure.fwhm)


def test_tables_draw_the_psf_and_its_slopes() -> None:
    model = MoffatPsf(2.0, 0.1, 20.0, beta=3.0)
    pixels = np.arange(-10.0, 11.0)
    image = model.pixel_integrated(pixels[None, :], pixels[:, None])
    tables = tabulate(MeasuredPsf(image / image.sum(), 2.2, 0.1, 0, "stated", model), 8)
    dx, dy, near = np.array([0.3, -0.45]), np.array([-0.2, 0.1]), np.arange(-5.0, 6.0)
    light, by_x, by_y = tables.drawn(dx, dy, 5)
    for k in range(2):

        def exact(x: float, y: float) -> np.ndarray:
            return model.pixel_integrated(near[None, :] - x, near[:, None] - y) / image.sum()

        top = exact(0, 0).max()
        np.testing.assert_allclose(light[k], exact(dx[k], dy[k]), atol=2e-3 * top)
        slope_x = (exact(dx[k] + 0.01, dy[k]) - exact(dx[k] - 0.01, dy[k])) / 0.02
        slope_y = (exact(dx[k], dy[k] + 0.01) - exact(dx[k], dy[k] - 0.01)) / 0.02
        np.testing.assert_allclose(by_x[k], slope_x, atol=1e-2 * top)
        np.testing.assert_allclose(by_y[k], slope_y, atol=1e-2 * top)


def test_light_beside_the_stars_that_show_the_psf_moves_none() -> None:
    model = MoffatPsf(3.0, 0.2, 20.0, beta=3.0)
    pixels = np.arange(-10.0, 11.0)
    x, y = pixels[None, :], pixels[:, None]
    star = model.pixel_integrated(x, y)
    beside = 0.02 * star.max() * np.exp(-((x - 2) ** 2 + (y + 1) ** 2) / 4)
    tables = tabulate(MeasuredPsf((star + beside) / (star + beside).sum(), 3.2, 0.2, 40, "stars", model), 8)
    light = 100 * model.pixel_integrated(x - 0.3, y + 0.2)
    fits = fit_stars(light, np.zeros((21, 21), bool), NoiseModel(0.0, 1.0, 0.0), tables, np.array([10]), np.array([10]))
    assert np.hypot(fits.x[0] - 10.3, fits.y[0] - 9.8) < 0.005
