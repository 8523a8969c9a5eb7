"""Knots lie in the discs of galaxies, and have their share of the light."""

from __future__ import annotations

import numpy as np

from amsd_astro.simulation import SersicGalaxy, draw_knots

DISC = SersicGalaxy(100.0, 60.0, 5e4, 20.0, 1.0, 0.3, 30.0)


def test_knots_follow_the_disc() -> None:
    parts = [draw_knots(np.random.default_rng(seed), [DISC], fraction=0.2, smallest=1.0) for seed in range(60)]
    x, y, flux = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    turn = np.radians(DISC.angle)
    along = (x - DISC.x) * np.cos(turn) + (y - DISC.y) * np.sin(turn)
    across = (y - DISC.y) * np.cos(turn) - (x - DISC.x) * np.sin(turn)
    length = DISC.r_e / 1.68
    # an exponential disc: the mean square of each coordinate is 3 scale lengths squared
    assert np.isclose(np.mean(along**2), 3 * length**2, rtol=0.25)
    assert np.isclose(np.std(across) / np.std(along), DISC.axis_ratio, rtol=0.25)
    assert np.all(flux > 0)
    light = np.array([column[2].sum() for column in parts]) / DISC.flux
    assert light.max() <= 0.2 * 1.7 * (1 + 1e-9)
    assert light.mean() > 0.02


def test_bulges_and_small_galaxies_have_none() -> None:
    bulge = SersicGalaxy(10.0, 10.0, 1e4, 20.0, 4.0)
    small = SersicGalaxy(10.0, 10.0, 1e4, 1.0, 1.0)
    x, _, _ = draw_knots(np.random.default_rng(0), [bulge, small], fraction=0.2, smallest=2.0)
    assert x.size == 0
