"""Two frames and the noise that what was taken is measured by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amsd_astro.frames import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.plotting.pair import drawn, match

SKY, SIGMA = 200.0, 4.0  # of the scene


def test_the_noise_of_the_denoised_frame_comes_first(scene: Any) -> None:
    assert match(scene.before, scene.after).noise is scene.after.noise


def test_recorded_noise_is_used_of_a_frame_that_was_read_back(make_scene: Any) -> None:
    scene = make_scene()
    scene.after.noise = None
    scene.after.header.update({"AMSDSLOP": 0.5, "AMSDFLOR": -60.0, "AMSDSKY": 200.0, "AMSDNOIS": 6.3246})
    pair = match(scene.before, scene.after)
    assert (pair.noise.slope, pair.noise.floor, pair.noise.sky) == (0.5, -60.0, 200.0)
    assert pair.sky_sigma == pytest.approx(6.3246)
    signal = scene.after.data[30, 40]
    assert pair.sigma(pair.whole)[30, 40] == pytest.approx(np.sqrt(0.5 * signal - 60))


def test_noise_is_measured_where_none_is_known(make_scene: Any) -> None:
    scene = make_scene((200, 200))
    after = Frame(scene.after.data, mask=scene.after.mask)
    noise = match(scene.before, after).noise
    assert np.sqrt(noise.sky_variance) == pytest.approx(SIGMA, rel=0.05)
    assert noise.sky == pytest.approx(SKY, abs=0.2 * SIGMA)


def test_a_frame_without_noise_of_its_own_is_measured_by_what_was_taken() -> None:
    rng = np.random.default_rng(0)
    before = Frame(np.full((50, 50), 7.0))
    pair = match(before, Frame(before.data + rng.normal(0, 0.25, (50, 50))))
    assert pair.residual(pair.whole).std() == pytest.approx(1, rel=0.1)


def test_a_floor_map_is_used_pixel_by_pixel(scene: Any) -> None:
    floor = np.where(np.arange(64) < 32, SIGMA**2, 4 * SIGMA**2) * np.ones((48, 1))
    after = Frame(scene.after.data, noise=NoiseModel(0.0, floor, SKY, SIGMA**2))
    pair = match(scene.before, after)
    part = (slice(0, 48, 3), slice(1, 64, 3))
    wide = np.broadcast_to(np.where(np.arange(64) < 32, SIGMA, 2 * SIGMA), (48, 64))
    assert np.allclose(pair.sigma(part), wide[part])


def test_bad_pixels_have_no_residual_and_no_signal(scene: Any) -> None:
    pair = match(scene.before, scene.after)
    for values in (pair.residual(pair.whole), pair.signal(pair.whole)):
        assert np.array_equal(np.isnan(values), scene.before.mask)


def test_large_parts_are_drawn_with_steps() -> None:
    assert drawn((slice(0, 1600), slice(3, 99))) == (slice(0, 1600, 1), slice(3, 99, 1))
    assert drawn((slice(10, 4000), slice(0, 50))) == (slice(10, 4000, 3), slice(0, 50, 3))


def test_bad_columns_between_steps_are_drawn() -> None:
    mask = np.zeros((90, 90), bool)
    mask[:, 50] = True
    mask[7, 8] = True
    before = Frame(np.zeros((90, 90)), mask=mask)
    pair = match(before, Frame(before.data))
    masked = pair.masked((slice(0, 90, 3), slice(0, 90, 3)))
    assert masked.shape == (30, 30)
    assert masked[:, 16].all() and masked.sum() == 30
