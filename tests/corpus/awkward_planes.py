"""Awkward families: an image with the masks, errors and weights that go with it."""

from __future__ import annotations

import io

import numpy as np
from astropy.io import fits
from awkward_case import Made, awkward, card, counts, empty_primary, extension, plane, scene
from numpy.typing import NDArray
from raw_files import raw_file

SHAPE = (24, 31)
PLACES = ([2, 2, 11, 23], [3, 4, 20, 0])


def _bits(*values: int) -> NDArray[np.int32]:
    """Return a plane of bits that are set at PLACES."""
    bits = np.zeros(SHAPE, np.int32)
    bits[PLACES] = values
    return bits


def _marked(*which: int) -> NDArray[np.bool_]:
    """Return where some of PLACES are."""
    mask = np.zeros(SHAPE, bool)
    for i in which:
        mask[PLACES[0][i], PLACES[1][i]] = True
    return mask


def _chips(*, n_chips: int = 3) -> bytes:
    """Return SCI, ERR and DQ of several chips, as Hubble's cameras have them."""
    hdus = [empty_primary(card("NEXTEND", str(3 * n_chips)), b"TELESCOP= 'HST     '")]
    for chip in range(1, n_chips + 1):
        science = (scene() + 100 * chip).astype("f4")
        hdus.append(extension(science, "SCI", chip, b"BUNIT   = 'ELECTRONS'", card("INHERIT", "T")))
        hdus.append(extension(np.full(SHAPE, 12.0, "f4"), "ERR", chip, b"BUNIT   = 'ELECTRONS'"))
        hdus.append(extension(_bits(1, 4, 16, 8192).astype("i2"), "DQ", chip))
    return raw_file(hdus)


@awkward(image=4, words=("--ext", "SCI,2"), version=2)
def second_of_three_chips() -> Made:
    return Made(_chips(), (scene() + 200).astype("f4").astype("f8"), _marked())


@awkward(image=7, words=("--ext", "sci,3", "--mask-bits", "0x2010"), version=3)
def third_chip_with_bits_of_its_mask() -> Made:
    return Made(_chips(), (scene() + 300).astype("f4").astype("f8"), _marked(2, 3))


@awkward(image=1, words=("--ext", "1", "--mask-ext", "DQ,1"))
def first_chip_with_any_bit_of_its_mask() -> Made:
    return Made(_chips(), (scene() + 100).astype("f4").astype("f8"), _marked(0, 1, 2, 3))


@awkward(image=1, words=("--ext", "SCI,0"), version=0)
def chip_of_version_zero_with_its_mask() -> Made:
    hdus = [empty_primary()]
    for chip in (0, 1):
        science = (scene() + 100 * chip).astype("f4")
        hdus += [extension(science, "SCI", chip), extension(_bits(*[1 - chip] * 4).astype("u1"), "MASK", chip)]
    return Made(raw_file(hdus), scene().astype("f4"), _marked(0, 1, 2, 3))


@awkward(image=1)
def errors_that_are_not_positive() -> Made:
    errors = np.full(SHAPE, 12.0)
    errors[PLACES] = 0, -1, np.nan, np.inf
    science = scene().astype("f4")
    body = raw_file([empty_primary(), extension(science, "SCI", 1), extension(errors, "ERR", 1)])
    return Made(body, science.astype("f8"), _marked(0, 1, 2, 3))


@awkward(image=1, warns=("errors hold no positive value",))
def errors_that_are_zero_throughout() -> bytes:
    return raw_file(
        [empty_primary(), extension(counts().astype("i2"), "SCI", 1), extension(np.zeros(SHAPE, "f4"), "ERR", 1)]
    )


@awkward(image=1)
def weights_of_no_coverage() -> Made:
    weights = np.where(_marked(0, 2), 0.0, 800.0).astype("f4")
    science = np.where(_marked(2), 0, scene()).astype("f4")
    body = raw_file([empty_primary(), extension(science, "SCI", 1), extension(weights, "WHT", 1)])
    return Made(body, science.astype("f8"), _marked(0, 2))


@awkward(image=1)
def inverse_variances() -> Made:
    inverse = np.where(_marked(1), 0.0, 1 / 144.0)
    body = raw_file([empty_primary(), extension(scene().astype("f4"), "IMAGE"), extension(inverse, "IVAR")])
    return Made(body, scene().astype("f4").astype("f8"), _marked(1))


@awkward(image=2)
def mask_before_the_image() -> Made:
    hdus = [
        empty_primary(),
        extension(_bits(1, 0, 2, 0).astype("u1"), "mask "),
        extension(scene().astype("f4"), "DATA"),
    ]
    return Made(raw_file(hdus), scene().astype("f4").astype("f8"), _marked(0, 2))


@awkward(image=1)
def mask_of_unsigned_integers_in_floats() -> Made:
    mask = extension(_bits(1, 0, 0, 9).astype("f4"), "MASK")
    return Made(
        raw_file([empty_primary(), extension(scene(), "IMAGE"), mask, extension(_bits(7, 7, 7, 7).astype("i2"), "DQ")]),
        scene(),
        _marked(0, 3),
    )


@awkward(image=1, words=("--mask-bits", "32768"))
def mask_of_unsigned_integers() -> Made:
    stored = (_bits(1, 32768, 32769, 4) - 2**15).astype("i2")
    quality = extension(stored, "DQ", None, card("BZERO", "32768"), card("BSCALE", "1"))
    body = raw_file([empty_primary(), extension(scene(), "SCI"), quality])
    return Made(body, scene(), _marked(1, 2))


@awkward(image=1, warns=("marks every pixel",))
def mask_that_marks_every_pixel() -> Made:
    body = raw_file([empty_primary(), extension(scene(), "SCI"), extension(np.ones(SHAPE, "u1"), "MASK")])
    return Made(body, scene(), _marked())


@awkward(image=1)
def planes_of_another_shape() -> Made:
    small = [extension(np.ones((5, 5), "u1"), "MASK"), extension(np.zeros((24, 30), "f4"), "ERR")]
    return Made(raw_file([empty_primary(), extension(scene(), "SCI"), *small]), scene(), _marked())


def _survey(*, packed: bool) -> bytes:
    """Return IMAGE, MASK and VARIANCE with named bits between tables, as Rubin's pipelines write them."""
    mask = fits.Header({"MP_BAD": 0, "MP_SAT": 1, "MP_INTRP": 2, "MP_CR": 3, "MP_EDGE": 4})
    mask["HIERARCH MP_DETECTED"] = 5
    mask["HIERARCH MP_NO_DATA"] = 8
    primary = fits.PrimaryHDU()
    primary.header["HIERARCH LSST BUTLER ID"] = "01890000-0000-7000"
    planes = [(scene().astype("f4"), "IMAGE", None), (_bits(1, 32, 16, 256), "MASK", mask)]
    planes.append((np.full(SHAPE, 144.0, "f4"), "VARIANCE", None))
    kind = fits.CompImageHDU if packed else fits.ImageHDU
    options = {"compression_type": "GZIP_2", "quantize_level": 0} if packed else {}
    hdus = fits.HDUList([primary, *(kind(data, header, name=name, **options) for data, name, header in planes)])
    hdus.append(fits.BinTableHDU.from_columns([fits.Column("ID", "K", array=[1, 2])], name="ARCHIVE_INDEX"))
    hdus.append(fits.BinTableHDU.from_columns([fits.Column("PSF", "PD()", array=_ragged())], name="PSFMODEL"))
    buffer = io.BytesIO()
    hdus.writeto(buffer)
    return buffer.getvalue()


def _ragged() -> NDArray[np.object_]:
    return np.array([np.arange(3.0), np.arange(5.0)], dtype=object)


@awkward(image=1)
def survey_image_with_named_bits() -> Made:
    return Made(_survey(packed=False), scene().astype("f4").astype("f8"), _marked(0, 3))


@awkward(image=1)
def survey_image_with_named_bits_packed() -> Made:
    return Made(_survey(packed=True), scene().astype("f4").astype("f8"), _marked(0, 3))


@awkward()
def overscan() -> Made:
    science = scene().astype("f4")
    science[:, 28:] = 300
    body = raw_file([plane(science, b"BIASSEC = '[29:31,1:24]'", b"TRIMSEC = '[1:28,1:24]'")])
    return Made(body, science, np.arange(31) * np.ones((24, 1)) >= 28)
