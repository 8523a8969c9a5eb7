"""Awkward gaps: BLANK in every combination, NaN, infinities."""

from __future__ import annotations

import numpy as np
from awkward_case import Made, awkward, card, counts, scene, true_image
from numpy.typing import NDArray


def _blanked(stored: NDArray[np.generic], blank: int, physical: NDArray[np.floating], *cards: bytes) -> Made:
    """Return a file in which three pixels hold the BLANK."""
    stored, physical = stored.copy(), physical.copy()
    for place in ((0, 0), (7, 9), (20, 30)):
        stored[place], physical[place] = blank, np.nan
    return true_image(stored, physical, card("BLANK", str(blank)), *cards)


@awkward()
def blank() -> Made:
    return _blanked(counts().astype("i2"), -32768, counts().astype("f8"))


@awkward()
def blank_of_zero() -> Made:
    return _blanked(counts().astype("i2"), 0, counts().astype("f8"))


@awkward()
def blank_of_bytes() -> Made:
    values = np.clip(counts() // 4, 0, 254)
    return _blanked(values.astype("u1"), 255, values.astype("f8"))


@awkward()
def blank_of_unsigned_integers() -> Made:
    stored = (counts() - 2**15).astype("i2")
    return _blanked(stored, 32767, counts().astype("f8"), card("BZERO", "32768"))


@awkward()
def blank_of_zero_on_unsigned_integers() -> Made:
    stored = (counts() + 32_000 - 2**15).astype("i2")
    return _blanked(stored, 0, np.where(stored == 0, np.nan, counts() + 32_000.0), card("BZERO", "32768"))


@awkward(double=True)
def blank_of_wide_unsigned_integers() -> Made:
    stored = (counts() + 3_000_000_000 - 2**31).astype("i4")
    return _blanked(stored, -(2**31), counts() + 3e9, card("BZERO", "2147483648"))


@awkward()
def blank_of_scaled_integers() -> Made:
    return _blanked(counts().astype("i4"), 99_999, counts() * 0.5 + 7, card("BSCALE", "0.5"), card("BZERO", "7"))


@awkward()
def blank_that_does_not_occur() -> Made:
    return true_image(counts().astype("i2"), counts(), card("BLANK", "-32768", "nothing is missing"))


@awkward()
def blank_that_no_pixel_can_hold() -> Made:
    values = np.clip(counts() // 4, 0, 255)
    return true_image(values.astype("u1"), values, card("BLANK", "-32768"))


@awkward()
def blank_on_floats() -> Made:
    stored = scene().astype("f4")
    return true_image(stored, stored, card("BLANK", "-32768", "has no meaning here"))


@awkward(warns=("BLANK must be an integer",))
def blank_with_a_fraction() -> Made:
    return true_image(counts().astype("i2"), counts(), card("BLANK", "1.5"))


@awkward()
def nan_and_infinities() -> Made:
    stored = scene().astype("f4")
    stored[3, 4], stored[10, 11], stored[15, 0] = np.nan, np.inf, -np.inf
    stored.view("u4")[8, 8] = 0x7FC12345  # a NaN that carries something
    stored.view("u4")[8, 9] = 0xFFC00001
    return true_image(stored, stored)


@awkward()
def nan_and_infinities_in_doubles() -> Made:
    stored = scene()
    stored[0], stored[:, -1], stored[5, 5], stored[6, 6] = np.nan, np.nan, np.inf, -np.inf
    return true_image(stored, stored)


@awkward()
def nearly_all_nan() -> Made:
    stored = np.full((24, 31), np.nan, "f4")
    stored[8:16, 8:16] = scene((8, 8))
    return true_image(stored, stored)


@awkward(warns=("shows no noise",))
def one_valid_pixel() -> Made:
    stored = np.full((24, 31), np.nan, "f4")
    stored[4, 4] = 5
    return true_image(stored, stored)
