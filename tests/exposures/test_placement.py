"""Exposures placed on a reference, all of them made with known maps, scales and skies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray
from star_fields import SKY, affine, expose, random_field, tpv_header

from amsd_astro.exposures.exposure import Exposure, open_exposure
from amsd_astro.exposures.placing.placement import CannotPlaceError, Placement, place
from amsd_astro.simulation.wcs import tan_sip_header

SHAPE = (320, 400)
FIELD = random_field(3, 60, SHAPE, low=3000.0)


def opened(matrix: NDArray[np.float64], seed: int, **options: float | fits.Header) -> Exposure:
    return open_exposure(expose(FIELD, SHAPE, matrix, seed=seed, **options), name=f"exposure {seed}")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def reference() -> Exposure:
    return opened(affine(SHAPE), 1, n_hot=20)


def error_of(placement: Placement, matrix: NDArray[np.float64]) -> float:
    """Rms along one axis over the frame, of the map that was found."""
    ny, nx = SHAPE
    x, y = np.meshgrid(np.linspace(0, nx - 1, 9), np.linspace(0, ny - 1, 9))
    new_x, new_y = placement.grid.to_exposure(x, y)
    (a, b, c), (d, e, f) = matrix
    squares = (new_x - a * x - b * y - c) ** 2 + (new_y - d * x - e * y - f) ** 2
    return math.sqrt(float(np.mean(squares)) / 2)


CASES = {
    "sub-pixel shift": ({"shift": (0.3, -0.4)}, 3.0),
    "far shift": ({"shift": (12.37, -25.81)}, 3.0),
    "drift": ({"shift": (2.2, 1.1), "turn": 0.05}, 3.0),
    "a degree": ({"shift": (10.2, 4.0), "turn": 1.0}, 1.8),
    "any angle": ({"shift": (3.3, 9.0), "turn": 37.0}, 3.0),
    "meridian flip": ({"shift": (3.3, 9.0), "turn": 180.2}, 2.4),
    "mirrored": ({"shift": (1.0, 20.5), "mirrored": True}, 3.0),
    "mirrored and turned": ({"turn": 200.0, "mirrored": True}, 2.4),
    "larger pixels": ({"turn": 100.0, "scale": 0.8}, 3.0),
}


@pytest.mark.parametrize("case", CASES)
def test_exposures_without_wcs_are_placed_by_their_stars(case: str, reference: Exposure) -> None:
    change, fwhm = CASES[case]
    matrix = affine(SHAPE, **change)  # type: ignore[arg-type]
    placement = place(reference, opened(matrix, 2, fwhm=fwhm, transparency=0.7, sky=2 * SKY, n_hot=20))
    assert placement.how == "stars"
    assert placement.n_stars >= 20
    assert error_of(placement, matrix) < max(0.02, 3 * placement.accuracy)
    assert placement.accuracy < 0.03
    assert placement.grid.parity == (-1 if change.get("mirrored") else 1)
    assert placement.scale == pytest.approx(0.7, abs=max(3.5 * placement.scale_error, 0.007))
    assert placement.scale_error < 0.03
    assert placement.sky - reference.sky == pytest.approx(SKY, abs=0.5)
    scale = math.sqrt(placement.grid.area)
    assert placement.fwhm == pytest.approx(fwhm / scale + 0.1, abs=0.25)


@pytest.mark.parametrize("shift", [(0, 0), (5, -3)])
def test_whole_pixels_stay_whole(shift: tuple[int, int], reference: Exposure) -> None:
    placement = place(reference, opened(affine(SHAPE, shift=shift), 3))
    assert placement.grid.whole_shift == shift
    assert placement.how == ("grid" if shift == (0, 0) else "stars")
    assert placement.accuracy < 0.03


@pytest.mark.slow
def test_claimed_errors_are_those_that_are_made(reference: Exposure) -> None:
    ratios, scales = [], []
    for seed in range(10, 18):
        matrix = affine(SHAPE, shift=(seed / 7, 0.3), turn=0.3)
        placement = place(reference, opened(matrix, seed, fwhm=4.0, transparency=0.8))
        ratios.append(error_of(placement, matrix) / placement.accuracy)
        scales.append((placement.scale - 0.8) / placement.scale_error)
    assert 0.4 < np.sqrt(np.mean(np.square(ratios))) < 1.7
    assert np.sqrt(np.mean(np.square(scales))) < 1.7


@pytest.mark.slow
def test_another_field_is_refused(reference: Exposure) -> None:
    for seed in range(20, 24):
        other = random_field(seed, 60, SHAPE, low=3000.0)
        exposure = open_exposure(expose(other, SHAPE, affine(SHAPE), seed=seed, n_hot=20), name="elsewhere.fits")
        with pytest.raises(CannotPlaceError, match=r"elsewhere\.fits: the stars must be those of the reference"):
            place(reference, exposure)


def test_too_few_stars_are_refused_without_a_wcs(reference: Exposure) -> None:
    lonely = random_field(5, 0, SHAPE)
    exposure = open_exposure(expose(lonely, SHAPE, affine(SHAPE), seed=6), name="blank.fits")
    with pytest.raises(CannotPlaceError, match=r"blank\.fits: without a WCS in both, 5 stars .* Received: 0 stars"):
        place(reference, exposure)


def through(one: fits.Header, other: fits.Header) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the field's stars lie on an exposure, by the true WCS of both."""
    near = (np.abs(FIELD.x - SHAPE[1] / 2) < 400) & (np.abs(FIELD.y - SHAPE[0] / 2) < 400)
    x, y = np.full(FIELD.x.size, -1e4), np.full(FIELD.x.size, -1e4)
    x[near], y[near] = WCS(other).world_to_pixel(WCS(one).pixel_to_world(FIELD.x[near], FIELD.y[near]))
    return x, y


WIDE = (360, 440)
SIP = tan_sip_header(SHAPE, ra=150.0, dec=40.0, pixel_scale=0.5, distortion=3.0)
OTHERS = {
    "SIP": tan_sip_header(WIDE, ra=150.001, dec=40.001, pixel_scale=0.5, rotation=25.0, distortion=2.0),
    "TPV, larger pixels": tpv_header(WIDE, ra=150.001, dec=40.0, pixel_scale=0.65, rotation=140.0),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("off", [(0.0, 0.0), (4.3, -2.6)])
def test_a_wcs_places_and_stars_refine_it(kind: str, off: tuple[float, float]) -> None:
    true = OTHERS[kind]
    stated = true.copy()
    stated["CRPIX1"] += off[0]
    stated["CRPIX2"] += off[1]
    reference = opened(affine(SHAPE), 1, header=SIP)
    frame = expose(FIELD, WIDE, affine(SHAPE), seed=2, header=stated, positions=through(SIP, true))
    placement = place(reference, open_exposure(frame, name="b"))
    assert placement.how == "WCS and stars"
    x, y = np.meshgrid(np.linspace(10, 390, 9), np.linspace(10, 310, 9))
    exact = np.array(WCS(true).world_to_pixel(WCS(SIP).pixel_to_world(x, y)))
    error = np.sqrt(np.mean((np.array(placement.grid.to_exposure(x, y)) - exact) ** 2))
    assert error < max(0.02, 3 * placement.accuracy)


def test_one_grid_by_wcs_is_kept_where_the_stars_agree() -> None:
    reference, exposure = (opened(affine(SHAPE), seed, header=SIP) for seed in (1, 2))
    placement = place(reference, exposure)
    assert placement.how == "grid" and placement.grid.is_identity


def test_a_nominal_wcs_gives_way_to_the_stars() -> None:
    reference = opened(affine(SHAPE), 1, header=SIP)
    matrix = affine(SHAPE, shift=(60.2, -41.7), turn=12.0)
    placement = place(reference, opened(matrix, 2, header=SIP))
    assert placement.how == "stars"
    assert error_of(placement, matrix) < max(0.02, 3 * placement.accuracy)


def test_few_stars_leave_the_wcs_alone() -> None:
    lonely = random_field(5, 0, SHAPE)
    one, other = (
        open_exposure(expose(lonely, SHAPE, affine(SHAPE), seed=seed, header=header), name=str(seed))
        for seed, header in ((1, SIP), (2, OTHERS["SIP"]))
    )
    placement = place(one, other)
    assert placement.how == "WCS" and placement.n_stars == 0 and math.isnan(placement.accuracy)
    assert placement.scale_error == placement.scale  # nothing tells it
    assert place(one, one).how == "grid"


def test_a_wcs_that_the_stars_deny_is_refused() -> None:
    reference = opened(affine(SHAPE), 1, header=SIP)
    other = random_field(9, 60, SHAPE, low=3000.0)
    exposure = open_exposure(expose(other, SHAPE, affine(SHAPE), seed=2, header=SIP), name="denied.fits")
    with pytest.raises(CannotPlaceError, match=r"denied\.fits: the stars must be where the WCS has those"):
        place(reference, exposure)


def test_another_part_of_the_sky_is_refused() -> None:
    far = tan_sip_header(SHAPE, ra=150.2, dec=40.0, pixel_scale=0.5, distortion=1.0)
    reference = opened(affine(SHAPE), 1, header=SIP)
    other = random_field(9, 60, SHAPE, low=3000.0)
    exposure = open_exposure(expose(other, SHAPE, affine(SHAPE), seed=2, header=far), name="far.fits")
    with pytest.raises(CannotPlaceError, match=r"far\.fits: the exposure must lie on the reference"):
        place(reference, exposure)
