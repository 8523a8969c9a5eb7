"""Headers that break the standard, and images without a pixel to denoise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from kind_registry import CARDS, DATA, PIXELS, bad_input, put, put_hdus, with_card
from raw_files import image_cards, raw_file

from amsd_astro.errors import AlreadyDenoisedError

EXTENSION = image_cards(16, PIXELS.shape, extension=True)
EMPTY = image_cards(8, ())


def _extension(folder: Path, keyword: str, value: str) -> Path:
    """Write the good image as an extension with one card changed."""
    primary = raw_file([(EMPTY, b"")])
    path = with_card(folder, keyword, value, EXTENSION)
    path.write_bytes(primary + path.read_bytes())
    return path


def _floats(folder: Path, value: float) -> Path:
    return put(folder, raw_file([(image_cards(-32, (2, 2)), np.full(4, value, ">f4").tobytes())]))


@bad_input(r"NAXIS1 must not be negative. Received: -6")
def negative_axis(folder: Path) -> Path:
    return with_card(folder, "NAXIS1", "-6")


@bad_input(r"NAXIS1 must be an integer. Received: 6\.0")
def float_axis(folder: Path) -> Path:
    return with_card(folder, "NAXIS1", "6.0")


@bad_input(r"NAXIS1 must be an integer. Received: '6")
def string_axis(folder: Path) -> Path:
    return with_card(folder, "NAXIS1", "'6       '")


@bad_input(r"NAXIS2 must be an integer. Received: T")
def logical_axis(folder: Path) -> Path:
    return with_card(folder, "NAXIS2", "T")


@bad_input("NAXIS2 must be an integer. Received: no")
def axis_without_value(folder: Path) -> Path:
    return with_card(folder, "NAXIS2", "")


@bad_input("NAXIS1 must be given once. Received: no")
def missing_axis(folder: Path) -> Path:
    return with_card(folder, "NAXIS1", None)


@bad_input("NAXIS1 must be given once. Received: 6 and 7")
def axis_twice(folder: Path) -> Path:
    return put(folder, raw_file([([*CARDS, b"NAXIS1  =                    7"], DATA)]))


@bad_input("an axis of the image has no length")
def axis_of_zero(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(16, (0, 6)), b"")]))


@bad_input("NAXIS must be given once. Received: no")
def number_of_axes_missing(folder: Path) -> Path:
    return with_card(folder, "NAXIS", None)


@bad_input(r"NAXIS must lie in 0\.\.999. Received: -2")
def number_of_axes_negative(folder: Path) -> Path:
    return with_card(folder, "NAXIS", "-2")


@bad_input(r"NAXIS must be an integer. Received: 2\.0")
def number_of_axes_a_float(folder: Path) -> Path:
    return with_card(folder, "NAXIS", "2.0")


@bad_input(r"NAXIS must lie in 0\.\.999. Received: 1000")
def a_thousand_axes(folder: Path) -> Path:
    return with_card(folder, "NAXIS", "1000")


@bad_input("the data are cut: the header declares 4000000000000 bytes", lies=True)
def a_million_squared_declared(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(-32, (10**6, 10**6)), DATA)]))


@bad_input("the data are cut: the header declares 1099511627776 bytes", lies=True)
def two_to_the_forty_declared(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(8, (1, 2**40)), DATA)]))


@bad_input("the data are cut: the header declares", lies=True)
def more_pixels_than_64_bits_count(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(-64, (2**62, 2**62)), DATA)]))


@bad_input("the image must have two axes")
def one_axis(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(16, (24,)), DATA)]))


@bad_input("cube")
def cube(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(16, (2, 3, 4)), DATA)]))


@bad_input("BITPIX must be one of .* Received: 17")
def unknown_bitpix(folder: Path) -> Path:
    return with_card(folder, "BITPIX", "17")


@bad_input("BITPIX must be given once. Received: no")
def missing_bitpix(folder: Path) -> Path:
    return with_card(folder, "BITPIX", None)


@bad_input(r"BITPIX must be an integer. Received: 16\.0")
def float_bitpix(folder: Path) -> Path:
    return with_card(folder, "BITPIX", "16.0")


@bad_input("BITPIX must be given once. Received: -32 and 16")
def bitpix_twice(folder: Path) -> Path:
    return put(folder, raw_file([([*CARDS, b"BITPIX  =                  -32"], DATA)]))


@bad_input("SIMPLE must be T in a FITS file. Received: F")
def not_simple(folder: Path) -> Path:
    return with_card(folder, "SIMPLE", "F")


@bad_input("SIMPLE must be T in a FITS file. Received: no value")
def simple_without_value(folder: Path) -> Path:
    return with_card(folder, "SIMPLE", "")


@bad_input("BSCALE must not be zero")
def scale_of_zero(folder: Path) -> Path:
    return with_card(folder, "BSCALE", "0.0")


@bad_input("BSCALE must be a number. Received: 'one")
def scale_in_words(folder: Path) -> Path:
    return with_card(folder, "BSCALE", "'one     '")


@bad_input("BSCALE must be finite. Received: nan")
def scale_not_a_number(folder: Path) -> Path:
    return with_card(folder, "BSCALE", "NaN")


@bad_input("BSCALE must be finite. Received: inf")
def scale_infinite(folder: Path) -> Path:
    return with_card(folder, "BSCALE", "Inf")


@bad_input("BZERO must be a number")
def zero_point_in_words(folder: Path) -> Path:
    return with_card(folder, "BZERO", "'none    '")


@bad_input("no valid pixel")
def scale_beyond_all_floats(folder: Path) -> Path:
    return with_card(folder, "BSCALE", "1E300")


@bad_input("begins with an extension: its primary HDU is missing")
def primary_missing(folder: Path) -> Path:
    return put(folder, raw_file([(EXTENSION, DATA)]))


@bad_input("PCOUNT 0 and GCOUNT 1. Received: 0, 2")
def two_groups_in_an_image(folder: Path) -> Path:
    return put(folder, raw_file([(EMPTY, b""), ([*EXTENSION[:-1], b"GCOUNT  =                    2"], DATA * 2)]))


@bad_input("PCOUNT 0 and GCOUNT 1. Received: 0, 0")
def no_groups_in_an_image(folder: Path) -> Path:
    return put(folder, raw_file([(EMPTY, b""), ([*EXTENSION[:-1], b"GCOUNT  =                    0"], b"")]))


@bad_input("PCOUNT 0 and GCOUNT 1. Received: 8, 1")
def parameters_in_an_image(folder: Path) -> Path:
    return _extension(folder, "PCOUNT", "8")


@bad_input("PCOUNT and GCOUNT must not be negative. Received: -8, 1")
def negative_parameters(folder: Path) -> Path:
    return _extension(folder, "PCOUNT", "-8")


@bad_input("GCOUNT must be an integer")
def groups_in_words(folder: Path) -> Path:
    return _extension(folder, "GCOUNT", "'one     '")


@bad_input("PCOUNT 0 and GCOUNT 1. Received: 0, 2")
def two_groups_in_the_primary(folder: Path) -> Path:
    groups = [b"PCOUNT  =                    0", b"GCOUNT  =                    2"]
    return put(folder, raw_file([([*CARDS, *groups], DATA * 2)]))


@bad_input("random groups")
def random_groups(folder: Path) -> Path:
    groups = [b"GROUPS  =                    T", b"PCOUNT  =                    1", b"GCOUNT  =                    3"]
    return put(folder, raw_file([([*image_cards(16, (4, 6, 0)), *groups], b"\0" * 150)]))


@bad_input("no HDU holds an image")
def empty_primary_only(folder: Path) -> Path:
    return put(folder, raw_file([(EMPTY, b"")]))


@bad_input("no HDU holds an image of two axes. The file has: .*1 EVENTS table")
def table_only(folder: Path) -> Path:
    return put_hdus(folder, fits.BinTableHDU.from_columns([fits.Column("A", "J", array=np.arange(3))], name="EVENTS"))


@bad_input("no HDU holds an image of two axes")
def text_table_only(folder: Path) -> Path:
    return put_hdus(folder, fits.TableHDU.from_columns([fits.Column("A", "I4", array=np.arange(3))]))


@bad_input("NAXIS1 must not be negative")
def broken_extension_behind_the_image(folder: Path) -> Path:
    path = with_card(folder, "NAXIS1", "-6", EXTENSION)
    path.write_bytes(raw_file([(CARDS, DATA)]) + path.read_bytes())
    return path


@bad_input("no valid pixel: every pixel is NaN")
def all_nan(folder: Path) -> Path:
    return _floats(folder, np.nan)


@bad_input("no valid pixel: every pixel is NaN, infinite")
def all_infinite(folder: Path) -> Path:
    return _floats(folder, np.inf)


@bad_input("no valid pixel: every pixel is NaN, infinite or BLANK")
def all_blank(folder: Path) -> Path:
    return put(folder, raw_file([([*CARDS, b"BLANK   =                 -999"], np.full(24, -999, ">i2").tobytes())]))


@bad_input("no valid pixel: every pixel is NaN, infinite or BLANK")
def all_blank_by_zero(folder: Path) -> Path:
    return put(folder, raw_file([([*CARDS, b"BLANK   =                    0"], bytes(48))]))


@bad_input("denoised already", error=AlreadyDenoisedError, readable=True)
def denoised_already(folder: Path) -> Path:
    return with_card(folder, "AMSDVERS", "'0.1     '")


def _mosaic(folder: Path, *cards: bytes) -> Path:
    """Write a sky seen through red, green, green and blue filters."""
    filters = np.tile([[0.6, 1.0], [1.0, 0.8]], (32, 32))
    data = np.random.default_rng(2).poisson(1000 * filters).astype(">i2")
    return put(folder, raw_file([([*image_cards(16, data.shape), *cards], data.tobytes())]))


@bad_input("mosaic of a colour camera: split it into its four planes .* Received: BAYERPAT = RGGB", readable=True)
def colour_mosaic(folder: Path) -> Path:
    return _mosaic(folder, b"BAYERPAT= 'RGGB    '")


@bad_input("mosaic of a colour camera: split it into its four planes .* Received: no BAYERPAT card", readable=True)
def colour_mosaic_that_does_not_say_so(folder: Path) -> Path:
    return _mosaic(folder)


@bad_input("NAXIS1 must be an integer. Received: ")
def control_characters_in_a_value(folder: Path) -> Path:
    return with_card(folder, "NAXIS1", "'\x1b]0;title\x07\x1b[31m'")
