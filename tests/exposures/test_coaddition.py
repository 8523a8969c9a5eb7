from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_exposures import Made, Shot, made_exposures

from amsd_astro.exposures.coaddition import Coadd, align, mean_of
from amsd_astro.exposures.coaddition.calibrations import Calibration, exposure_weights
from amsd_astro.exposures.coaddition.image_stack import ImageStack

SHOTS = [
    Shot(),
    Shot(shift=(1.3, -2.4), rotation=0.7, sky=500, scale=0.8),
    Shot(shift=(-3.6, 0.5), rotation=-0.5, sky=200, scale=1.2),
    Shot(shift=(0.2, 4.7), rotation=0.3),
]
INNER = (slice(12, -12), slice(12, -12))


@pytest.fixture(scope="module")
def made() -> Made:
    return made_exposures(SHOTS)


@pytest.fixture(scope="module")
def result(made: Made) -> Coadd:
    return mean_of(align(*made.arguments))


def test_light_is_that_of_the_reference(made: Made, result: Coadd) -> None:
    error = (result.data - made.expected[0])[INNER]
    z = error / np.sqrt(result.noise.variance(made.expected[0]))[INNER]
    assert abs(error.mean()) < 0.2
    assert 0.97 < z[(made.expected[0] < 320)[INNER]].std() < 1.03
    bright = made.expected[0][INNER] > 2000
    assert abs(error[bright].sum()) < 0.005 * (made.expected[0][INNER][bright] - 300).sum()


def test_variance_is_right_on_sky_and_on_stars() -> None:
    results = [mean_of(align(*made_exposures(SHOTS, seed=1).arguments))]
    made = made_exposures(SHOTS)
    rng = np.random.default_rng(5)
    for _ in range(4):
        for i, expected in enumerate(made.expected):
            made.with_data(i, (rng.poisson(expected) + 5 * rng.standard_normal(made.shape)).astype(np.float32))
        results.append(mean_of(align(*made.arguments)))
    data = np.stack([one.data for one in results])[:, 12:-12, 12:-12]
    ratio = data.var(axis=0, ddof=1) / results[0].noise.variance(made.expected[0])[INNER]
    light = made.expected[0][INNER] - 300
    assert np.mean(ratio[light < 20]) == pytest.approx(1, abs=0.02)
    assert np.mean(ratio[(light > 100) & (light < 5000)]) == pytest.approx(1, abs=0.06)


def test_correlation_is_that_of_the_noise(made: Made, result: Coadd) -> None:
    z = (result.data - made.expected[0]) / np.sqrt(result.noise.variance(made.expected[0]))
    z = np.where(made.expected[0] < 320, z, 0)[INNER]
    k = result.correlation.shape[0] // 2
    for dy, dx in ((0, 1), (1, 0), (0, 2), (2, 0), (0, 3)):
        there = z[dy:, dx:] * z[: z.shape[0] - dy, : z.shape[1] - dx]
        measured = there.sum() / np.count_nonzero(there) / np.var(z[z != 0])
        assert result.correlation[k + dy, k + dx] == pytest.approx(measured, abs=0.03)


def test_same_input_gives_the_same_bytes(made: Made, result: Coadd) -> None:
    again = mean_of(align(*made.arguments))
    assert again.data.tobytes() == result.data.tobytes() and again.floor.tobytes() == result.floor.tobytes()
    assert np.array_equal(again.flags, result.flags) and again.rejected == result.rejected


def test_equal_grids_are_not_resampled() -> None:
    made = made_exposures([Shot(), Shot(), Shot()])
    result = mean_of(align(*made.arguments))
    mean = np.mean([np.asarray(one.load().data) for one in made.exposures], axis=0)
    untouched = result.n_exposures == 3
    assert untouched.mean() > 0.99
    # the mean, but for the backgrounds, which are brought to the reference's
    assert np.abs(result.data[untouched] - mean[untouched]).max() < 0.5
    assert result.correlation.shape == (1, 1)
    assert result.slope == pytest.approx(1 / 3) and np.median(result.floor) == pytest.approx(25 / 3, rel=1e-3)


def test_own_correlation_is_carried() -> None:
    made = made_exposures([Shot(), Shot()])
    own = np.outer([0.2, 1, 0.2], [0.2, 1, 0.2])
    for i in range(2):
        made.exposures[i] = replace(made.exposures[i], noise=replace(made.exposures[i].noise, correlation=own))
    assert np.allclose(mean_of(align(*made.arguments)).correlation[2:5, 2:5], own, atol=1e-6)


def test_where_no_exposure_has_light_there_is_none() -> None:
    mask = np.zeros((200, 220), bool)
    mask[60:80, 100:120] = True
    made = made_exposures([Shot(mask=mask), Shot(mask=mask)])
    result = mean_of(align(*made.arguments))
    assert np.array_equal(result.mask, mask) and np.isnan(result.data[mask]).all()
    assert np.isfinite(result.data[~mask]).all() and np.isfinite(result.floor).all()


def test_bad_pixels_ring_nowhere() -> None:
    masks = [np.random.default_rng(i).random((200, 220)) < 0.01 for i in range(4)]
    shots = [replace(shot, mask=mask, extra=np.where(mask, 5e4, 0.0)) for shot, mask in zip(SHOTS, masks, strict=True)]
    made = made_exposures(shots)
    result = mean_of(align(*made.arguments))
    z = ((result.data - made.expected[0]) / np.sqrt(result.noise.variance(made.expected[0])))[INNER]
    faint = (made.expected[0] < 3000)[INNER] & ~result.mask[INNER]
    assert np.abs(z[faint]).max() < 6 and 0.97 < z[faint].std() < 1.03


def test_weights_are_inverse_variances_and_of_depth_count_the_seeing() -> None:
    made = made_exposures([Shot(), Shot(sky=1275), Shot(fwhm=6.0), Shot(scale=0.5)])
    pairs = list(zip(made.exposures, made.placements, strict=True))
    calibrations = [Calibration.of(*pair) for pair in pairs]
    by_variance = exposure_weights(calibrations, made.placements, "variance")
    by_depth = exposure_weights(calibrations, made.placements, "depth")
    assert np.allclose(by_variance / by_variance[0], [1, 0.25, 1, 0.25])
    assert np.allclose(by_depth / by_depth[0], [1, 0.25, 0.25, 0.25])
    with pytest.raises(ValueError, match="weights must be one of variance, depth"):
        exposure_weights(calibrations, made.placements, "flux")


def test_maps_of_errors_weigh_each_pixel() -> None:
    made = made_exposures([Shot(), Shot()])
    floor = np.full(made.shape, 25.0)
    floor[:, 110:] += 3 * 325  # four times the variance there
    rng = np.random.default_rng(2)
    noisy = made.expected[1] + np.sqrt(floor + 300) * rng.standard_normal(made.shape)
    made.with_data(1, noisy.astype(np.float32), floor=floor)
    result = mean_of(align(*made.arguments))
    at_sky = result.floor + result.slope * 300
    faint = made.expected[0] < 320
    for part, wanted in ((slice(0, 100), 325 / 2), (slice(120, None), 325 * 0.8)):
        assert np.median(at_sky[:, part]) == pytest.approx(wanted, rel=0.01)
        assert np.var((result.data - made.expected[0])[:, part][faint[:, part]]) == pytest.approx(wanted, rel=0.05)


def test_parts_are_disjoint_and_make_up_the_whole(made: Made) -> None:
    stack = align(*made.arguments)
    parts = [mean_of(stack, members) for members in ([0, 3], [1, 2])]
    assert parts[0].weights == pytest.approx(stack.weights[[0, 3]] / stack.weights[[0, 3]].sum())
    difference = (parts[0].data - parts[1].data)[INNER]
    claimed = sum(one.noise.variance(made.expected[0]) for one in parts)[INNER]
    faint = (made.expected[0] < 320)[INNER] & np.isfinite(difference)
    assert np.var(difference[faint] / np.sqrt(claimed[faint])) == pytest.approx(1, abs=0.05)
    assert np.array_equal(mean_of(stack, [0]).n_exposures, np.isfinite(stack.values.read(0)))


def test_undersampled_exposures_are_laid_down_as_drops() -> None:
    shots = [replace(shot, fwhm=1.3) for shot in SHOTS]
    made = made_exposures(shots)
    result = mean_of(align(*made.arguments))
    error = (result.data - made.expected[0])[INNER]
    assert abs(error.sum()) < 0.02 * (made.expected[0][INNER] - 300).sum()
    assert max(result.rejected) < 0.003
    faint = (made.expected[0] < 301)[INNER]
    assert np.var((error / np.sqrt(result.noise.variance(300))[INNER])[faint]) == pytest.approx(1, abs=0.06)


def test_stacks_give_back_what_was_written() -> None:
    stack = ImageStack([(3, 4), (5, 2)])
    images = [np.arange(12, dtype=np.float32).reshape(3, 4), np.arange(10, dtype=np.float32).reshape(5, 2)]
    for i, image in enumerate(images):
        stack.write(i, image)
    stack.write(0, np.full((1, 4), 7, np.float32), first_row=1)
    assert np.array_equal(stack.read(1, slice(2, 4)), images[1][2:4])
    assert np.array_equal(stack.read(0)[[0, 2]], images[0][[0, 2]]) and (stack.read(0)[1] == 7).all()


def test_numbers_must_match(made: Made) -> None:
    with pytest.raises(ValueError, match="as many"):
        mean_of(align(made.reference, made.exposures, made.placements[:2]))
