"""Coordinate grids: every line lies where the WCS has its coordinate."""

from __future__ import annotations

import math
import re
import warnings
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import Angle
from astropy.wcs import WCS
from numpy.typing import NDArray

from amsd_astro.simulation.wcs import tan_sip_header
from amsd_astro.validation.report.coordinate_grid import N_LEVELS, Cut, GridLine, is_celestial, pixel_lines, sky_lines

SHAPE = (300, 400)
WHOLE = Cut(0, 0, 400, 300)


def made(ctype: tuple[str, str], crval: tuple[float, float], scale: float, rotation: float = 0.0) -> WCS:
    """Make a WCS with its reference pixel near the centre."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ctype, crval, (210.0, 140.0)
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    wcs.wcs.cd = scale / 3600 * np.array([[-cos, sin], [sin, cos]])
    wcs.wcs.set()
    return wcs


def with_sip(ra: float, dec: float, scale: float, rotation: float) -> WCS:
    return WCS(tan_sip_header(SHAPE, ra=ra, dec=dec, pixel_scale=scale, rotation=rotation, distortion=2.0))


WORLDS = {
    "sip": with_sip(250.4, 36.46, 0.3, 10),
    "across 0 h": with_sip(0.0, -10, 5.0, -35),
    "fine": made(("RA---TAN", "DEC--TAN"), (83.633, -5.39), 0.002, 80),
    "coarse": made(("RA---TAN", "DEC--TAN"), (200.0, 50.0), 300.0),
    "south": made(("RA---TAN", "DEC--TAN"), (10.0, -89.5), 2.0),
    "pole": made(("RA---TAN", "DEC--TAN"), (10.0, 89.95), 4.0, 20),
    "galactic": made(("GLON-TAN", "GLAT-TAN"), (0.1, -0.2), 10.0),
    "latitude first": made(("DEC--TAN", "RA---TAN"), (40.0, 120.0), 1.0),
    "all sky": made(("RA---AIT", "DEC--AIT"), (0.0, 0.0), 3600.0),
}


@cache
def lines_of(name: str) -> list[GridLine]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return sky_lines(WORLDS[name], WHOLE)


def world(wcs: WCS, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = wcs.all_pix2world(points, 0)
    return found[:, wcs.wcs.lng], found[:, wcs.wcs.lat]


def told(line: GridLine, kind: str) -> float:
    """Return the degrees that a label tells."""
    if kind != "RA":
        return float(line.label.rstrip("\N{DEGREE SIGN}"))
    letters = str.maketrans("\N{DEGREE SIGN}\N{PRIME}\N{DOUBLE PRIME}", "dms")
    return float(Angle(line.label.translate(letters)).degree)


@pytest.mark.parametrize("name", WORLDS)
def test_lines_lie_where_the_wcs_has_their_coordinate(name: str) -> None:
    wcs = WORLDS[name]
    lines = lines_of(name)
    scale = math.sqrt(wcs.proj_plane_pixel_area().to_value("deg2"))
    assert lines
    for line in lines:
        # between its points as well: a line may leave out what is straight
        middles = 0.5 * (line.points[1:] + line.points[:-1])
        longitude, latitude = world(wcs, np.concatenate([line.points, middles]))
        off = latitude - line.value
        if line.axis == 0:
            off = ((longitude - line.value + 180) % 360 - 180) * np.cos(np.radians(latitude))
        off = off[np.isfinite(off)]
        assert np.abs(off).max() < 0.2 * scale, (line.label, line.level)


@pytest.mark.parametrize("name", WORLDS)
def test_labels_tell_the_coordinate(name: str) -> None:
    kind = WORLDS[name].wcs.lngtyp.strip()
    for line in lines_of(name):
        off = told(line, kind) - line.value
        assert abs((off + 180) % 360 - 180) < 1e-9


@pytest.mark.parametrize("name", WORLDS)
def test_every_grid_has_a_few_lines_and_each_is_denser(name: str) -> None:
    lines = lines_of(name)
    for axis in (0, 1):
        counts = [len({line.value for line in lines if (line.axis, line.level) == (axis, n)}) for n in range(N_LEVELS)]
        assert 2 <= counts[0] <= 9
        assert all(1.5 * few <= many for few, many in pairwise(counts))


def test_steps_are_round() -> None:
    for name, wcs in WORLDS.items():
        if wcs.wcs.lngtyp.strip() != "RA":
            continue
        for line in lines_of(name):
            seconds = re.findall(r"([\d.]+)[s\N{DOUBLE PRIME}]", line.label)
            assert not seconds or line.label.count("h") + line.label.count("\N{DEGREE SIGN}") == 1
        values = sorted({line.value for line in lines_of(name) if (line.axis, line.level) == (1, 0)})
        step = np.diff(values).min() * 3600
        if step < 0.999:
            assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in (1, 2, 5)
        else:
            assert round(step, 6) in (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 18000, 108000)


def test_lines_end_near_the_edge_of_a_cut() -> None:
    cut = Cut(100, 50, 120, 90)
    lines = sky_lines(WORLDS["sip"], cut)
    assert lines
    for line in lines:
        x, y = line.points.T
        assert (x > 90).all() and (x < 231).all() and (y > 40).all() and (y < 151).all()
        ends = line.points[[0, -1]] + 0.5 - (100, 50)
        assert all(a <= 0 or a >= 120 or b <= 0 or b >= 90 for a, b in ends)


def test_around_a_pole_latitudes_are_circles_and_longitudes_go_round() -> None:
    wcs = WORLDS["pole"]
    lines = lines_of("pole")
    assert sorted({line.value for line in lines if (line.axis, line.level) == (0, 0)}) == list(range(0, 360, 45))
    assert max(line.value for line in lines if line.axis == 1) > 89.995
    pole = wcs.all_world2pix([[0.0, 90.0]], 0)[0]
    circle = max((line for line in lines if (line.axis, line.level) == (1, 0)), key=lambda line: line.value)
    radii = np.linalg.norm(circle.points - pole, axis=1)
    assert np.ptp(radii) < 0.5
    angles = np.unwrap(np.arctan2(*(circle.points - pole).T))
    assert abs(angles[-1] - angles[0]) > 0.98 * 2 * math.pi


@pytest.mark.parametrize(
    ("wcs", "celestial"),
    [
        (None, False),
        (WCS(naxis=2), False),
        (WCS(naxis=3), False),
        (WORLDS["sip"], True),
        (WORLDS["galactic"], True),
    ],
)
def test_a_wcs_without_a_sky_is_told_apart(wcs: Any, celestial: bool) -> None:
    assert is_celestial(wcs) is celestial


@pytest.mark.parametrize("cut", [WHOLE, Cut(0, 0, 1, 1), Cut(7, 9, 200, 3), Cut(0, 0, 4096, 4096)])
def test_pixel_lines_go_through_centres_of_pixels(cut: Cut) -> None:
    lines = pixel_lines(cut)
    assert {line.axis for line in lines} == {0, 1} or cut.ny == 3
    for line in lines:
        assert line.label == f"{'xy'[line.axis]} {line.value:.0f}"
        assert (line.points[:, line.axis] == line.value - 1).all()
        assert line.value == round(line.value)
        along, start, n = (line.points[:, 1], cut.y0, cut.ny) if line.axis == 0 else (line.points[:, 0], cut.x0, cut.nx)
        assert sorted(along) == [start - 0.5, start + n - 0.5]
