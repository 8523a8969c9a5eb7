"""Smoothing over a beam: what it says of variance and correlation is what noise shows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from amsd_astro.simulation import Beam


@pytest.fixture
def beam() -> Beam:
    return Beam(4.5, (300, 280))


def test_noise_is_what_the_beam_says(beam: Beam) -> None:
    noise = beam.apply(np.random.default_rng(1).standard_normal(beam.input_shape))
    assert noise.shape == beam.shape
    stated = beam.variance(np.ones(beam.input_shape))
    sigma = 4.5 / math.sqrt(8 * math.log(2))
    assert stated == pytest.approx(1 / (4 * math.pi * sigma**2), rel=0.01)
    assert noise.var() == pytest.approx(stated.mean(), rel=0.06)
    correlation = beam.correlation(4)
    assert correlation[4, 4] == 1 and correlation.shape == (9, 9)
    for lag in (1, 3):
        seen = np.mean(noise[:, lag:] * noise[:, :-lag]) / noise.var()
        assert correlation[4, 4 + lag] == pytest.approx(seen, abs=0.05)
        assert correlation[4, 4 + lag] == pytest.approx(math.exp(-(lag**2) / (4 * sigma**2)), abs=0.01)


def test_a_constant_stays_and_a_bad_pixel_spreads(beam: Beam) -> None:
    assert np.allclose(beam.apply(np.full(beam.input_shape, 7.0)), 7.0)
    bad = np.zeros(beam.input_shape, bool)
    bad[100, 120] = True
    spread = beam.spread(bad)
    assert spread.sum() == (2 * beam.reach + 1) ** 2
    assert spread[100 - beam.reach, 120 - beam.reach]


def test_a_beam_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="fwhm must be positive"):
        Beam(0.0, (3, 3))
