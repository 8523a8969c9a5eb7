"""Raw mosaics of colour cameras are found; frames that only look a little like one are not refused."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping

import numpy as np
import pytest
from astropy.io import fits
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.errors import FrameError
from amsd_astro.frames.colour_mosaic import check_mosaic, measure_pattern

CARD = {"BAYERPAT": "RGGB"}
GREY = (1.0, 1.0, 1.0, 1.0)
Pixels = NDArray[np.float64]


def field(
    sky: float,
    filters: tuple[float, float, float, float] = GREY,
    *,
    read_noise: float = 3.0,
    shape: tuple[int, int] = (256, 256),
    n_stars: int = 80,
    fwhm: float = 2.5,
) -> Pixels:
    """Counts of a star field in whole electrons, seen through the four filters of a 2 x 2 cell."""
    rng = np.random.default_rng(1)
    light = np.zeros(shape)
    at = rng.integers(0, shape[0], n_stars), rng.integers(0, shape[1], n_stars)
    light[at] = rng.pareto(1.5, n_stars) * 20 * np.sqrt(sky + read_noise**2)
    light = sky + ndimage.gaussian_filter(light, fwhm / 2.355)
    cell = np.reshape(filters, (2, 2))
    seen = np.tile(cell, (shape[0] // 2 + 1, shape[1] // 2 + 1))[: shape[0], : shape[1]]
    return np.asarray(np.round(rng.poisson(light * seen) + rng.normal(0, read_noise, shape)), np.float64)


def bayer(red: float, green: float, blue: float) -> tuple[float, float, float, float]:
    return red, green, green, blue


def interpolated(mosaic: Pixels, color: str) -> Pixels:
    """One colour of a RGGB mosaic at every pixel, between pixels by linear interpolation."""
    rows, columns = np.indices(mosaic.shape)
    at = {"R": (rows | columns) % 2 == 0, "G": (rows + columns) % 2 == 1, "B": rows & columns & 1 == 1}[color]
    kernel = [[0, 1, 0], [1, 4, 1], [0, 1, 0]] if color == "G" else [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    return np.asarray(ndimage.convolve(mosaic * at, np.array(kernel) / 4), np.float64)


def checkerboard(ny: int, nx: int) -> Pixels:
    """A pattern of fifty times the noise."""
    noise = np.random.default_rng(8).normal(size=(ny, nx))
    return np.asarray(noise + 50 * (np.indices((ny, nx)).sum(axis=0) % 2), np.float64)


@pytest.mark.parametrize("sky", [20.0, 100.0, 1000.0, 20000.0])
@pytest.mark.parametrize(
    "filters",
    [bayer(0.95, 1.0, 1.05), bayer(1.0, 1.05, 1.0), bayer(0.7, 1.0, 0.8), (1.0, 0.7, 0.8, 1.0), (0.9, 1.0, 0.8, 0.7)],
)
def test_a_mosaic_is_found_by_its_card_and_its_sky(sky: float, filters: tuple[float, float, float, float]) -> None:
    with pytest.raises(FrameError, match=r"data\[0::2, 0::2\].*denoise each.*BAYERPAT = RGGB.*times the noise"):
        check_mosaic(field(sky, filters), None, CARD)


@pytest.mark.parametrize(("sky", "read_noise"), [(2.0, 1.0), (5.0, 5.0)])
def test_a_mosaic_under_a_dark_sky_is_found_by_its_card(sky: float, read_noise: float) -> None:
    with pytest.raises(FrameError, match="mosaic"):
        check_mosaic(field(sky, bayer(0.7, 1.0, 0.8), read_noise=read_noise), None, CARD)


def test_a_mosaic_of_single_photons_is_found_by_its_card() -> None:
    with pytest.raises(FrameError, match="mosaic"):
        check_mosaic(field(0.1, bayer(0.4, 1.0, 0.4), read_noise=0.0, n_stars=0), None, CARD)


@pytest.mark.parametrize("filters", [bayer(0.7, 1.0, 0.8), bayer(0.9, 1.0, 0.9), (1.0, 0.6, 0.9, 1.0)])
def test_a_mosaic_is_found_without_a_card_where_it_is_beyond_doubt(filters: tuple[float, float, float, float]) -> None:
    with pytest.raises(FrameError, match="no BAYERPAT card"):
        check_mosaic(field(500.0, filters), None, {})


def test_levels_are_those_of_the_filters() -> None:
    pattern = measure_pattern(field(1000.0, (0.8, 1.0, 1.1, 0.9)))
    assert pattern is not None
    np.testing.assert_allclose(pattern.levels, [-150, 50, 150, -50], atol=5 * pattern.error)
    assert pattern.noise == pytest.approx(np.sqrt(1000), rel=0.1)
    assert pattern.strength == pytest.approx(200 / pattern.noise, rel=0.02)
    assert pattern.median == pytest.approx(950, rel=0.02)


@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (1, 1)])
def test_levels_are_told_by_the_place_in_the_frame(shift: tuple[int, int]) -> None:
    cell = np.roll([[-150.0, 50.0], [150.0, -50.0]], shift, (0, 1))
    pattern = measure_pattern(np.tile(1000 + cell, (100, 100)) + np.random.default_rng(0).normal(0, 10, (200, 200)))
    assert pattern is not None
    np.testing.assert_allclose(pattern.levels, cell.ravel(), atol=5 * pattern.error)


@pytest.mark.parametrize("shape", [(20, 24), (21, 23), (13, 300), (512, 9)])
def test_a_small_mosaic_is_found(shape: tuple[int, int]) -> None:
    with pytest.raises(FrameError, match="mosaic"):
        check_mosaic(field(1000.0, bayer(0.6, 1.0, 0.8), shape=shape, n_stars=1), None, CARD)


def test_a_mosaic_with_bad_pixels_is_found() -> None:
    data = field(100.0, bayer(0.9, 1.0, 1.1))
    bad = np.random.default_rng(2).random(data.shape) < 0.3
    hot = np.where(bad, 1e7, data)
    with pytest.raises(FrameError, match="mosaic"):
        check_mosaic(hot, bad, CARD)
    hot[bad] = np.where(hot[bad] > 0, np.nan, np.inf)
    with pytest.raises(FrameError, match="mosaic"):
        check_mosaic(hot, None, CARD)


def test_what_is_masked_is_not_looked_at() -> None:
    data = field(100.0, bayer(0.7, 1.0, 0.8))
    data[64:] = field(100.0)[64:]
    bad = np.zeros(data.shape, dtype=bool)
    bad[:64] = True
    check_mosaic(data, bad, CARD)
    with pytest.raises(FrameError, match="mosaic"):
        check_mosaic(data, None, CARD)


@pytest.mark.parametrize("sky", [0.01, 0.3, 0.7, 1.0, 5.0, 100.0, 20000.0])
def test_a_card_without_a_pattern_is_no_mosaic(sky: float) -> None:
    check_mosaic(field(sky), None, CARD)
    check_mosaic(np.random.default_rng(3).poisson(sky, (256, 256)).astype(np.float32), None, CARD)


@pytest.mark.parametrize("color", ["R", "G", "B"])
@pytest.mark.parametrize(("sky", "n_stars", "fwhm"), [(5.0, 80, 2.5), (100.0, 80, 1.0), (50.0, 400, 1.6)])
def test_a_colour_interpolated_from_a_mosaic_is_accepted(color: str, sky: float, n_stars: int, fwhm: float) -> None:
    raw = field(sky, bayer(0.7, 1.0, 0.8), n_stars=n_stars, fwhm=fwhm)
    check_mosaic(interpolated(raw, color), None, CARD)


def test_an_interpolated_colour_of_a_crowded_field_is_accepted() -> None:
    raw = field(50.0, bayer(0.7, 1.0, 0.8), shape=(512, 512), n_stars=3000, fwhm=1.6)
    green = measure_pattern(interpolated(raw, "G"))
    assert green is not None and green.strength * green.noise > 10 * green.error  # stars do leave a pattern
    check_mosaic(interpolated(raw, "G"), None, CARD)


def test_the_planes_of_a_mosaic_and_its_binned_frame_are_accepted() -> None:
    raw = field(300.0, bayer(0.7, 1.0, 0.8))
    for plane in (raw[0::2, 0::2], raw[0::2, 1::2], raw[1::2, 0::2], raw[1::2, 1::2]):
        check_mosaic(plane, None, CARD)
    check_mosaic(raw.reshape(128, 2, 128, 2).mean(axis=(1, 3)), None, CARD)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("step", [0.05, 0.5, 20.0])
@pytest.mark.parametrize("header", [{}, CARD], ids=str)
def test_channels_that_alternate_along_one_axis_are_no_mosaic(
    axis: int, step: float, header: Mapping[str, str]
) -> None:
    offsets = np.expand_dims(np.tile([0.0, step * 10], 128), 1 - axis)
    check_mosaic(np.random.default_rng(4).normal(100, 10, (256, 256)) + offsets, None, header)


def test_rows_and_columns_with_offsets_of_their_own_are_no_mosaic() -> None:
    rng = np.random.default_rng(5)
    data = rng.normal(100, 10, (512, 512)) + rng.normal(0, 5, 512) + rng.normal(0, 5, (512, 1))
    check_mosaic(data, None, CARD)


def test_a_weak_pattern_without_a_card_is_let_pass() -> None:
    check_mosaic(field(20.0, bayer(0.95, 1.0, 1.05)), None, {})
    uneven = bayer(0.995, 1.0, 1.005)  # more than the noise under a bright sky, but less than a detector's unevenness
    check_mosaic(field(100000.0, uneven, n_stars=0), None, {})
    check_mosaic(field(1000.0, (0.9, 1.0, 1.05, 1.1)), None, {})  # no two filters alike: not a Bayer mosaic


def test_stars_gradients_and_hot_pixels_are_no_mosaic() -> None:
    rows, columns = np.mgrid[:256, :256]
    noise = np.random.default_rng(6).normal(0, 5, (256, 256))
    hot = np.where(np.random.default_rng(7).random((256, 256)) < 0.02, 1e5, noise)
    scenes = [noise + 10 * rows + 7 * columns, noise + np.exp(columns / 20), noise + 50 * np.sin(columns / 3), hot]
    scenes += [field(50.0, n_stars=15000, fwhm=fwhm) for fwhm in (1.0, 1.6)]
    for scene in scenes:
        for header in ({}, CARD):
            check_mosaic(scene, None, header)


@pytest.mark.parametrize(
    "data",
    [
        np.full((50, 50), 3.0, np.float32),
        np.full((50, 50), np.nan),
        np.zeros((1, 1)),
        checkerboard(7, 400),
        checkerboard(400, 7),
        checkerboard(8, 8),
        1e308 * np.sign(checkerboard(20, 20) - 25),
    ],
    ids=["constant", "nothing", "one pixel", "seven rows", "seven columns", "eight by eight", "huge"],
)
def test_frames_that_tell_nothing_are_accepted(data: Pixels) -> None:
    check_mosaic(data, None, CARD)
    check_mosaic(data, np.ones(data.shape, dtype=bool), {})


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ({"BAYERPAT": "RGGB"}, "BAYERPAT = RGGB"),
        ({"BAYERPAT": " gbrg  "}, "BAYERPAT = GBRG"),
        ({"COLORTYP": "BGGR"}, "COLORTYP = BGGR"),
        ({"BAYERPAT": "CMYG"}, "BAYERPAT = CMYG"),
        ({"COLORTYP": "RGB"}, None),
        ({"COLORTYP": 0}, None),
        ({"BAYERPAT": "NONE"}, None),
        ({"BAYERPAT": "INVALID"}, None),
        ({"BAYERPAT": ""}, None),
        ({"BAYERPAT": True, "XBAYROFF": 0}, None),
    ],
    ids=str,
)
def test_which_cards_name_a_mosaic(header: dict[str, object], named: str | None) -> None:
    weak = field(20.0, bayer(0.95, 1.0, 1.05))
    if named is None:
        check_mosaic(weak, None, header)
    else:
        with pytest.raises(FrameError, match=named):
            check_mosaic(weak, None, header)


def test_a_card_that_cannot_be_parsed_says_nothing() -> None:
    header = fits.Header([fits.Card.fromstring("BAYERPAT= 'RGGB")])
    check_mosaic(field(20.0, bayer(0.95, 1.0, 1.05)), None, header)


def test_the_error_names_the_file() -> None:
    with pytest.raises(FrameError, match=r"^m27.fits\[0\]: the frame is the raw mosaic") as caught:
        check_mosaic(field(100.0, bayer(0.7, 1.0, 0.8)), None, CARD, path="m27.fits", hdu=0)
    assert caught.value.path == "m27.fits"


def test_a_large_frame_is_looked_at_in_parts() -> None:
    data = np.tile(np.array([[90, 100], [100, 80]], np.float32), (1700, 1800))
    data += 10 * np.random.default_rng(9).standard_normal(data.shape, np.float32)
    good = np.zeros(data.shape, dtype=bool)
    tracemalloc.start()
    try:
        with pytest.raises(FrameError, match="mosaic"):
            check_mosaic(data, good, {})
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < data.nbytes  # a frame of 10,000 x 10,000 takes no more
