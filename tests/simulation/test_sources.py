"""Stars and galaxies: exact fluxes and places."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amsd_astro.simulation import (
    Canvas,
    DiffractionPsf,
    GaussianPsf,
    MoffatPsf,
    Psf,
    SersicGalaxy,
    SpiralGalaxy,
    cluster_positions,
    diffuse_emission,
    power_law,
    render_stars,
)

SHAPE = (201, 201)


def _centroid(image: np.ndarray) -> tuple[float, float]:
    y, x = np.indices(image.shape)
    return float((image * x).sum() / image.sum()), float((image * y).sum() / image.sum())


@pytest.mark.parametrize(
    "psf",
    [GaussianPsf(1.5), MoffatPsf(1.5, beta=2.5), MoffatPsf(3.0, 0.2, 40.0, beta=3.0), DiffractionPsf(1.8)],
    ids=repr,
)
@pytest.mark.parametrize("place", [(100.0, 100.0), (100.37, 99.81), (99.5, 100.5)])
def test_a_star_sums_to_its_flux(psf: Psf, place: tuple[float, float]) -> None:
    image = render_stars(SHAPE, *place, 2.5e4, psf)
    assert image.sum() == pytest.approx(2.5e4, rel=1e-3)
    assert _centroid(image) == pytest.approx(place, abs=5e-3)


def test_a_star_outside_sheds_its_wings_into_the_frame() -> None:
    psf = MoffatPsf(3.0)
    inside = render_stars((60, 80), -4.3, 30.0, 1e6, psf)
    whole = render_stars((60, 120), 15.7, 30.0, 1e6, psf)
    assert inside.sum() > 1e3
    np.testing.assert_allclose(inside, whole[:, 20:100], rtol=1e-9)


def test_stars_add_up_whatever_their_order() -> None:
    rng = np.random.default_rng(1)
    x, y, flux = rng.uniform(0, 60, 200), rng.uniform(0, 60, 200), power_law(rng, 200, 10.0, 1e6, 1.6)
    psf = MoffatPsf(2.5)
    together = render_stars((60, 60), x, y, flux, psf)
    apart = sum(render_stars((60, 60), *star, psf) for star in zip(x, y, flux, strict=True))
    np.testing.assert_allclose(together, apart, rtol=1e-9)


def test_power_law_has_its_slope() -> None:
    flux = power_law(np.random.default_rng(2), 200_000, 1.0, 1e4, 1.8)
    assert flux.min() >= 1.0
    assert flux.max() <= 1e4
    expected = (1.0 - 10.0**-0.8) / (1.0 - 1e4**-0.8)
    assert (flux < 10.0).mean() == pytest.approx(expected, abs=0.005)
    with pytest.raises(ValueError, match="0 < low <= high"):
        power_law(np.random.default_rng(2), 3, 0.0, 1.0, 2.0)


def test_half_a_plummer_sphere_lies_within_its_core_radius() -> None:
    x, y = cluster_positions(np.random.default_rng(3), 50_000, (5.0, -7.0), 20.0, tidal_radius=1e6)
    assert (np.hypot(x - 5.0, y + 7.0) < 20.0).mean() == pytest.approx(0.5, abs=0.01)


@given(
    n=st.floats(0.5, 6.0),
    r_e=st.floats(0.2, 9.0),
    axis_ratio=st.floats(0.12, 1.0),
    angle=st.floats(0.0, 180.0),
    x=st.floats(99.0, 101.0),
    fwhm=st.floats(1.6, 4.0),
)
@settings(max_examples=25, deadline=None)
def test_a_galaxy_sums_to_its_flux(
    n: float, r_e: float, axis_ratio: float, angle: float, x: float, fwhm: float
) -> None:
    canvas = Canvas(SHAPE, GaussianPsf(fwhm))
    SersicGalaxy(x, 100.0, 1000.0, r_e, n, axis_ratio, angle).paint(canvas)
    image = canvas.observe()
    assert image.sum() == pytest.approx(1000.0, rel=2e-3)
    assert _centroid(image) == pytest.approx((x, 100.0), abs=5e-3)


def test_a_gaussian_galaxy_blurred_by_a_gaussian_is_a_gaussian() -> None:
    # Index 0.5: sigma = r_e / sqrt(2 ln 2); variances add, the pixel's 1/12 among them.
    sigma_psf, r_e = 1.6, 4.0
    canvas = Canvas(SHAPE, GaussianPsf(sigma_psf * np.sqrt(8.0 * np.log(2.0))))
    SersicGalaxy(100.3, 99.6, 1000.0, r_e, 0.5).paint(canvas)
    variance = sigma_psf**2 + r_e**2 / (2.0 * np.log(2.0)) + 1.0 / 12.0
    y, x = np.indices(SHAPE)
    expected = np.exp(-((x - 100.3) ** 2 + (y - 99.6) ** 2) / (2.0 * variance)) * (1000.0 / (2.0 * np.pi * variance))
    np.testing.assert_allclose(canvas.observe(), expected, atol=3e-3 * expected.max())


@pytest.mark.parametrize("fwhm", [1.6, 2.9, 4.0])
def test_a_galaxy_smaller_than_a_pixel_is_a_star(fwhm: float) -> None:
    psf = GaussianPsf(fwhm, 0.1, 20.0)
    canvas = Canvas((61, 61), psf)
    SersicGalaxy(30.25, 29.6, 1000.0, 0.03, 1.0, 0.5).paint(canvas)
    star = render_stars((61, 61), 30.25, 29.6, 1000.0, psf)
    np.testing.assert_allclose(canvas.observe(), star, atol=6e-3 * star.max())


def test_the_centre_of_a_cusp_is_integrated() -> None:
    # A de Vaucouleurs core is far narrower than a pixel: moving it within one must not change what the PSF sees.
    psf = MoffatPsf(2.5)
    peaks = []
    for shift in (0.0, 0.21, 0.5):
        canvas = Canvas((81, 81), psf)
        SersicGalaxy(40.0 + shift, 40.0 - shift, 1e5, 3.0, 4.0, 0.7, 30.0).paint(canvas)
        image = canvas.observe()
        # Second moment about the true centre, inside a window.
        y, x = np.indices(image.shape)
        r2 = (x - 40.0 - shift) ** 2 + (y - 40.0 + shift) ** 2
        peaks.append(float((image * np.exp(-r2 / 8.0)).sum()))
    assert max(peaks) / min(peaks) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("scale_length", [4.0, 9.0])
@pytest.mark.parametrize("pitch", [12.0, -25.0])
def test_a_spiral_sums_to_its_flux(scale_length: float, pitch: float) -> None:
    galaxy = SpiralGalaxy(100.0, 100.0, 1e6, scale_length, 50.0, 30.0, pitch=pitch, bar_fraction=0.1, n_hii=60)
    canvas = Canvas(SHAPE, GaussianPsf(3.0))
    galaxy.paint(canvas, np.random.default_rng(4))
    assert canvas.observe().sum() == pytest.approx(1e6, rel=5e-3)


def test_a_spiral_has_arms_and_the_disc_under_them_is_exponential() -> None:
    galaxy = SpiralGalaxy(100.0, 100.0, 1e6, 20.0, 0.0, bulge_fraction=0.0, hii_fraction=0.0)
    canvas = Canvas(SHAPE, GaussianPsf(3.0))
    galaxy.paint(canvas, np.random.default_rng(5))
    image = canvas.observe()
    y, x = np.indices(SHAPE)
    r = np.hypot(x - 100.0, y - 100.0)
    rings = [image[(r > a) & (r < a + 2.0)] for a in (30.0, 50.0)]
    assert rings[0].mean() / rings[1].mean() == pytest.approx(np.e, rel=0.03)
    assert rings[0].std() / rings[0].mean() > 0.3


def test_a_canvas_without_light_shows_none() -> None:
    assert not Canvas((20, 30), MoffatPsf(2.0)).observe().any()


def test_diffuse_emission_has_its_mean() -> None:
    emission = diffuse_emission(np.random.default_rng(6), (64, 80), 12.0)
    assert emission.shape == (64, 80)
    assert emission.min() > 0.0
    assert emission.mean() == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SersicGalaxy(0.0, 0.0, 1.0, 0.0), "r_e"),
        (lambda: SersicGalaxy(0.0, 0.0, 1.0, 1.0, 9.0), "n must"),
        (lambda: SersicGalaxy(0.0, 0.0, 1.0, 1.0, 1.0, 0.0), "axis_ratio"),
        (lambda: SpiralGalaxy(0.0, 0.0, 1.0, -1.0), "scale_length"),
        (lambda: SpiralGalaxy(0.0, 0.0, 1.0, 1.0, bulge_fraction=1.2), "bulge_fraction"),
        (lambda: SpiralGalaxy(0.0, 0.0, 1.0, 1.0, pitch=0.0), "pitch"),
    ],
)
def test_nonsense_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){message}.*Received"):
        make()
