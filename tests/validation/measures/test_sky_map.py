"""Background and sources of a frame."""

from __future__ import annotations

import numpy as np
import pytest
from validation_frames import Simulated, empty, simulate

from amsd_astro import Frame
from amsd_astro.validation.measures.sky_map import map_sky


def test_background_follows_a_gradient_under_stars() -> None:
    made = simulate(n_stars=30, gradient=0.3, seed=3)
    sky = map_sky(made.frame, made.noise)
    true = 100 * (1 + 0.3 * np.linspace(-0.5, 0.5, 256))
    assert np.abs(sky.background - true)[32:-32, 32:-32].max() < 2.0  # a quarter of the noise of a pixel
    assert np.abs(sky.background - true).max() < 5.0


def test_background_is_that_of_the_sky_in_a_crowd_of_galaxies() -> None:
    made = simulate(n_stars=40, n_galaxies=60, seed=1)
    sky = map_sky(made.frame, made.noise)
    assert sky.sources.mean() > 0.5
    assert np.abs(sky.background - 100).max() < 1.5  # a fifth of the noise of a pixel


def test_sources_are_where_the_light_is() -> None:
    made = simulate(n_stars=30, n_galaxies=5, seed=3)
    sky = map_sky(made.frame, made.noise)
    light = made.truth - 100
    assert sky.sources[light > 10].all()  # 1.3 sigma a pixel
    assert light[sky.empty].max() < 8
    assert 0.4 < sky.empty.mean() < 0.95


def test_empty_sky_has_next_to_no_sources(blank: Simulated) -> None:
    assert map_sky(blank.frame, blank.noise).sources.mean() < 0.02


def test_bad_pixels_are_no_sources(blank: Simulated) -> None:
    data = blank.frame.data.copy()
    data[100, 100], data[50:60, 50:60] = np.nan, 1e6
    data[90:111, 90:111] += 20  # a source around the bad pixel
    mask = np.zeros(data.shape, bool)
    mask[50:60, 50:60] = True
    sky = map_sky(Frame(data, mask=mask), blank.noise)
    assert sky.bad.sum() == 101
    assert not sky.empty[100, 100] and not sky.empty[55, 55]
    assert (sky.significance[sky.bad] == 0).all() and sky.significance[100, 103] > 10
    assert sky.sources.mean() < 0.05
    assert np.isfinite(sky.background).all() and np.isfinite(sky.significance).all()


@pytest.mark.parametrize("shape", [(20, 20), (40, 300)])
def test_small_frames_have_a_sky(shape: tuple[int, int]) -> None:
    made = empty(shape)
    assert np.abs(map_sky(made.frame, made.noise).background - 100).max() < 5
