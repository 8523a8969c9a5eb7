"""What was stated of the noise is doubted where the pixels show otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.denoiser.noise_doubts import doubts_about_assumed, doubts_about_stated
from amsd_astro.frames import Frame
from amsd_astro.frames.noise import measure_noise, slopes_by_source
from amsd_astro.noise.model import NoiseModel

GAIN, READ_NOISE, SKY = 1.45, 4.6, 180.0
SHAPE = (256, 256)


@pytest.fixture(scope="module")
def frame() -> Frame:
    rng = np.random.default_rng(4)
    y, x = np.indices(SHAPE)
    light = SKY + 5e4 * np.exp(-np.hypot(y - 128, x - 128) / 9)
    electrons = rng.poisson(light * GAIN) + rng.normal(0, READ_NOISE, SHAPE)
    return Frame(electrons / GAIN, unit="adu")


@pytest.mark.parametrize("factor", [10.0, 1 / 10])
def test_a_gain_ten_times_off_is_doubted(frame: Frame, factor: float) -> None:
    noise = measure_noise(frame, stated={"gain": GAIN * factor, "read_noise": READ_NOISE})
    assert any("of bright pixels is" in doubt for doubt in doubts_about_stated(noise, noise.slopes))


def test_the_true_gain_is_not_doubted(frame: Frame) -> None:
    noise = measure_noise(frame, stated={"gain": GAIN, "read_noise": READ_NOISE})
    assert doubts_about_stated(noise, noise.slopes) == []


@pytest.mark.parametrize(("gain", "is_doubted"), [(21.0, True), (2.1, False), (0.21, True)])
def test_a_gain_that_pixels_cannot_judge_is_held_against_the_header(gain: float, is_doubted: bool) -> None:
    sky = Frame(np.random.default_rng(1).normal(500, 15, SHAPE), unit="adu", header={"GAIN": 2.1, "RDNOISE": 5.0})
    noise = measure_noise(sky, stated={"gain": gain, "read_noise": 5.0})
    assert "data" not in noise.slopes
    doubts = doubts_about_stated(noise, slopes_by_source(sky, noise))
    assert any("of the header is 2.1" in doubt for doubt in doubts) == is_doubted


@pytest.mark.parametrize(("factor", "is_doubted"), [(0.25, True), (1.0, False), (2.0, True), (6.0, True)])
def test_a_plane_of_other_errors_is_doubted(frame: Frame, factor: float, is_doubted: bool) -> None:
    sigma = np.sqrt(frame.data / GAIN + (READ_NOISE / GAIN) ** 2)
    noise = measure_noise(Frame(frame.data, unit="adu", uncertainty=factor * sigma))
    assert noise.source == "variance plane"
    assert bool(doubts_about_stated(noise, noise.slopes)) == is_doubted


@pytest.mark.parametrize(("bright", "is_doubted"), [(3000.0, True), (5.0, False)])
def test_an_assumed_gain_is_doubted_where_much_depends_on_it(bright: float, is_doubted: bool) -> None:
    noise = NoiseModel(0.5, 4.0, sky=200.0, source="assumed")
    data = np.full(SHAPE, 200.0)
    data[:20] += bright
    none = np.zeros(SHAPE, bool)
    assert bool(doubts_about_assumed(noise, data, none)) == is_doubted
    assert doubts_about_assumed(NoiseModel(0.5, 4.0, sky=200.0, source="header"), data, none) == []
