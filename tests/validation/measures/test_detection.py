"""Detection by a matched filter, against what a Gaussian of known width lets expect."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import norm
from validation_frames import Simulated, empty

from amsd_astro import Frame
from amsd_astro.validation.measures.completeness import completeness, depth, purity, threshold_at_purity
from amsd_astro.validation.measures.detection import detect, match
from amsd_astro.validation.measures.injection import Injection, inject, plan_injection
from amsd_astro.validation.measures.psf import MeasuredPsf, measure_psf

FIELDS = range(4)


@pytest.fixture(scope="module")
def psf(blank: Simulated) -> MeasuredPsf:
    return measure_psf(blank.frame, blank.noise, fwhm=3.0)


@pytest.fixture(scope="module")
def fields(psf: MeasuredPsf) -> list[tuple[Injection, Frame]]:
    made = [empty(seed=10 + k) for k in FIELDS]
    plans = [plan_injection(m.frame, m.noise, psf, seed=k, n_sources=60) for k, m in enumerate(made)]
    return [(p, inject(m.frame, p, m.noise, seed=7)) for m, p in zip(made, plans, strict=True)]


def width_of_filter(blank: Simulated, psf: MeasuredPsf) -> float:
    """Scatter of the flux of a star in the matched filter, adu."""
    return float(np.sqrt(blank.noise.sky_variance / np.sum(psf.image**2)))


def test_completeness_of_the_matched_filter_is_the_normal_distribution(
    fields: list[tuple[Injection, Frame]], blank: Simulated, psf: MeasuredPsf
) -> None:
    width = width_of_filter(blank, psf)
    flux, significance = [], []
    for plan, frame in fields:
        found = match(detect(frame.data, psf, threshold=2.5, noise_width=width), plan, psf.fwhm)
        flux.append(plan.flux[plan.is_star])
        significance.append(found.significance[plan.is_star])
    snr = np.concatenate(flux) / width
    for threshold in (4.0, 5.0, 7.0):
        share = norm.cdf(snr - threshold)
        n_found = np.count_nonzero(np.concatenate(significance) >= threshold)
        # a local maximum near the place is a little higher than the value at the place
        assert n_found == pytest.approx(share.sum() + 1, abs=3 * np.sqrt(np.sum(share * (1 - share))) + 1)


def test_heights_are_in_the_width_of_the_image(blank: Simulated, psf: MeasuredPsf) -> None:
    found = detect(blank.frame.data, psf, threshold=3.0)
    assert found.width == pytest.approx(width_of_filter(blank, psf), rel=0.08)
    other = detect(1e-12 * (blank.frame.data.astype(float) - 500), psf, threshold=3.0)
    np.testing.assert_allclose(other.significance[:30], found.significance[:30], rtol=5e-3)


def test_the_width_is_of_the_noise_and_not_of_the_sources(
    fields: list[tuple[Injection, Frame]], blank: Simulated, psf: MeasuredPsf
) -> None:
    for _, frame in fields:
        assert detect(frame.data, psf, threshold=3.0).width == pytest.approx(width_of_filter(blank, psf), rel=0.1)


def test_false_detections_of_white_noise_are_as_many_as_maxima_of_a_gaussian_field(
    blank: Simulated, psf: MeasuredPsf
) -> None:
    n_three = n_five = n_pixels = 0
    for k in FIELDS:
        frame = empty(seed=30 + k).frame
        found = detect(frame.data, psf, threshold=3.0, noise_width=width_of_filter(blank, psf))
        n_pixels += found.n_pixels
        n_three += found.significance.size
        n_five += int(np.count_nonzero(detect(frame.data, psf, threshold=5.0).significance > 5))
    # maxima above u: area * lambda * u * exp(-u**2 / 2) / (2 pi)**1.5, lambda the variance of a component of the
    # gradient of the unit field, here from the power spectrum of the filter (Adler 1981)
    power = np.abs(np.fft.fft2(psf.image, (64, 64))) ** 2
    curvature = np.sum((2 * np.pi * np.fft.fftfreq(64)) ** 2 * power) / power.sum()
    expected = n_pixels * curvature * 3 * np.exp(-4.5) / (2 * np.pi) ** 1.5
    assert n_five <= 1
    assert n_three == pytest.approx(expected, rel=0.3)


def test_positions_are_those_of_the_sources(fields: list[tuple[Injection, Frame]], psf: MeasuredPsf) -> None:
    plan, frame = fields[0]
    found = detect(frame.data, psf, threshold=4.0)
    matched = match(found, plan, psf.fwhm)
    bright = np.flatnonzero(plan.is_star & (plan.snr > 40))
    assert bright.size > 5 and (matched.index[bright] >= 0).all()
    offset = found.positions[matched.index[bright]] - np.column_stack([plan.y, plan.x])[bright]
    assert np.abs(offset).max() < 0.35
    used = matched.index[matched.index >= 0]
    assert np.unique(used).size == used.size
    assert (np.diff(found.significance) <= 0).all()


def test_a_source_that_is_not_there_is_not_found(
    fields: list[tuple[Injection, Frame]], blank: Simulated, psf: MeasuredPsf
) -> None:
    plan, _ = fields[0]
    matched = match(detect(blank.frame.data, psf, threshold=4.5), plan, psf.fwhm)
    assert (matched.index == -1).all() and np.isneginf(matched.significance).all()


def test_bad_pixels_are_not_detected(blank: Simulated, psf: MeasuredPsf) -> None:
    data, mask = blank.frame.data.copy(), np.zeros((256, 256), bool)
    mask[100:103, 100:103] = True
    data[mask], data[50, 50] = 1e5, np.nan
    assert detect(data, psf, threshold=5.0, mask=mask).positions.size == 0
    assert detect(data, psf, threshold=5.0).positions.size > 0
    assert detect(data, psf, threshold=5.0, mask=np.ones((256, 256), bool)).n_pixels == 0


def test_sources_of_a_denoised_image_are_found_with_the_narrow_filter(
    fields: list[tuple[Injection, Frame]], psf: MeasuredPsf
) -> None:
    plan, _ = fields[0]
    rng = np.random.default_rng(0)
    denoised = 100 + plan.light + 0.1 * gaussian_filter(rng.standard_normal(plan.light.shape), 1.5)
    found = match(detect(denoised, psf, threshold=5.0, smoothed=True), plan, psf.fwhm)
    assert (found.index >= 0).mean() > 0.95
    flat = match(detect(100 + plan.light, psf, threshold=5.0, smoothed=True), plan, psf.fwhm)
    assert (flat.index >= 0).mean() > 0.8  # no noise at all to compare with


def test_two_sources_close_to_each_other_stay_two_in_a_denoised_image(psf: MeasuredPsf) -> None:
    image = np.full((101, 101), 100.0)
    for x in (46, 51):
        image[50 - psf.half : 51 + psf.half, x - psf.half : x + psf.half + 1] += 500 * psf.image
    n_found = [len(detect(image, psf, threshold=5, noise_width=1.0, smoothed=s).positions) for s in (False, True)]
    assert n_found == [1, 2] or n_found == [2, 2]


def test_completeness_has_wilsons_interval() -> None:
    significance = np.array([9.0] * 8 + [-np.inf] * 2 + [9.0] * 10)
    found = completeness(significance, np.array([3.0] * 10 + [30.0] * 10), 5.0, edges=(2, 10, 100, 1000))
    assert found.value[:2].tolist() == [0.8, 1.0] and np.isnan(found.value[2])
    assert found.n.tolist() == [10, 10, 0]
    centre, half = (8 + 0.5) / 11, np.sqrt(10 * 0.8 * 0.2 + 0.25) / 11
    assert (found.lower[0], found.upper[0]) == pytest.approx((centre - half, centre + half))
    assert found.lower[1] == pytest.approx(1 - 1 / 11) and found.upper[1] == 1


def test_threshold_at_purity_is_the_lowest_that_is_pure_enough() -> None:
    real = np.array([10.0, 9, 8, 7, 6, 5, 4, 3, 2.5, -np.inf])
    false = np.array([4.5, 3.5, 2.6, 2.4])
    threshold = threshold_at_purity(real, false, area_ratio=0.5, wanted=0.9, lowest=2.0)
    grid = np.arange(2.0, 10, 0.01)
    pure = [t for t in grid if purity(real, false, t, area_ratio=0.5) >= 0.9]
    assert threshold == pytest.approx(min(pure), abs=0.011)
    assert purity(real, false, threshold, area_ratio=0.5) >= 0.9
    assert threshold_at_purity(real, [], area_ratio=1.0, lowest=2.0) == 2.0
    assert threshold_at_purity(real, np.full(9, 20.0), area_ratio=1.0) == np.inf
    assert np.isnan(purity(real, false, 99.0, area_ratio=1.0))


def test_depth_is_where_nine_of_ten_are_found() -> None:
    rng = np.random.default_rng(0)
    snr = np.exp(rng.uniform(np.log(2), np.log(200), 3000))
    significance = snr + rng.standard_normal(snr.size)
    found = depth(significance, snr, 6.0)
    assert found.value == pytest.approx(6 + norm.ppf(0.9), rel=0.05)
    assert 0.0 < found.log_error < 0.05
    samples = [depth(snr[k] + rng.standard_normal(300), snr[k], 6.0).value for k in rng.integers(0, 3000, (30, 300))]
    one = depth(snr[:300] + rng.standard_normal(300), snr[:300], 6.0)
    assert one.log_error == pytest.approx(np.std(np.log(samples)), rel=0.5)


def test_a_depth_that_is_not_reached_is_none() -> None:
    snr = np.geomspace(2, 200, 200)
    assert np.isnan(depth(np.full(200, -np.inf), snr, 5.0).value)
    assert np.isnan(depth(np.full(200, 9.0), snr, 5.0).value)  # all are found: deeper than the faintest
    for share in (3, 8):  # one of so many is lost, however bright
        torn = np.where(np.arange(200) % share == 0, -np.inf, snr)
        assert np.isnan(depth(torn, snr, 5.0).value)
    assert np.isnan(depth(snr[:10], snr[:10], 5.0).value)
