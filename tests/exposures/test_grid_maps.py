"""Maps between grids: what they say of themselves, there and back, over the sky."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS
from star_fields import affine, tpv_header

from amsd_astro.exposures.placing.grid_maps import IDENTITY, GridMap
from amsd_astro.exposures.placing.wcs_grids import wcs_grid
from amsd_astro.simulation.wcs import tan_sip_header

SHAPE = (300, 420)


@pytest.mark.parametrize("turn", [0.0, 37.0, 180.0, -90.0])
@pytest.mark.parametrize("mirrored", [False, True])
def test_an_affine_map_tells_its_turn_scale_parity_and_shift(turn: float, mirrored: bool) -> None:
    grid = GridMap(SHAPE, affine(SHAPE, turn=turn, scale=1.3, shift=(4.0, -2.5), mirrored=mirrored))
    assert grid.area == pytest.approx(1.69)
    assert grid.parity == (-1 if mirrored else 1)
    assert grid.shift == pytest.approx((4.0, -2.5))
    # a mirrored x axis points the other way
    wanted = turn + (180.0 if mirrored else 0.0)
    assert (grid.rotation - wanted + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-6)
    assert not grid.is_identity and grid.whole_shift is None
    x, y = np.meshgrid(np.arange(0.0, 420, 30), np.arange(0.0, 300, 30))
    np.testing.assert_allclose(grid.to_reference(*grid.to_exposure(x, y)), (x, y), atol=1e-9)


def test_identity_and_whole_shifts_are_known() -> None:
    assert GridMap(SHAPE).is_identity and GridMap(SHAPE).whole_shift == (0, 0)
    moved = GridMap(SHAPE, IDENTITY + np.array([[0, 0, 3.0], [0, 0, -7.0]]))
    assert moved.whole_shift == (3, -7) and not moved.is_identity
    assert GridMap(SHAPE, IDENTITY + np.array([[0, 0, 0.2], [0, 0, 0]])).whole_shift is None


def headers() -> tuple[WCS, WCS]:
    here = tan_sip_header(SHAPE, ra=150.0, dec=40.0, pixel_scale=0.5, distortion=3.0)
    there = tpv_header(SHAPE, ra=150.003, dec=40.002, pixel_scale=0.65, rotation=140.0)
    return WCS(here), WCS(there)


def test_maps_over_the_sky_are_exact_to_a_thousandth_of_a_pixel() -> None:
    one, other = headers()
    forward, backward = wcs_grid(one, other, SHAPE), wcs_grid(other, one, SHAPE)
    assert forward is not None and backward is not None
    grid = GridMap(SHAPE, IDENTITY, forward, backward)
    y, x = np.arange(SHAPE[0], dtype=float)[:, None], np.arange(SHAPE[1], dtype=float)[None, :]
    exact = np.array(other.world_to_pixel(one.pixel_to_world(*np.broadcast_arrays(x, y))))
    assert np.max(np.abs(np.array(grid.to_exposure(x, y)) - exact)) < 1e-3
    # a few places give the same as the whole grid
    np.testing.assert_allclose(
        np.array(grid.to_exposure([3.0, 50.0], [7.0, 200.0])), exact[:, [7, 200], [3, 50]], atol=1e-3
    )
    inside = (exact[0] > 0) & (exact[0] < SHAPE[1]) & (exact[1] > 0) & (exact[1] < SHAPE[0])
    back = np.array(grid.to_reference(exact[0][inside], exact[1][inside]))
    wide = np.array(np.broadcast_arrays(x, y))[:, inside]
    assert np.max(np.abs(back - wide)) < 1e-3


def test_a_wcs_on_the_other_side_of_the_sky_is_none() -> None:
    one, _ = headers()
    other = WCS(tan_sip_header(SHAPE, ra=330.0, dec=-40.0, pixel_scale=0.5, distortion=0.0))
    assert wcs_grid(one, other, SHAPE) is None
