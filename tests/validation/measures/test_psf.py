"""The PSF measured on simulated stars."""

from __future__ import annotations

import numpy as np
import pytest
from validation_frames import Simulated, simulate

from amsd_astro import Frame
from amsd_astro.simulation import GaussianPsf, MoffatPsf, Psf
from amsd_astro.validation.measures.psf import ASSUMED_FWHM, MeasuredPsf, measure_psf
from amsd_astro.validation.measures.sky_map import map_sky
from amsd_astro.validation.measures.stars import find_stars

PSFS = [MoffatPsf(3.0, beta=3.0), MoffatPsf(1.6, beta=2.5), MoffatPsf(2.4, 0.2, 30.0, beta=4.0), GaussianPsf(5.0)]


def drawn(psf: Psf, half: int, dy: float = 0.0, dx: float = 0.0) -> np.ndarray:
    offset = np.arange(-half, half + 1.0)
    image = psf.pixel_integrated((offset - dx)[None, :], (offset - dy)[:, None])
    return image / image.sum()


@pytest.fixture(scope="module", params=PSFS, ids=lambda psf: f"{type(psf).__name__}-{psf.fwhm}")
def true_and_measured(request: pytest.FixtureRequest) -> tuple[Psf, MeasuredPsf]:
    made = simulate(psf=request.param, n_stars=30, bright=3e5, seed=0)
    return request.param, measure_psf(made.frame, made.noise)


def test_psf_of_a_field_is_recovered(true_and_measured: tuple[Psf, MeasuredPsf]) -> None:
    psf, measured = true_and_measured
    assert measured.source == "stars" and measured.n_stars >= 7
    assert measured.model.fwhm == pytest.approx(psf.fwhm, rel=0.03)
    assert measured.fwhm == pytest.approx(np.hypot(psf.fwhm, 0.8), rel=0.04)  # a pixel smears about so much
    assert measured.ellipticity == pytest.approx(psf.ellipticity, abs=0.02)
    true = drawn(psf, measured.half)
    assert np.sqrt(np.sum((measured.image - true) ** 2) / np.sum(true**2)) < 0.07
    assert measured.image.sum() == pytest.approx(1)
    assert np.unravel_index(measured.image.argmax(), true.shape) == (measured.half, measured.half)


def test_stars_are_drawn_where_they_are_wanted(true_and_measured: tuple[Psf, MeasuredPsf]) -> None:
    psf, measured = true_and_measured
    for dy, dx in [(0.0, 0.0), (0.5, -0.3), (-0.25, 0.4)]:
        stamp, true = measured.stamp(dy, dx), drawn(psf, measured.half, dy, dx)
        assert stamp.sum() == pytest.approx(1)
        assert np.abs(stamp - true).max() < 0.05 * true.max()


def test_galaxies_do_not_widen_it() -> None:
    made = simulate(n_stars=40, n_galaxies=40, seed=2)
    measured = measure_psf(made.frame, made.noise)
    assert measured.source == "stars"
    assert measured.model.fwhm == pytest.approx(3.0, rel=0.04)


def test_stars_are_told_from_galaxies_and_hot_pixels() -> None:
    made = simulate(n_stars=25, n_galaxies=30, faint=2e4, seed=6)
    data, rng = made.frame.data.copy(), np.random.default_rng(0)
    for y, x in rng.integers(5, 250, (40, 2)):
        data[y - 1 : y + 2, x - 1 : x + 2] += 2000 * np.array([[0, 0.05, 0], [0.05, 0.8, 0.05], [0, 0.05, 0]])
    stars = find_stars(Frame(data), made.noise, map_sky(made.frame, made.noise))
    assert stars.y.size >= 5
    assert stars.fwhm == pytest.approx(3.3, rel=0.1)  # as that of a Gaussian, by moments
    assert np.ptp(np.log(stars.sigma)) < 0.25
    light = made.truth - 100
    assert (light[np.rint(stars.y).astype(int), np.rint(stars.x).astype(int)] > 100).all()


def test_saturated_stars_and_cosmic_rays_do_not_count() -> None:
    made = simulate(n_stars=50, bright=1e6, seed=4)
    rng = np.random.default_rng(0)
    data = np.minimum(made.frame.data, 4000.0)
    data[rng.integers(0, 256, 60), rng.integers(0, 256, 60)] += 2000
    measured = measure_psf(Frame(data), made.noise)
    assert measured.source == "stars"
    assert measured.model.fwhm == pytest.approx(3.0, rel=0.04)


@pytest.mark.parametrize("stated", [False, True])
def test_stars_that_are_a_little_saturated_do_not_count(stated: bool) -> None:
    made = simulate(n_stars=40, faint=1e4, bright=9e4, seed=8)
    frame = Frame(np.minimum(made.frame.data, 2500.0), header={"SATURATE": 1500.0 if stated else "high"})
    stars = find_stars(frame, made.noise, map_sky(made.frame, made.noise))
    peaks = [
        frame.data[y - 1 : y + 2, x - 1 : x + 2].max()
        for y, x in zip(np.rint(stars.y).astype(int), np.rint(stars.x).astype(int), strict=True)
    ]
    assert len(peaks) >= 5 and max(peaks) < (1400 if stated else 2000)


def test_masked_stars_do_not_count(field: Simulated) -> None:
    masked = Frame(field.frame.data, mask=np.ones((256, 256), bool))
    masked.mask[:40, :40] = False
    assert measure_psf(masked, field.noise).source == "assumed"


def test_a_frame_without_stars_has_a_psf_that_is_assumed(blank: Simulated) -> None:
    measured = measure_psf(blank.frame, blank.noise)
    assert (measured.source, measured.n_stars, measured.model.fwhm) == ("assumed", 0, ASSUMED_FWHM)
    assert measured.image.sum() == pytest.approx(1) and measured.image.shape[0] % 2 == 1


def test_few_stars_still_tell_the_width() -> None:
    made = simulate(psf=MoffatPsf(6.0, beta=3.0), n_stars=3, faint=5e4, bright=2e5, seed=1)
    measured = measure_psf(made.frame, made.noise)
    assert measured.source == "assumed"
    assert measured.fwhm == pytest.approx(6.0, rel=0.15)


def test_the_width_can_be_stated(field: Simulated) -> None:
    measured: MeasuredPsf = measure_psf(field.frame, field.noise, fwhm=4.5)
    assert (measured.source, measured.model.fwhm) == ("stated", 4.5)
    with pytest.raises(ValueError, match="fwhm"):
        measure_psf(field.frame, field.noise, fwhm=-1.0)
