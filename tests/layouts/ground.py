"""Layouts of surveys and pipelines on the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
from made_files import CASES, SHAPE, Case, HDUs, exposure, flags, packed, plane, primary, sigma_of_sky, table

LSST_OLD = ("BAD", "SAT", "INTRP", "CR", "EDGE", "DETECTED", "DETECTED_NEGATIVE", "SUSPECT", "NO_DATA")
LSST_NEW = ("BAD", "SATURATED", "INTERPOLATED", "COSMIC_RAY", "DETECTION_EDGE", "DETECTED", "SUSPECT", "NO_DATA")
COADD = ("NO_DATA", "INTERPOLATED", "COSMIC_RAY", "SATURATED", "DETECTION_EDGE", "CLIPPED", "REJECTED", "DETECTED")
SIGMA = sigma_of_sky(gain=1.5)


def _by_number(*names: str) -> dict[str, Any]:
    cards = {f"MP_{name}": number for number, name in enumerate(names)}
    return {("HIERARCH " + key if len(key) > 8 else key): number for key, number in cards.items()}


def _by_value(*names: str) -> dict[str, Any]:
    cards: dict[str, Any] = {}
    for number, name in enumerate(names):
        cards |= {f"MSKN{number:04d}": name, f"MSKM{number:04d}": 1 << number, f"MSKD{number:04d}": f"What {name} is"}
    return cards


def _lsst(cards: dict[str, Any], *values: int, source: int = 0) -> HDUs:
    """An image whose every star is marked by a bit of the mask."""
    made = exposure(gain=1.5)
    mask = flags(*values)
    mask[made.image > 260] |= source
    hdus = [primary(), packed("IMAGE", made.image, BUNIT="nJy"), packed("MASK", mask, **cards)]
    return [*hdus, packed("VARIANCE", made.variance), table("ARCHIVE_INDEX"), table("DETECTOR")]


CASES["LSST DP1 visit"] = Case(
    lambda: _lsst(_by_number(*LSST_OLD), 1, 8, 16, 128, source=32), 1, 6, 1 / 1.5, 200, SIGMA, 0.1
)
CASES["LSST DP1 coadd"] = Case(
    lambda: _lsst(_by_number(*LSST_OLD, "INEXACT_PSF", "CLIPPED"), 4, 2, 256, 1 << 9, source=32),
    1, 6, 1 / 1.5, 200, SIGMA, 0.1,
)  # fmt: skip
CASES["Rubin visit"] = Case(
    lambda: _lsst(_by_value(*LSST_NEW), 2, 4, 8, 16, 64, 128, source=32), 1, 12, 1 / 1.5, 200, SIGMA, 0.1
)
CASES["Rubin coadd"] = Case(
    lambda: _lsst(_by_value(*COADD), 1, 2, 4, 8, 32, 64, source=128), 1, 6, 1 / 1.5, 200, SIGMA, 0.1
)
CASES["Rubin difference"] = Case(
    lambda: _lsst(_by_value("BAD", "DETECTED", "DETECTED_NEGATIVE", "SAT_TEMPLATE"), 1, 4, 8, source=2),
    1, 3, 1 / 1.5, 200, SIGMA, 0.1,
)  # fmt: skip
CASES["HSC, bits in another order"] = Case(
    lambda: _lsst(_by_number("DETECTED", "CROSSTALK", "NOT_DEBLENDED", "SAT"), 2, 4, 8, source=1),
    1, 6, 1 / 1.5, 200, SIGMA, 0.1,
)  # fmt: skip


def _decam(name: str, **cards: Any) -> HDUs:
    made = exposure(gain=3.9)
    return [primary(INSTRUME="DECam"), plane(name, made.image, GAINA=3.87, GAINB=3.93, RDNOISEA=5.0, **cards)]


CASES["DECam, one chip"] = Case(lambda: _decam("N4", PRODTYPE="image"), 1, 0, 1 / 3.9, 200)


def _community(version: str, *values: int) -> HDUs:
    quality = plane("DQ4", flags(*values, dtype="i2"), PRODTYPE="dqmask", PLVER=version)
    return [*_decam("N4"), quality]


CASES["DECam, codes"] = Case(
    lambda: _community("V4.8.2", 1, 5, 7, 8), 1, 6, 1 / 3.9, 200, options={"ext": "N4", "mask_ext": "DQ4"}
)
CASES["DECam, bits of an old pipeline"] = Case(
    lambda: _community("V3.4", 4, 16, 128), 1, 6, 1 / 3.9, 200, options={"ext": "N4", "mask_ext": "DQ4"}
)


def _des(mask: str, *values: int, **cards: str) -> HDUs:
    made = exposure(gain=4.0)
    weight = made.inverse.copy()
    weight[-1] = 0
    return [
        primary(),
        plane("SCI", made.image, INSTRUME="DECam"),
        plane(mask, flags(*values, dtype="i2"), **cards),
        plane("WGT", weight),
    ]


DES_SIGMA = sigma_of_sky(gain=4.0)
CASES["DES exposure"] = Case(lambda: _des("MSK", 1, 32, 1024, 8), 1, 6 + SHAPE[1], 1 / 4, 200, DES_SIGMA, 0.1)
CASES["DES, told by a card"] = Case(
    lambda: _des("MASK", 2, 256, 64, DES_EXT="MASK"), 1, 6 + SHAPE[1], 1 / 4, 200, DES_SIGMA, 0.1
)


def _desi() -> HDUs:
    made = exposure()
    planes = [plane("IVAR", made.inverse), plane("MASK", flags(2, 8)), plane("READNOISE", np.full(SHAPE, 5, "f4"))]
    return [primary(made.image, INSTRUME="DESI", EXTNAME="IMAGE", BUNIT="electron"), *planes]


CASES["DESI preprocessed"] = Case(_desi, 0, 6, 1.0, 200, sigma_of_sky(), 0.1)


def _legacy(*planes: Any) -> HDUs:
    return [primary(), packed("IMAGE", exposure(gain=500.0, sky=0.4).image, BUNIT="nanomaggy"), *planes]


LEGACY_SIGMA = sigma_of_sky(gain=500.0, sky=0.4)
CASES["Legacy Surveys, mask bits"] = Case(
    lambda: _legacy(packed("MASKBITS", flags(2, 32, 4096, 128))), 1, 6, 1 / 500, 0.4, within=0.6
)
CASES["Legacy Surveys, inverse variance"] = Case(
    lambda: _legacy(packed("INVVAR", exposure(gain=500.0, sky=0.4).inverse)), 1, 0, 1 / 500, 0.4, LEGACY_SIGMA, 0.1
)


def _panstarrs(*planes: Any) -> HDUs:
    made = exposure(gain=1.04)
    header = {"HIERARCH CELL.GAIN": 1.04, "HIERARCH CELL.READNOISE": 5.0}
    return [primary(np.where(flags(1) > 0, np.nan, made.image), **header), *planes]


CASES["Pan-STARRS warp"] = Case(_panstarrs, 0, 3, 1 / 1.04, 200)
NAMED = {
    "MSKNAM00": "DETECTOR",
    "MSKVAL00": 1,
    "MSKNAM01": "STARCORE",
    "MSKVAL01": 4096,
    "MSKNAM02": "SAT",
    "MSKVAL02": 32,
}
CASES["Pan-STARRS, named bits"] = Case(
    lambda: _panstarrs(plane("MASK", flags(1, 4096, 32, 1 << 14), **NAMED)), 0, 6, 1 / 1.04, 200
)


def _ztf(*planes: Any) -> HDUs:
    made = exposure(gain=6.2)
    return [primary(made.image, INSTRUME="ZTF/MOSAIC", GAIN=6.2, READNOI=5.0, BUNIT="DN", EXPTIME=30.0), *planes]


CASES["ZTF"] = Case(_ztf, 0, 0, 1 / 6.2, 200)
CASES["ZTF, its mask"] = Case(lambda: _ztf(plane("MASK", flags(2, 2048, 1, 512, dtype="i2"))), 0, 6, 1 / 6.2, 200)


def _sdss() -> HDUs:
    made = exposure(gain=400.0, sky=0.5)
    vector = fits_vector(np.full(SHAPE[1], 0.005, np.float32))
    return [
        primary(made.image, TELESCOP="2.5m", ORIGIN="SDSS", BUNIT="nanomaggy", EXPTIME="53.907456"),
        vector,
        table(""),
    ]


def fits_vector(values: np.ndarray) -> Any:
    """Return an HDU of one axis."""
    return plane("", values)


CASES["SDSS frame"] = Case(_sdss, 0, 0, 1 / 400, 0.5, within=0.6)


def _banzai(*, old: bool = False) -> HDUs:
    made = exposure(gain=2.0 if old else 1.0)
    cards = {"ORIGIN": "LCOGT", "INSTRUME": "fa16", "GAIN": 2.0 if old else 1.0, "RDNOISE": 5.0}
    image = packed("SCI", made.image, BUNIT="adu" if old else "electron", **cards)
    hdus = [primary(), image, table("CAT"), packed("BPM", flags(1, 2, 4, dtype="u1"))]
    return hdus if old else [*hdus, packed("ERR", made.error)]


CASES["LCO BANZAI"] = Case(_banzai, 1, 6, 1.0, 200, sigma_of_sky(), 0.1)
CASES["LCO BANZAI in adu"] = Case(lambda: _banzai(old=True), 1, 6, 1 / 2, 200)


def _kbmod(n_epochs: int) -> HDUs:
    made = exposure(gain=1.5)
    hdus: HDUs = [primary(), table("KBMOD_CONFIG"), table("IMG_META")]
    for number in range(n_epochs):
        hdus += [packed(f"SCI_{number}", made.image + number), packed(f"VAR_{number}", made.variance)]
        hdus += [plane(f"MSK_{number}", flags(number)), plane(f"PSF_{number}", np.ones((3, 3), np.float32))]
    return hdus


CASES["KBMOD, third epoch"] = Case(lambda: _kbmod(3), 11, 3, 1 / 1.5, 202, SIGMA, 0.1, {"ext": "SCI_2"})
CASES["KBMOD, first epoch"] = Case(lambda: _kbmod(3), 3, 0, 1 / 1.5, 200, SIGMA, 0.1, {"ext": "SCI_0"})


def _casu(**cards: Any) -> HDUs:
    made = exposure(gain=4.5, sky=1500.0, read_noise=25.0)
    return [
        primary(TELESCOP="UKIRT", INSTRUME="WFCAM"),
        packed("DET1.CHIP1", made.image, GAIN=4.5, READNOIS=25.0, **cards),
    ]


CASES["UKIDSS, VISTA pawprint"] = Case(_casu, 1, 0, 1 / 4.5, 1500)


def _muse(stem: str = "") -> HDUs:
    made = exposure(gain=0.05, sky=100.0)
    planes = {"DATA": made.image, "STAT": made.variance, "DQ": flags(1, 2**5, 2**20)}
    named = [plane(stem + name, values) for name, values in planes.items()]
    return [primary(INSTRUME="MUSE"), *named]


MUSE_SIGMA = sigma_of_sky(gain=0.05, sky=100.0)
CASES["MUSE image of a band"] = Case(_muse, 1, 9, 20.0, 100, MUSE_SIGMA, 0.1)
CASES["ESO, stems"] = Case(lambda: _muse("CHIP1.INT1."), 1, 9, 20.0, 100, MUSE_SIGMA, 0.1)


def _eso() -> HDUs:
    made = exposure(gain=2.1, pedestal=150.0)
    cards = {"HIERARCH ESO DET OUT1 CONAD": 2.1, "HIERARCH ESO DET OUT1 GAIN": 0.476, "HIERARCH ESO DET OUT1 RON": 5.0}
    return [primary(INSTRUME="FORS2"), plane("CHIP1", made.image, **cards)]


CASES["ESO raw"] = Case(_eso, 1, 0, 1 / 2.1, 350)


def _mosaic() -> HDUs:
    made = exposure(gain=1.9 * 30, sky=10.0)
    cards = {"BUNIT": "counts/s", "GAIN": 1.9}
    return [primary(INSTRUME="Mosaic3", EXPTIME=30.0), plane("CCD3", made.image, **cards)]


CASES["Mosaic, counts a second"] = Case(_mosaic, 1, 0, 1 / (1.9 * 30), 10)
