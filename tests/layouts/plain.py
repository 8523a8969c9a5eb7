"""Layouts of programs and of people: CCDData's own, cameras, and names put together by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits
from made_files import CASES, SHAPE, Case, HDUs, exposure, flags, packed, plane, primary, sigma_of_sky

SIGMA = sigma_of_sky(gain=2.0)


def _ccddata(kind: str) -> HDUs:
    made = exposure(gain=2.0)
    values = {"StdDevUncertainty": made.error, "VarianceUncertainty": made.variance, "InverseVariance": made.inverse}
    mask = flags(1, 1, dtype="u1")
    return [primary(made.image, BUNIT="adu"), plane("MASK", mask), plane("UNCERT", values[kind], UTYPE=kind)]


for utype in ("StdDevUncertainty", "VarianceUncertainty", "InverseVariance"):
    CASES[f"CCDData, {utype}"] = Case(lambda kind=utype: _ccddata(kind), 0, 6, 1 / 2, 200, SIGMA, 0.1)


def _camera(**cards: Any) -> HDUs:
    made = exposure(gain=0.8, pedestal=500.0)
    return [primary(np.rint(made.image).astype(np.uint16), **cards)]


CASES["camera of a setting and a gain"] = Case(
    lambda: _camera(INSTRUME="ZWO ASI2600MM", GAIN=100, EGAIN=0.8, OFFSET=50), 0, 0, 1 / 0.8, 700
)
CASES["gain as text"] = Case(lambda: _camera(GAIN="0.8", RDNOISE="5.0"), 0, 0, 1 / 0.8, 700)


def _trimmed(**cards: str) -> HDUs:
    made = exposure(gain=2.0)
    image = made.image.copy()
    image[:, :10] = 3.0
    return [primary(image, GAIN=2.0, RDNOISE=5.0, **cards)]


CASES["overscan, TRIMSEC"] = Case(
    lambda: _trimmed(TRIMSEC="[11:120,1:112]", BIASSEC="[1:10,1:112]"), 0, 10 * SHAPE[0], 1 / 2, 200
)
CASES["overscan, an open section"] = Case(lambda: _trimmed(DATASEC="[11:120, :]"), 0, 10 * SHAPE[0], 1 / 2, 200)


def _radio() -> HDUs:
    rng = np.random.default_rng(3)
    image = rng.normal(0, 0.02, SHAPE).astype(np.float32)
    image[50:54, 60:64] += 1.5
    return [primary(image[None, None], BUNIT="JY/BEAM", CTYPE3="FREQ", CTYPE4="STOKES")]


CASES["radio map of four axes"] = Case(_radio, 0, 0, 0.0, 0.0)


def _blank() -> HDUs:
    made = exposure(gain=2.0)
    stored = np.rint(made.image).astype(np.int16)
    stored[flags(1, 1) > 0] = -32768
    return [primary(stored, BLANK=-32768, GAIN=2.0, RDNOISE=5.0)]


CASES["BLANK"] = Case(_blank, 0, 6, 1 / 2, 200)


def _named(*planes: Any, image: str = "", **cards: Any) -> HDUs:
    made = exposure(gain=2.0)
    if not image:
        return [primary(made.image, GAIN=2.0, RDNOISE=5.0, **cards), *planes]
    return [primary(**cards), plane(image, made.image, GAIN=2.0, RDNOISE=5.0), *planes]


ERROR, VARIANCE, INVERSE = (getattr(exposure(gain=2.0), name) for name in ("error", "variance", "inverse"))
CASES["a word before the name of a chip"] = Case(
    lambda: _named(plane("MASK_N4", flags(1)), plane("N5", ERROR), image="N4"), 1, 3, 1 / 2, 200, options={"ext": "N4"}
)
CASES["a word behind it"] = Case(
    lambda: _named(plane("N4_WEIGHT", 1 - flags(1)), plane("N4-DQ", flags(4)), image="N4"), 1, 3, 1 / 2, 200
)
CASES["numbers without a separator"] = Case(
    lambda: _named(plane("VAR1", VARIANCE), plane("BPM1", flags(9)), image="SCI1"), 1, 3, 1 / 2, 200, SIGMA, 0.1
)
CASES["small letters"] = Case(
    lambda: _named(plane("err", ERROR), plane("mask", flags(1, 7)), image="sci"), 1, 6, 1 / 2, 200, SIGMA, 0.1
)
CASES["a mask packed by PLIO"] = Case(
    lambda: _named(packed("BPM", flags(1, 1), kind="PLIO_1"), image="SCI"), 1, 6, 1 / 2, 200
)
CASES["a mask of floats"] = Case(lambda: _named(plane("MASK", flags(1, 1).astype("f4"))), 0, 6, 1 / 2, 200)
CASES["a mask of 64 bits"] = Case(lambda: _named(plane("MASK", flags(1, 2**40, dtype="i8"))), 0, 6, 1 / 2, 200)
CASES["bits that are told"] = Case(
    lambda: _named(plane("DQ", flags(1, 2, 4)), image="SCI"), 1, 6, 1 / 2, 200, options={"mask_bits": 5}
)
CASES["quality of no known layout"] = Case(lambda: _named(plane("DQ", flags(1, 2)), image="SCI"), 1, 0, 1 / 2, 200)
CASES["errors of which the frame tells what they are"] = Case(
    lambda: _named(plane("E", VARIANCE), image="SCI"), 1, 0, 1 / 2, 200, SIGMA, 0.1, {"error_ext": "E"}
)
CASES["errors of which a person tells it"] = Case(
    lambda: _named(plane("E", INVERSE), image="SCI"), 1, 0, 1 / 2, 200, SIGMA, 0.1,
    {"error_ext": "E", "error_kind": "inverse"},
)  # fmt: skip
CASES["variances under another name"] = Case(
    lambda: _named(plane("NOISE_VAR", VARIANCE), image="SCI"), 1, 0, 1 / 2, 200, SIGMA, 0.1,
    {"error_ext": "NOISE_VAR"},
)  # fmt: skip


def _no_value() -> HDUs:
    error = ERROR.copy()
    error[flags(1) > 0], error[flags(0, 1) > 0], error[flags(0, 0, 1) > 0] = 0, np.nan, -1
    return _named(plane("ERR", error), image="SCI")


CASES["errors that are no positive number"] = Case(_no_value, 1, 9, 1 / 2, 200, SIGMA, 0.1)
CASES["primary image, table and mask"] = Case(
    lambda: _named(fits.BinTableHDU.from_columns([fits.Column("N", "J", array=[1])]), plane("BPM", flags(1))),
    0, 3, 1 / 2, 200,
)  # fmt: skip
