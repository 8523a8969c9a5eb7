"""Sources put into a frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy.nddata import StdDevUncertainty
from photutils.aperture import CircularAperture, aperture_photometry
from scipy.spatial.distance import pdist
from validation_frames import Simulated, simulate

from amsd_astro import Frame, NoiseModel
from amsd_astro.simulation import Resampling, SersicGalaxy, observe_sources
from amsd_astro.validation.measures.galaxy_stamps import galaxy_stamp
from amsd_astro.validation.measures.injection import Injection, inject, plan_injection
from amsd_astro.validation.measures.model_noise import draw_noise
from amsd_astro.validation.measures.psf import MeasuredPsf, measure_psf
from amsd_astro.validation.measures.sky_map import map_sky


@pytest.fixture(scope="module")
def psf(field: Simulated) -> MeasuredPsf:
    return measure_psf(field.frame, field.noise)


@pytest.fixture(scope="module")
def plan(field: Simulated, psf: MeasuredPsf) -> Injection:
    return plan_injection(field.frame, field.noise, psf, seed=1)


def test_sources_stand_where_nothing_else_does(field: Simulated, psf: MeasuredPsf, plan: Injection) -> None:
    sky = map_sky(field.frame, field.noise, fwhm=psf.fwhm)
    row, column = np.rint(plan.y).astype(int), np.rint(plan.x).astype(int)
    reach = round(1.5 * psf.fwhm)
    assert plan.n_crowded == 0 and plan.y.size >= 30
    for y, x in zip(row, column, strict=True):
        assert sky.significance[y - reach : y + reach + 1, x - reach : x + reach + 1].max() < 4
    assert pdist(np.column_stack([plan.y, plan.x])).min() >= 5 * psf.fwhm
    assert min(row.min(), column.min()) > 4 * psf.fwhm
    assert max(row.max(), column.max()) < 255 - 4 * psf.fwhm


def test_sources_stay_away_from_bad_pixels(field: Simulated, psf: MeasuredPsf) -> None:
    mask = np.zeros((256, 256), bool)
    mask[:, 100:140] = True
    frame = Frame(field.frame.data, mask=mask)
    plan = plan_injection(frame, field.noise, psf, seed=1)
    assert plan.y.size > 10
    assert not np.any((plan.x > 100 - psf.fwhm) & (plan.x < 139 + psf.fwhm))


def test_kinds_fluxes_and_sizes_are_spread_as_promised(field: Simulated, psf: MeasuredPsf) -> None:
    plan = plan_injection(field.frame, field.noise, measure_psf(field.frame, field.noise, fwhm=1.5), seed=3)
    n = plan.y.size
    assert np.count_nonzero(plan.kind == "galaxy") == pytest.approx(n / 3, abs=1)
    assert ((plan.half_light_radius > 0) == ~plan.is_star).all()
    assert np.histogram(np.log(plan.snr), np.linspace(np.log(2), np.log(200), 5))[0] == pytest.approx(n / 4, abs=1)


def test_light_sums_to_the_flux_and_lies_at_the_positions(field: Simulated, psf: MeasuredPsf, plan: Injection) -> None:
    assert plan.light.sum() == pytest.approx(plan.flux.sum(), rel=5e-3)  # wings off the frame
    y, x = np.mgrid[:256, :256]
    for k in np.flatnonzero(plan.is_star & (plan.snr > 60)):
        near = np.hypot(y - plan.y[k], x - plan.x[k]) < 5
        centre = [float(np.sum(plan.light[near] * axis[near]) / plan.light[near].sum()) for axis in (y, x)]
        assert centre == pytest.approx([plan.y[k], plan.x[k]], abs=0.05)


def test_galaxies_hold_half_their_light_in_their_half_light_radius(psf: MeasuredPsf) -> None:
    narrow = measure_psf(Frame(np.zeros((9, 9))), NoiseModel(0.0, 1.0), fwhm=0.8)
    for index, axis_ratio in [(1.0, 1.0), (1.8, 1.0), (1.0, 0.5)]:
        stamp = galaxy_stamp(narrow, 0.3, -0.2, 6.0, index=index, axis_ratio=axis_ratio, angle=0.0)
        half = stamp.shape[0] // 2
        assert stamp.sum() == pytest.approx(1) and stamp.min() >= 0
        y, x = np.mgrid[-half : half + 1, -half : half + 1]
        stretched = np.hypot((x + 0.2) * np.sqrt(axis_ratio), (y - 0.3) / np.sqrt(axis_ratio))
        assert stamp[stretched < 6].sum() == pytest.approx(0.5, abs=0.025)
        assert [np.sum(stamp * y), np.sum(stamp * x)] == pytest.approx([0.3, -0.2], abs=0.03)


@pytest.mark.parametrize("radius", [1.4, 4.0])
def test_galaxies_are_those_of_the_simulation(radius: float) -> None:
    psf = measure_psf(Frame(np.zeros((9, 9))), NoiseModel(0.0, 1.0), fwhm=2.0)
    stamp = galaxy_stamp(psf, 0.3, -0.2, radius, index=1.3, axis_ratio=0.6, angle=30.0)
    half = stamp.shape[0] // 2
    galaxy = SersicGalaxy(half - 0.2, half + 0.3, 1.0, radius / np.sqrt(0.6), 1.3, 0.6, 30.0)
    true = observe_sources(stamp.shape, psf.model, galaxies=[galaxy])
    assert np.abs(stamp - true).max() < 0.03 * true.max()


@pytest.mark.parametrize("correlated", [False, True])
def test_signal_to_noise_is_that_of_repeated_injections(correlated: bool) -> None:
    rho = Resampling("bilinear", (64, 64), shift=(3.5, 3.5)).correlation(2) if correlated else np.ones((1, 1))
    noise = replace(NoiseModel.from_gain(2.0, 5.0, sky=100.0), correlation=rho)
    made = Frame(np.full((100, 100), 100.0))
    psf = measure_psf(made, noise, fwhm=3.0)
    plan = plan_injection(made, noise, psf, seed=0, n_sources=12)
    apertures = CircularAperture(np.column_stack([plan.x, plan.y]), psf.aperture)
    rng = np.random.default_rng(8)
    sky = np.full((100, 100), 100.0)
    sums = []
    for seed in range(120):
        noisy = Frame(sky + draw_noise(rng, sky, noise))
        sums.append(aperture_photometry(inject(noisy, plan, noise, seed=seed).data - 100, apertures)["aperture_sum"])
    half = psf.half
    share = aperture_photometry(psf.image, CircularAperture((half, half), psf.aperture))["aperture_sum"][0]
    expected = share * plan.flux / plan.snr
    assert np.median((np.std(sums, axis=0) / expected)[plan.is_star]) == pytest.approx(1, abs=0.07)


@pytest.mark.parametrize("correlated", [False, True])
def test_injected_less_original_is_the_light_and_its_photon_noise(correlated: bool) -> None:
    made = simulate((160, 160), n_stars=5, seed=3)
    rho = Resampling("bilinear", (64, 64), shift=(3.5, 3.5)).correlation(2)
    noise = replace(made.noise, correlation=rho) if correlated else made.noise
    frame = Frame(made.frame.data.astype(np.float64))
    psf = measure_psf(frame, noise, fwhm=3.0)
    plan = plan_injection(frame, noise, psf, seed=2)
    n = 20
    added = np.array([inject(frame, plan, noise, seed=seed).data - frame.data for seed in range(n)])
    bright = plan.light > 20
    assert added.mean(axis=0)[bright].sum() == pytest.approx(plan.light[bright].sum(), rel=0.003)
    ratio = added.var(axis=0, ddof=1)[bright] / (noise.slope * plan.light[bright])
    assert ratio.mean() == pytest.approx(1, abs=0.04)
    unit = (added - plan.light) / np.sqrt(noise.slope * np.maximum(plan.light, 1e-9))
    pairs = bright[:, 1:] & bright[:, :-1]
    neighbours = np.mean(unit[:, :, 1:][:, pairs] * unit[:, :, :-1][:, pairs])
    assert neighbours == pytest.approx(noise.neighbours[0], abs=0.04)


def test_a_frame_without_photon_noise_gets_the_light_alone(field: Simulated, psf: MeasuredPsf) -> None:
    noise = NoiseModel(0.0, 60.0, sky=100.0)
    plan = plan_injection(field.frame, noise, psf, seed=2)
    frame = Frame(field.frame.data.astype(np.float64))
    np.testing.assert_allclose(inject(frame, plan, noise, seed=0).data, frame.data + plan.light, atol=1e-9)


def test_the_frame_is_not_changed_and_what_belongs_to_it_is_kept(field: Simulated, psf: MeasuredPsf) -> None:
    mask = np.zeros((256, 256), bool)
    mask[200:210, 200:210] = True
    data = field.frame.data.copy()
    data[5, 5], data[205, 205] = np.nan, 7.0
    header = {
        "OBJECT": "M 13",
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": 10.0,
        "CDELT1": 1e-4,
        "CDELT2": 1e-4,
    }
    sigma = StdDevUncertainty(np.full(data.shape, 8.0))
    frame = Frame(data.copy(), mask=mask.copy(), unit="adu", header=header, uncertainty=sigma)
    plan = plan_injection(frame, field.noise, psf, seed=2)
    plan = replace(plan, light=plan.light + 50)  # light on the bad pixels too
    result = inject(frame, plan, field.noise, seed=1)
    np.testing.assert_array_equal(frame.data, data)
    np.testing.assert_array_equal(frame.mask, mask)
    assert (frame.uncertainty.array == 8).all()
    np.testing.assert_array_equal(result.mask, mask)
    assert result.unit == frame.unit and result.header["OBJECT"] == "M 13" and result.data.dtype == np.float32
    assert result.wcs is not None and result.wcs.wcs.crval[0] == 10
    assert result.data[205, 205] == 7 and np.isnan(result.data[5, 5])
    expected = np.sqrt(64 + field.noise.slope * np.maximum(plan.light, 0))
    np.testing.assert_allclose(result.uncertainty.array, expected, rtol=1e-6)
    result.mask[:], result.header["OBJECT"] = True, "M 92"
    assert not frame.mask.all() and frame.header["OBJECT"] == "M 13"


def test_a_crowded_frame_gets_sources_all_the_same_and_says_so() -> None:
    made = simulate((200, 200), n_stars=1500, seed=0)
    psf = measure_psf(made.frame, made.noise, fwhm=3.0)
    plan = plan_injection(made.frame, made.noise, psf, seed=1)
    assert plan.y.size >= 25
    assert plan.n_crowded >= 0.7 * plan.y.size
    assert plan_injection(made.frame, made.noise, psf, seed=1, n_sources=8).y.size == 8


def test_one_seed_gives_one_injection(field: Simulated, psf: MeasuredPsf, plan: Injection) -> None:
    again = plan_injection(field.frame, field.noise, psf, seed=1)
    np.testing.assert_array_equal(again.light, plan.light)
    other = plan_injection(field.frame, field.noise, psf, seed=2)
    assert not np.array_equal(other.light, plan.light)
    first, second = (inject(field.frame, plan, field.noise, seed=4).data for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_bad_arguments_are_refused(field: Simulated, psf: MeasuredPsf, plan: Injection) -> None:
    with pytest.raises(ValueError, match="n_sources"):
        plan_injection(field.frame, field.noise, psf, seed=1, n_sources=0)
    with pytest.raises(ValueError, match="planned for the frame"):
        inject(Frame(np.zeros((50, 50))), plan, field.noise, seed=1)
