"""Names and numbers of HDUs that name nothing fit, and planes that do not belong to the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from kind_registry import GOOD, PIXELS, bad_input, put, put_hdus

FLOATS = PIXELS.astype(np.float32)
BITS = np.zeros(PIXELS.shape, np.uint8)


def _image(name: str, data: np.ndarray = FLOATS, version: int = 1) -> fits.ImageHDU:
    return fits.ImageHDU(data, name=name, ver=version)


def _table() -> fits.BinTableHDU:
    return fits.BinTableHDU.from_columns([fits.Column("A", "J", array=np.arange(3))], name="EVENTS")


def _all_sorts(folder: Path) -> Path:
    """Write an image with planes of other shapes and types, a table and a cube."""
    planes = [_image("THIN", FLOATS[1:]), _image("REAL"), _image("BAD", BITS + 1), _image("NOUGHT", FLOATS * 0)]
    return put_hdus(folder, _image("SCI"), _table(), *planes, _image("DEEP", FLOATS[None].repeat(2, 0)))


@bad_input("2 HDUs are named SCI: choose one. The file has: .*1 SCI,1 .*2 SCI,2")
def two_chips_and_no_choice(folder: Path) -> Path:
    return put_hdus(folder, _image("SCI"), _image("SCI", FLOATS + 1, 2))


@bad_input("2 HDUs hold an image: choose one. The file has: .*LEFT.*RIGHT")
def two_images_and_no_choice(folder: Path) -> Path:
    return put_hdus(folder, _image("LEFT"), _image("RIGHT", FLOATS + 1))


@bad_input("ext names no HDU of the file, which has: .*EVENTS.* Received: '?99", reading={"ext": 99})
def extension_of_a_wrong_number(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("ext names no HDU of the file.* Received: '?-1", reading={"ext": -1})
def extension_of_a_negative_number(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("ext names no HDU of the file.* Received: 'SKY'", reading={"ext": "SKY"})
def extension_of_a_wrong_name(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("ext names no HDU of the file.* Received: 'SCI,2'", reading={"ext": "SCI,2"})
def extension_of_a_wrong_version(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("ext .* Received: ''", reading={"ext": ""})
def extension_of_no_name(folder: Path) -> Path:
    return put_hdus(folder, _image("SCI"), fits.ImageHDU(FLOATS))


@bad_input("ext names no HDU of the file.* Received: '1.5'", reading={"ext": "1.5"})
def extension_of_a_broken_number(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("ext names no HDU of the file.* Received: '[+]-1'", reading={"ext": "+-1"})
def extension_of_two_signs(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("ext names no HDU of the file.* Received: 'SCI,²'", reading={"ext": "SCI,²"})
def extension_of_a_version_in_another_script(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("ext names no HDU of the file.* Received: '9999", reading={"ext": "9" * 5000})
def extension_of_a_number_beyond_all_counting(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("the HDU holds a table, not an image", reading={"ext": "EVENTS"})
def extension_that_is_a_table(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("a header but no pixels", reading={"ext": 0})
def extension_that_is_the_empty_primary(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("cube", reading={"ext": "DEEP"})
def extension_that_is_a_cube(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input(r"mask_ext must be an image of the shape \(4, 6\). Received: \(3, 6\)", reading={"mask_ext": "THIN"})
def mask_of_another_shape(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("mask_ext must be an image .* Received: table", reading={"mask_ext": "EVENTS"})
def mask_that_is_a_table(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("mask_ext names no HDU of the file.* Received: 'FLAW'", reading={"mask_ext": "FLAW"})
def mask_that_is_not_there(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("bits need a plane of integers", reading={"mask_ext": "REAL", "mask_bits": 1})
def bits_of_a_mask_of_floats(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("mask_bits needs a plane DQ or MASK", reading={"mask_bits": 1})
def bits_without_a_mask(folder: Path) -> Path:
    return put(folder, GOOD)


@bad_input("mask.bits.* must be a whole number.* Received: -1", status=2, reading={"mask_bits": -1})
def negative_bits(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("no valid pixel: every pixel is masked", reading={"mask_ext": "BAD"})
def all_masked(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("no valid pixel: every pixel is masked")
def all_masked_or_nan(folder: Path) -> Path:
    half = FLOATS.copy()
    half[:2] = np.nan
    return put_hdus(folder, _image("SCI", half), _image("MASK", np.isfinite(half).astype(np.uint8)))


@bad_input(r"error_ext must be an image of the shape \(4, 6\). Received: \(3, 6\)", reading={"error_ext": "THIN"})
def errors_of_another_shape(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("error_ext must be an image .* Received: table", reading={"error_ext": "EVENTS"})
def errors_that_are_a_table(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("error_ext names no HDU of the file.* Received: 'SIGMA'", reading={"error_ext": "SIGMA"})
def errors_that_are_not_there(folder: Path) -> Path:
    return _all_sorts(folder)


@bad_input("no positive value", reading={"error_ext": "NOUGHT"})
def errors_of_zero(folder: Path) -> Path:
    return _all_sorts(folder)
