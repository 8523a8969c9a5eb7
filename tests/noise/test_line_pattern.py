"""Offsets of rows and columns: found where they are, told apart from stars and galaxies, known within their error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from amsd_astro import Frame
from amsd_astro.frames.noise import measure_noise, without_pattern
from amsd_astro.noise.line_pattern import find_pattern

SHAPE = (320, 360)
UNMASKED = np.zeros(SHAPE, bool)
NOISE = 7.0


def _scene() -> np.ndarray:
    """Stars, and a galaxy that reaches over half of the frame."""
    rng = np.random.default_rng(1)
    y, x = np.indices(SHAPE)
    scene = 300.0 + 2000 * np.exp(-np.hypot((y - 150) / 12, (x - 170) / 18))
    stars = np.zeros(SHAPE)
    stars[rng.integers(5, 315, 80), rng.integers(5, 355, 80)] = 10 ** rng.uniform(2.4, 4.5, 80)
    return scene + ndimage.gaussian_filter(stars, 1.3)


def _exposure(*, seed: int = 0) -> np.ndarray:
    return _scene() + np.random.default_rng(seed).normal(0, NOISE, SHAPE)


def _rows_and_columns(seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.5 * NOISE, SHAPE[0]), 0.3 * NOISE * np.where(np.arange(SHAPE[1]) % 2, 1.0, -1.0)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_stars_and_a_galaxy_are_no_pattern(seed: int) -> None:
    assert find_pattern(_exposure(seed=seed), UNMASKED) is None


def test_noise_that_is_correlated_is_no_pattern() -> None:
    noise = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=SHAPE), (0.9, 0.6))
    assert find_pattern(noise, UNMASKED) is None


def test_both_are_found_and_known_within_their_error() -> None:
    rows, columns = _rows_and_columns()
    pattern = find_pattern(_exposure() + rows[:, None] + columns, UNMASKED)
    assert pattern is not None
    assert pattern.widths == pytest.approx((0.5, 0.3), abs=0.06)
    assert pattern.noise == pytest.approx(NOISE, rel=0.1)
    assert np.std(pattern.columns - columns) < 0.08 * NOISE
    error = pattern.rows - (rows - rows.mean())
    assert np.std(error) < 0.12 * NOISE
    assert np.std(error) == pytest.approx(np.sqrt(pattern.row_variance), rel=0.6)
    np.testing.assert_allclose(pattern.part((slice(3, 5), slice(0, 2))), pattern.rows[3:5, None] + pattern.columns[:2])


def test_rows_alone_leave_columns_alone() -> None:
    pattern = find_pattern(_exposure() + _rows_and_columns()[0][:, None], UNMASKED)
    assert pattern is not None
    assert not pattern.columns.any()
    assert pattern.column_variance == 0


def test_an_extended_source_is_not_taken_for_a_pattern() -> None:
    rows, columns = _rows_and_columns()
    pattern = find_pattern(_exposure() + rows[:, None] + columns, UNMASKED)
    assert pattern is not None
    lost = pattern.part((slice(None), slice(None))) - (rows - rows.mean())[:, None] - columns
    y, x = np.indices(SHAPE)
    galaxy = np.hypot((y - 150) / 12, (x - 170) / 18) < 4
    assert abs(lost[galaxy].mean()) < 0.05 * NOISE


@pytest.mark.parametrize("jump", [2.0, 30.0])
def test_a_step_between_amplifiers(jump: float) -> None:
    step = jump * NOISE * (np.arange(SHAPE[1]) >= 140)
    pattern = find_pattern(_exposure() + step, UNMASKED)
    assert pattern is not None
    assert np.median(pattern.columns[145:]) - np.median(pattern.columns[:135]) == pytest.approx(jump * NOISE, rel=0.15)
    assert pattern.columns[140] - pattern.columns[139] == pytest.approx(jump * NOISE, rel=0.15)
    assert not pattern.rows.any()


def test_a_single_bad_row_moves_no_other() -> None:
    pixels = _exposure()
    pixels[200] += 5 * NOISE
    pattern = find_pattern(pixels, UNMASKED)
    assert pattern is not None
    assert pattern.rows[200] == pytest.approx(5 * NOISE, rel=0.1)
    assert np.abs(np.delete(pattern.rows, 200)).max() < 0.1 * NOISE


def test_bad_pixels_do_not_count() -> None:
    rows, _ = _rows_and_columns()
    pixels, mask = _exposure() + rows[:, None], UNMASKED.copy()
    mask[:, 40:120] = True
    mask[77] = True
    pixels[mask] = np.nan
    pattern = find_pattern(pixels, mask)
    assert pattern is not None
    assert np.isfinite(pattern.rows).all()
    assert np.std(np.delete(pattern.rows - rows + rows.mean(), 77)) < 0.12 * NOISE


def test_variance_and_correlation_are_those_without_the_pattern() -> None:
    rows, columns = _rows_and_columns()
    plain = measure_noise(Frame(_exposure()))
    striped = Frame(_exposure() + rows[:, None] + columns)
    noise = measure_noise(striped)
    assert np.sqrt(noise.sky_variance) == pytest.approx(np.sqrt(plain.sky_variance), rel=0.02)
    assert noise.neighbours == pytest.approx(plain.neighbours, abs=0.02)
    bare, pattern = without_pattern(striped)
    assert pattern is not None
    assert bare.data.dtype == striped.data.dtype
    assert without_pattern(bare)[1] is None


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (40, 40), (70, 20)])
def test_small_images(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).normal(size=shape)
    assert find_pattern(pixels, np.zeros(shape, bool)) is None
    assert find_pattern(pixels, np.ones(shape, bool)) is None
    assert find_pattern(np.zeros(shape), np.zeros(shape, bool)) is None
