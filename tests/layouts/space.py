"""Layouts of missions in space."""

from __future__ import annotations

import numpy as np
from made_files import CASES, SHAPE, Case, HDUs, exposure, flags, packed, plane, primary, sigma_of_sky, table

SIGMA = sigma_of_sky()


def _hst(instrument: str, *values: int, detector: str = "", chips: int = 1) -> HDUs:
    made = exposure()
    cards = {"TELESCOP": "HST", "INSTRUME": instrument} | ({"DETECTOR": detector} if detector else {})
    hdus: HDUs = [primary(**cards)]
    for chip in range(1, chips + 1):
        quality = flags(*values, dtype="i2") if chip == chips else flags(dtype="i2")
        hdus += [plane("SCI", made.image, EXTVER=chip, BUNIT="ELECTRONS")]
        hdus += [plane("ERR", made.error, EXTVER=chip), plane("DQ", quality, EXTVER=chip)]
    return hdus


CASES["HST ACS"] = Case(lambda: _hst("ACS", 16, 64, 4096, 512), 1, 6, 1.0, 200, SIGMA, 0.1)
CASES["HST ACS, second chip"] = Case(lambda: _hst("ACS", 4, 256, chips=2), 4, 6, 1.0, 200, SIGMA, 0.1, {"ext": "SCI,2"})
CASES["HST WFC3 UVIS"] = Case(lambda: _hst("WFC3", 32, 16384, detector="UVIS"), 1, 3, 1.0, 200, SIGMA, 0.1)
CASES["HST WFC3 IR"] = Case(lambda: _hst("WFC3", 8, 8192, 1024, detector="IR"), 1, 3, 1.0, 200, SIGMA, 0.1)
CASES["HST WFPC2"] = Case(lambda: _hst("WFPC2", 128, 1024, 512), 1, 6, 1.0, 200, SIGMA, 0.1)
CASES["HST STIS"] = Case(lambda: _hst("STIS", 16, 1024), 1, 3, 1.0, 200, SIGMA, 0.1)


def _nicmos() -> HDUs:
    made = exposure(gain=500.0, sky=1.0)
    return [
        primary(TELESCOP="HST", INSTRUME="NICMOS"),
        plane("SCI", made.image, BUNIT="COUNTS/S"),
        plane("ERR", made.error),
        plane("DQ", flags(32, 1024, 16, dtype="i2")),
        plane("SAMP", np.full(SHAPE, 25, np.int16)),
        plane("TIME", np.full(SHAPE, 1000, np.float32)),
    ]


CASES["HST NICMOS"] = Case(_nicmos, 1, 6, 1 / 500, 1.0, sigma_of_sky(gain=500.0, sky=1.0), 0.1)


def _drizzled() -> HDUs:
    made = exposure(gain=1000.0, sky=0.5)
    weight = np.full(SHAPE, 1000, np.float32)
    weight[:3] = 0
    return [
        primary(TELESCOP="HST", INSTRUME="ACS", EXPTIME=1000.0),
        plane("SCI", made.image, BUNIT="ELECTRONS/S"),
        plane("WHT", weight),
        plane("CTX", np.ones(SHAPE, np.int32)),
        table("HDRTAB"),
    ]


CASES["HST drizzled, weights"] = Case(_drizzled, 1, 3 * SHAPE[1], 1 / 1000, 0.5)


def _jwst(*values: int) -> HDUs:
    made = exposure(gain=400.0, sky=0.8)
    photons = np.maximum(made.variance - (5 / 400) ** 2, 0).astype(np.float32)
    return [
        primary(TELESCOP="JWST", INSTRUME="NIRCAM"),
        plane("SCI", made.image, BUNIT="MJy/sr"),
        plane("ERR", made.error, BUNIT="MJy/sr"),
        plane("DQ", flags(*values, dtype="u4")),
        plane("AREA", np.ones(SHAPE, np.float32)),
        plane("VAR_POISSON", photons),
        plane("VAR_RNOISE", np.full(SHAPE, (5 / 400) ** 2, np.float32)),
        plane("VAR_FLAT", np.zeros(SHAPE, np.float32)),
    ]


JWST_SIGMA = sigma_of_sky(gain=400.0, sky=0.8)
CASES["JWST cal"] = Case(lambda: _jwst(1, 2, 4, 2**31), 1, 6, 1 / 400, 0.8, JWST_SIGMA, 0.1)


def _jwst_combined() -> HDUs:
    made = exposure(gain=400.0, sky=0.8)
    empty = np.zeros(SHAPE, bool)
    empty[:, -4:] = True
    return [
        primary(TELESCOP="JWST", INSTRUME="NIRCAM"),
        plane("SCI", np.where(empty, np.nan, made.image), BUNIT="MJy/sr"),
        plane("ERR", np.where(empty, np.nan, made.error), BUNIT="MJy/sr"),
        plane("CON", np.ones((1, *SHAPE), np.int32)),
        plane("WHT", np.where(empty, 0, 800).astype(np.float32)),
        plane("VAR_POISSON", made.variance),
        plane("VAR_RNOISE", made.variance),
    ]


CASES["JWST i2d"] = Case(_jwst_combined, 1, 4 * SHAPE[0], 1 / 400, 0.8, JWST_SIGMA, 0.12)


def _spherex(**names: int | str) -> HDUs:
    made = exposure(gain=900.0, sky=0.3)
    return [
        primary(TELESCOP="SPHEREx"),
        plane("IMAGE", made.image, BUNIT="MJy/sr"),
        plane("FLAGS", flags(2, 64, 1 << 21, 1 << 19, 1 << 12), **names),
        plane("VARIANCE", made.variance),
        plane("ZODI", np.full(SHAPE, 0.29, np.float32)),
        plane("PSF", np.zeros((3, 5, 5), np.float32)),
        table("WCS-WAVE"),
    ]


OLD = {"MP_OVERFLOW": 1, "MP_NONFUNC": 6, "MP_FULLSAMPLE": 12, "MP_OUTLIER": 19, "MP_SOURCE": 21}
OLD = {("HIERARCH " + name if len(name) > 8 else name): number for name, number in OLD.items()}
NEW: dict[str, int | str] = {}
for number, (bit, name) in enumerate(
    {1: "OVERFLOW", 6: "NONFUNC", 12: "FULLSAMPLE", 19: "OUTLIER", 21: "SOURCE"}.items()
):
    NEW |= {f"MSKN{number:04d}": name, f"MSKM{number:04d}": 1 << bit}
SPHEREX_SIGMA = sigma_of_sky(gain=900.0, sky=0.3)
CASES["SPHEREx QR2"] = Case(lambda: _spherex(**OLD), 1, 9, 1 / 900, 0.3, SPHEREX_SIGMA, 0.1)
CASES["SPHEREx QR3"] = Case(lambda: _spherex(**NEW), 1, 9, 1 / 900, 0.3, SPHEREX_SIGMA, 0.1)


def _euclid(*quadrants: str) -> HDUs:
    made = exposure(gain=3.5, sky=100.0)
    hdus: HDUs = [primary(TELESCOP="EUCLID", INSTRUME="VIS")]
    for number, name in enumerate(quadrants):
        bad = flags(4, 256, 1 << 20) if number == len(quadrants) - 1 else flags()
        hdus += [packed(f"{name}.SCI", made.image, BUNIT="adu")]
        hdus += [packed(f"{name}.RMS", made.error), packed(f"{name}.FLG", bad, kind="GZIP_1")]
    return hdus


EUCLID_SIGMA = sigma_of_sky(gain=3.5, sky=100.0)
CASES["Euclid VIS, one quadrant"] = Case(lambda: _euclid("1-1.E"), 1, 6, 1 / 3.5, 100, EUCLID_SIGMA, 0.1)
CASES["Euclid VIS, two quadrants"] = Case(
    lambda: _euclid("1-1.E", "1-1.F"), 4, 6, 1 / 3.5, 100, EUCLID_SIGMA, 0.1, {"ext": "1-1.F.SCI"}
)


def _nisp() -> HDUs:
    made = exposure(gain=2.0, sky=300.0)
    return [
        primary(TELESCOP="EUCLID", INSTRUME="NISP"),
        plane("DET11.SCI", made.image),
        plane("DET11.RMS", made.error),
        plane("DET11.DQ", flags(2, 64, 128)),
    ]


CASES["Euclid NISP"] = Case(_nisp, 1, 6, 1 / 2.0, 300, sigma_of_sky(gain=2.0, sky=300.0), 0.1)


def _tess() -> HDUs:
    seconds = 1425.6
    made = exposure(gain=seconds, sky=0.7, read_noise=8.0)
    cards = {"TELESCOP": "TESS", "INSTRUME": "TESS Photometer", "EXPOSURE": seconds / 86400}
    return [
        primary(**cards),
        plane("CAMERA.CCD 1.1 cal", made.image, BUNIT="electrons/s", **cards),
        plane("CAMERA.CCD 1.1 uncert", made.error, BUNIT="electrons/s"),
    ]


CASES["TESS full frame"] = Case(_tess, 1, 0, 1 / 1425.6, 0.7, sigma_of_sky(gain=1425.6, sky=0.7, read_noise=8.0), 0.1)


def _kepler() -> HDUs:
    made = exposure(gain=1765.5, sky=0.7, read_noise=8.0)
    cards = {"TELESCOP": "Kepler", "EXPOSURE": 1765.5 / 86400, "BUNIT": "electrons/s"}
    return [primary(TELESCOP="Kepler"), plane("MOD.OUT 2.1", made.image, **cards)]


CASES["Kepler full frame, one channel"] = Case(_kepler, 1, 0, 1 / 1765.5, 0.7)


def _counts(**cards: str) -> HDUs:
    rng = np.random.default_rng(5)
    y, x = np.indices(SHAPE)
    mean = 0.8 + 60 * np.exp(-((y - 50) ** 2 + (x - 60) ** 2) / 30)
    return [primary(rng.poisson(mean).astype(np.int16), **cards), table("GTI")]


CASES["Chandra counts"] = Case(lambda: _counts(TELESCOP="CHANDRA", INSTRUME="ACIS"), 0, 0, 1.0, 0.8, within=0.1)
CASES["XMM counts"] = Case(lambda: _counts(TELESCOP="XMM", INSTRUME="EMOS1"), 0, 0, 1.0, 0.8, within=0.1)


def _swift() -> HDUs:
    return [primary(TELESCOP="SWIFT", INSTRUME="UVOTA"), plane("VV123456789I", _counts()[0].data)]


CASES["Swift counts, one snapshot"] = Case(_swift, 1, 0, 1.0, 0.8, within=0.1)


def _spitzer() -> HDUs:
    made = exposure(gain=800.0, sky=0.4)
    return [primary(made.image, TELESCOP="Spitzer", INSTRUME="IRAC", BUNIT="MJy/sr", EXPTIME=26.8, GAIN=3.7)]


CASES["Spitzer IRAC, basic data"] = Case(_spitzer, 0, 0, 1 / 800, 0.4, within=0.6)
