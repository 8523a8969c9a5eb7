from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.exposures.coaddition.kernels import Kernel, drops, kernel_for, lanczos3
from amsd_astro.exposures.coaddition.neighbour_filling import fill_from_neighbours
from amsd_astro.exposures.coaddition.resampled_noise import REACH, VarianceFactors, mean_covariance
from amsd_astro.exposures.coaddition.resampling import Resampler
from amsd_astro.exposures.placing.grid_maps import GridMap
from amsd_astro.simulation import GaussianPsf, Resampling, render_stars

SHAPE = (60, 70)


def shifted(dx: float, dy: float, *, turn: float = 0.0, side: float = 1.0) -> GridMap:
    c, s = side * np.cos(turn), side * np.sin(turn)
    return GridMap(SHAPE, np.array([[c, -s, dx], [s, c, dy]]))


def resampler(grid: GridMap, kernel: Kernel, *, source: tuple[int, int] = SHAPE) -> Resampler:
    return Resampler(grid.to_exposure, source, SHAPE, kernel)


@pytest.mark.parametrize("kernel", [lanczos3(), lanczos3(1.7), drops(1.0), drops(0.4), drops(2.1)])
def test_weights_have_unit_sum_and_no_place_is_empty(kernel: Kernel) -> None:
    assert np.allclose(kernel.table.sum(axis=0), 1, atol=1e-5)
    assert kernel.coverage.min() > 0 and kernel.coverage.max() == 1


def test_whole_pixels_are_moved_and_not_changed(rng: np.random.Generator) -> None:
    image = rng.normal(size=SHAPE).astype(np.float32)
    moved = resampler(shifted(3, -2), lanczos3()).apply(image)
    assert np.array_equal(moved[5:-5, 5:-5], image[3:-7, 8:-2])


@pytest.mark.parametrize("turn", [0.0, 0.02, np.pi / 2, np.pi])
def test_stars_keep_place_flux_and_width(turn: float) -> None:
    grid = shifted(35.3, 30.6, turn=turn)
    grid = GridMap(
        SHAPE,
        grid.matrix + np.array([[0, 0, -(grid.matrix[0, :2] @ [35, 30])], [0, 0, -(grid.matrix[1, :2] @ [35, 30])]]),
    )
    psf = GaussianPsf(fwhm=2.8)
    x, y = grid.to_exposure(np.array([34.2]), np.array([31.4]))
    seen = render_stars(SHAPE, x, y, [1e4], psf).astype(np.float32)
    wanted = render_stars(SHAPE, [34.2], [31.4], [1e4], psf)
    result = resampler(grid, lanczos3()).apply(seen)
    assert result.sum() == pytest.approx(1e4, rel=2e-3)
    assert np.abs(result - wanted).max() < 0.01 * wanted.max()


def test_drops_blur_and_never_ring() -> None:
    seen = render_stars(SHAPE, [30.3], [25.6], [1e4], GaussianPsf(fwhm=1.3)).astype(np.float32)
    result = resampler(shifted(0.4, 0.3), kernel_for(1.3, 1.0)).apply(seen)
    assert result.min() >= 0 and result.sum() == pytest.approx(1e4, rel=0.02)
    assert resampler(shifted(0.4, 0.3), lanczos3()).apply(seen).min() < -20


@pytest.mark.parametrize("kernel", [lanczos3(), drops(1.0)])
def test_variance_and_covariance_are_those_of_the_weights(kernel: Kernel, rng: np.random.Generator) -> None:
    one = resampler(shifted(3.3, -2.55, turn=0.11), kernel)
    noise = np.stack([one.apply(rng.normal(size=SHAPE).astype(np.float32)) for _ in range(150)])[:, 8:-8, 8:-8]
    places = one.places(slice(8, SHAPE[0] - 8))
    claimed = VarianceFactors(one, np.ones((1, 1))).at(places)[:, 8:-8]
    assert np.mean(noise.var(axis=0) / claimed) == pytest.approx(1, abs=0.01)
    covariance = mean_covariance(one, np.ones((1, 1)))
    for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (0, 3)):
        there = noise[:, dy:, dx:] * noise[:, : noise.shape[1] - dy, : noise.shape[2] - dx]
        assert covariance[REACH + dy, REACH + dx] == pytest.approx(there.mean(), abs=0.015)


def test_covariance_of_a_shift_is_that_of_its_matrices() -> None:
    known = Resampling("lanczos3", SHAPE, shift=(4.3, 4.45)).correlation(REACH)
    covariance = mean_covariance(resampler(shifted(4.45, 4.3), lanczos3(), source=(80, 90)), np.ones((1, 1)))
    assert np.allclose(covariance / covariance[REACH, REACH], known, atol=0.003)


def test_correlated_noise_stays_correlated(rng: np.random.Generator) -> None:
    blur = Resampling("bilinear", (80, 90), shift=(3.5, 3.4))
    one = resampler(shifted(6.3, 5.45), lanczos3(), source=(80, 90))
    own, before = blur.correlation(3), float(blur.variance(np.ones(blur.input_shape)).mean())
    noise = np.stack([one.apply(blur.apply(rng.normal(size=blur.input_shape)).astype(np.float32)) for _ in range(80)])
    noise = noise[:, 8:-8, 8:-8] / np.sqrt(before)
    assert VarianceFactors(one, own).at(one.places(slice(8, 9))).mean() == pytest.approx(noise.var(), rel=0.02)
    covariance = mean_covariance(one, own)
    for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0)):
        there = noise[:, dy:, dx:] * noise[:, : noise.shape[1] - dy, : noise.shape[2] - dx]
        assert covariance[REACH + dy, REACH + dx] == pytest.approx(there.mean(), abs=0.015)


def test_same_grids_keep_the_correlation() -> None:
    own = Resampling("bilinear", SHAPE, shift=(3.5, 3.4)).correlation(1)
    covariance = mean_covariance(None, own)
    assert np.array_equal(covariance[REACH - 1 : REACH + 2, REACH - 1 : REACH + 2], own)
    assert covariance.sum() == pytest.approx(own.sum())


def test_places_off_the_image_see_its_margin_only(rng: np.random.Generator) -> None:
    one = resampler(shifted(1e9, np.nan), lanczos3())
    bad = one.padded(np.zeros(SHAPE, np.float32), value=1.0)
    assert np.allclose(one.gather(bad, one.places(slice(0, 3))), 1, atol=1e-5)


def test_bad_pixels_are_filled_from_their_rim_inwards() -> None:
    image = np.full((9, 9), 2.0, np.float32)
    image[2:7, 2:7] = np.nan
    assert np.allclose(fill_from_neighbours(image), 2)
    assert np.array_equal(fill_from_neighbours(np.full((3, 3), np.nan, np.float32)), np.zeros((3, 3)))
