"""Inputs that break some rule and are read all the same, with a warning where it says something."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import numpy as np
from kind_registry import CARDS, DATA, GOOD, PIXELS, odd_input, put, with_card
from raw_files import ODD_CARDS, image_cards, raw_file

ONE_VALID = np.full(PIXELS.shape, np.nan)
ONE_VALID[2, 3] = 5.0


@odd_input("padding")
def padding_cut(folder: Path) -> Path:
    return put(folder, GOOD[: 2880 + len(DATA)])


@odd_input("padding")
def padding_cut_in_the_middle(folder: Path) -> Path:
    return put(folder, GOOD[:-100])


@odd_input("no HDU")
def junk_behind_the_last_hdu(folder: Path) -> Path:
    return put(folder, GOOD + b"junk" * 999)


@odd_input("no HDU")
def a_block_of_zeros_behind_the_last_hdu(folder: Path) -> Path:
    return put(folder, GOOD + bytes(2880))


@odd_input("named .gz but is not packed")
def plain_file_named_gz(folder: Path) -> Path:
    return put(folder, GOOD, "frame.fits.gz")


@odd_input()
def packed_file_named_plainly(folder: Path) -> Path:
    return put(folder, gzip.compress(GOOD))


@odd_input()
def bzip2_named_as_it_likes(folder: Path) -> Path:
    return put(folder, bz2.compress(GOOD), "frame.bin")


@odd_input()
def xz_file(folder: Path) -> Path:
    return put(folder, lzma.compress(GOOD), "frame.fits.xz")


@odd_input(pixels=np.full((20, 30), 7.0))
def constant_image(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(16, (20, 30)), np.full(600, 7, ">i2").tobytes())]))


@odd_input("BLANK must be an integer, ignored. Received: 1.5")
def blank_of_one_and_a_half(folder: Path) -> Path:
    return with_card(folder, "BLANK", "1.5")


@odd_input("BLANK must be an integer, ignored")
def blank_in_words(folder: Path) -> Path:
    return with_card(folder, "BLANK", "'none    '")


@odd_input(measuring="GAIN must be a number above 0.001 and below 1000, ignored")
def gain_of_zero(folder: Path) -> Path:
    return with_card(folder, "GAIN", "0.0")


@odd_input(measuring="GAIN must be a number above 0.001 and below 1000, ignored")
def gain_in_words(folder: Path) -> Path:
    return with_card(folder, "GAIN", "'high    '")


@odd_input(measuring="GAIN must be a number above 0.001 and below 1000, ignored")
def gain_that_cannot_be_parsed(folder: Path) -> Path:
    return with_card(folder, "GAIN", "1.5.5")


@odd_input("BUNIT is not understood, pixels are taken as numbers. Received: 'florps'")
def unknown_unit(folder: Path) -> Path:
    return with_card(folder, "BUNIT", "'florps  '")


def _wcs(folder: Path, kind: str) -> Path:
    cards = [b"CTYPE1  = 'RA---%s'" % kind.encode(), b"CTYPE2  = 'DEC--%s'" % kind.encode()]
    return put(folder, raw_file([([*CARDS, *cards, b"CD1_1   =                  0.0"], DATA)]))


@odd_input()
def coordinates_of_an_unknown_projection(folder: Path) -> Path:
    return _wcs(folder, "XYZ")


@odd_input()
def coordinates_of_no_extent(folder: Path) -> Path:
    return _wcs(folder, "TAN")


@odd_input(pixels=ONE_VALID)
def one_valid_pixel(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(-32, PIXELS.shape), ONE_VALID.astype(">f4").tobytes())]))


@odd_input(pixels=np.array([[5.0]]))
def one_pixel(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(-32, (1, 1)), np.full(1, 5, ">f4").tobytes())]))


@odd_input(pixels=PIXELS[:1])
def one_row(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(16, (1, 6)), DATA[:12])]))


@odd_input()
def axes_of_length_one(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(16, (1, 1, *PIXELS.shape)), DATA)]))


@odd_input()
def cards_that_break_the_standard(folder: Path) -> Path:
    return put(folder, raw_file([([*CARDS, *ODD_CARDS], DATA)]))


@odd_input()
def axis_given_twice_alike(folder: Path) -> Path:
    return put(folder, raw_file([([*CARDS, CARDS[3]], DATA)]))


@odd_input()
def name_with_blanks(folder: Path) -> Path:
    return put(folder, GOOD, " a  frame .fits")


@odd_input()
def name_with_brackets(folder: Path) -> Path:
    return put(folder, GOOD, "frame[1][*].fits")


@odd_input()
def name_beyond_ascii(folder: Path) -> Path:
    return put(folder, GOOD, "sté ☄ llär.fits")


@odd_input()
def name_that_is_no_text(folder: Path) -> Path:
    return put(folder, GOOD, b"lat\xeen.fits".decode("utf-8", "surrogateescape"))


@odd_input()
def name_with_a_leading_dash(folder: Path) -> Path:
    return put(folder, GOOD, "-frame.fits")


@odd_input()
def name_with_percent_signs(folder: Path) -> Path:
    return put(folder, GOOD, "%s %(name)s {0}.fits")


@odd_input()
def link_to_a_file(folder: Path) -> Path:
    (folder / "link.fits").symlink_to(put(folder, GOOD))
    return folder / "link.fits"
