"""Awkward numbers: every type, scaling, size and range."""

from __future__ import annotations

import numpy as np
from awkward_case import Made, awkward, card, counts, scene, true_image


@awkward()
def unsigned_bytes() -> Made:
    values = np.clip(counts() // 4, 0, 255)
    return true_image(values.astype("u1"), values)


@awkward()
def signed_bytes() -> Made:
    values = np.clip(counts() // 4 - 128, -128, 127)
    return true_image((values + 128).astype("u1"), values, card("BZERO", "-128"))


@awkward()
def integers_of_two_bytes() -> Made:
    return true_image(counts().astype("i2"), counts())


@awkward()
def integers_of_four_bytes() -> Made:
    return true_image(counts().astype("i4"), counts())


@awkward()
def integers_of_eight_bytes() -> Made:
    return true_image(counts().astype("i8"), counts())


@awkward(double=True)
def integers_of_eight_bytes_on_a_pedestal() -> Made:
    return true_image(counts() + 2**40, counts() + 2**40)


@awkward()
def unsigned_integers_of_two_bytes() -> Made:
    values = counts() + 40_000
    return true_image((values - 2**15).astype("i2"), values, card("BZERO", "32768"), card("BSCALE", "1"))


@awkward()
def zero_point_with_an_exponent() -> Made:
    return true_image((counts() - 2**15).astype("i2"), counts(), card("BZERO", "3.2768D4"), card("BSCALE", "1.D0"))


@awkward(double=True)
def unsigned_integers_of_four_bytes() -> Made:
    values = counts() + 3_000_000_000
    return true_image((values - 2**31).astype("i4"), values, card("BZERO", "2147483648"))


@awkward()
def unsigned_integers_of_eight_bytes() -> Made:
    values = 64 * counts()
    stored = (values.astype("u8") ^ np.uint64(2**63)).view("i8")
    return true_image(stored, values, card("BZERO", "9223372036854775808"), card("BSCALE", "1"))


@awkward(double=True)
def integers_beyond_the_reach_of_float32() -> Made:
    return true_image((counts() + 2**24).astype("i4"), counts() + 2**24)


@awkward(double=True)
def integers_that_a_zero_point_takes_out_of_reach() -> Made:
    return true_image(counts().astype("i4"), counts() + 50_000_000, card("BZERO", "50000000"))


@awkward()
def wide_integers_within_reach() -> Made:
    return true_image((1000 * counts()).astype("i4"), 1000 * counts())


@awkward()
def scaled_integers() -> Made:
    return true_image(counts().astype("i2"), counts() * 0.25 + 1000.5, card("BSCALE", "0.25"), card("BZERO", "1000.5"))


@awkward()
def integers_scaled_upside_down() -> Made:
    return true_image((-counts()).astype("i2"), counts() * 2.0, card("BSCALE", "-2.0"))


@awkward()
def scaled_floats() -> Made:
    stored = scene().astype("f4")
    return true_image(stored, stored.astype("f8") * 3 - 50, card("BSCALE", "3.0"), card("BZERO", "-50.0"))


@awkward()
def scaled_doubles() -> Made:
    return true_image(scene(), scene() * 1e-3, card("BSCALE", "1.E-3"))


@awkward()
def four_axes() -> Made:
    stored = scene((1, 1, 24, 31)).astype("f4")
    stored[0, 0, 5, 5] = np.nan
    return true_image(stored, stored)


@awkward()
def three_axes_of_integers() -> Made:
    return true_image(counts((1, 24, 31)).astype("i2"), counts((1, 24, 31)))


@awkward(warns=("narrower than",))
def one_row_of_several_tiles() -> Made:
    return true_image(scene((1, 1300)).astype("f4"), scene((1, 1300)).astype("f4"))


@awkward(warns=("narrower than",))
def one_column_of_several_tiles() -> Made:
    return true_image(counts((1300, 1)).astype("i2"), counts((1300, 1)))


@awkward(warns=("or the weights do not suit the frame",))  # which only blur
def several_tiles() -> Made:
    return true_image(counts((530, 520)).astype("i2"), counts((530, 520)))


@awkward(warns=("shows no noise",))
def one_pixel() -> Made:
    return true_image(np.array([[7]], "i2"), np.array([[7]]))


@awkward(warns=("narrower than",))
def two_rows() -> Made:
    return true_image(scene((2, 50)).astype("f4"), scene((2, 50)).astype("f4"))


@awkward(warns=("shows no noise",))
def constant() -> Made:
    return true_image(np.full((24, 31), 77, "i2"), np.full((24, 31), 77))


@awkward(warns=("shows no noise",))
def constant_zero_with_nan() -> Made:
    stored = np.zeros((24, 31))
    stored[2:5] = np.nan
    return true_image(stored, stored)


@awkward(warns=("shows no noise",))
def constant_but_for_one_pixel() -> Made:
    stored = np.full((24, 31), 77, "i2")
    stored[12, 12] = 30_000
    return true_image(stored, stored)


@awkward()
def doubles_on_a_large_pedestal() -> Made:
    return true_image(scene(level=1e9, sigma=1.0), scene(level=1e9, sigma=1.0))


@awkward()
def floats_on_a_large_pedestal() -> Made:
    stored = scene(level=1e6, sigma=3.0).astype("f4")
    return true_image(stored, stored)


@awkward()
def sky_taken_off() -> Made:
    stored = scene(level=0.0, sigma=0.01).astype("f4")
    return true_image(stored, stored)


@awkward()
def tiny_fluxes() -> Made:
    stored = (1e-18 * scene()).astype("f4")
    return true_image(stored, stored, b"BUNIT   = 'erg/s/cm2/Angstrom'")


@awkward()
def huge_values() -> Made:
    stored = (1e15 * scene()).astype("f4")
    return true_image(stored, stored)


@awkward()
def saturated_star() -> Made:
    values = np.minimum(counts() + 65_000 * (scene() > 600), 65_535)
    return true_image((values - 2**15).astype("i2"), values, card("BZERO", "32768"), card("GAIN", "1.5"))


@awkward()
def extremes_in_the_header() -> Made:
    return true_image(
        counts().astype("i2"),
        counts(),
        card("DATAMIN", "1", "least"),
        b"DATAMAX =              2.5E+01 / largest, free of truth",
    )


@awkward()
def extremes_that_are_no_numbers() -> Made:
    return true_image(counts().astype("i2"), counts(), b"DATAMAX = 'unknown '", card("DATAMIN", "NaN"))
