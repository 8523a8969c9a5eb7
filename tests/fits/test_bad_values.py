"""Which flags of a data-quality plane make a pixel bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from raw_files import image_cards, raw_file

from amsd_astro.fits.layouts.bad_values import BadValues, bad_values
from amsd_astro.fits.raw_hdus import RawFile
from amsd_astro.fits.scanning import scan

Make = Callable[..., RawFile]
SHAPE = (3, 4)

# Each flag of the tables that the observatories publish, in the order of its value, and whether it is bad.
ACS = {1: True, 2: True, 4: True, 8: False, 16: True, 32: True, 64: False, 128: True, 256: True, 512: False}
ACS |= {1024: True, 2048: True, 4096: True, 8192: True, 16384: True}
UVIS = ACS | {16384: False}
INFRARED = {1: True, 2: True, 4: True, 8: True, 16: True, 32: True, 64: False, 128: True, 256: True, 512: False}
INFRARED |= {1024: False, 2048: False, 4096: True, 8192: False, 16384: True}
WFPC2 = {1: True, 2: True, 4: True, 8: True, 16: True, 32: True, 128: True, 256: False, 512: True, 1024: False}
WFPC2 |= {2048: False, 4096: True}
STIS = {1: True, 2: True, 4: True, 8: False, 16: True, 32: False, 64: False, 128: True, 256: True, 512: True}
STIS |= {1024: False, 2048: False, 4096: False, 8192: True, 16384: False}
NICMOS = {1: True, 2: False, 4: False, 8: False, 16: True, 32: True, 64: True, 128: True, 256: True, 512: True}
NICMOS |= {1024: False, 2048: False, 4096: True}
JWST = {1 << i: i in (0, 9, 31) for i in range(32)}
DES = {1: True, 2: True, 4: True, 8: True, 16: True, 32: False, 64: True, 128: True, 256: False, 512: True}
DES |= {1024: False, 2048: False, 4096: False, 8192: False, 16384: False}
DECAM_BITS = {1: True, 2: True, 4: True, 16: True, 64: True, 128: False}
DECAM_CODES = {1: True, 2: True, 3: True, 4: True, 5: True, 6: True, 7: False, 8: False}
LEGACY = {1 << i: i in (5, 6, 7, 15) for i in range(16)}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write an empty primary with some cards and image extensions with names and cards of their own."""

    def write(primary: list[bytes], **planes: list[bytes]) -> RawFile:
        hdus = [([*image_cards(8, ()), *primary], b"")]
        for name, cards in planes.items():
            named = [*image_cards(16, SHAPE, extension=True), b"EXTNAME = '%s'" % name.encode(), *cards]
            hdus.append((named, bytes(2 * SHAPE[0] * SHAPE[1])))
        path = tmp_path / "file.fits"
        path.write_bytes(raw_file(hdus))
        return scan(path)

    return write


def flagged(file: RawFile, name: str, values: list[int]) -> list[bool]:
    """Return which values the plane of a name takes for bad."""
    (plane,) = (hdu for hdu in file.hdus if hdu.name == name)
    bad = bad_values(file, plane)
    assert bad is not None
    mask = bad.find(np.array(values, np.int64))
    assert mask.dtype == bool
    return [bool(value) for value in mask]


@pytest.mark.parametrize(
    ("instrument", "table"),
    [
        (b"INSTRUME= 'ACS     '", ACS),
        (b"INSTRUME= 'WFPC2   '", WFPC2),
        (b"INSTRUME= 'STIS    '", STIS),
        (b"INSTRUME= 'NICMOS  '", NICMOS),
    ],
)
def test_flags_of_a_hubble_instrument(make: Make, instrument: bytes, table: dict[int, bool]) -> None:
    file = make([b"TELESCOP= 'HST     '", instrument], SCI=[], ERR=[], DQ=[])
    assert flagged(file, "DQ", [0, *table]) == [False, *table.values()]


@pytest.mark.parametrize(("detector", "table"), [(b"UVIS", UVIS), (b"IR  ", INFRARED)])
def test_the_two_channels_of_wfc3_have_flags_of_their_own(make: Make, detector: bytes, table: dict[int, bool]) -> None:
    cards = [b"TELESCOP= 'HST'", b"INSTRUME= 'WFC3'", b"DETECTOR= '%s'" % detector]
    file = make(cards, SCI=[], DQ=[])
    assert flagged(file, "DQ", [0, *table]) == [False, *table.values()]


def test_one_bad_flag_among_harmless_ones_is_enough(make: Make) -> None:
    file = make([b"TELESCOP= 'HST'", b"INSTRUME= 'ACS'"], SCI=[], DQ=[])
    assert flagged(file, "DQ", [64 + 512, 64 + 512 + 256, -32768]) == [False, True, False]


def test_webb_pixels_are_bad_where_the_pipeline_says_not_to_use_them(make: Make) -> None:
    file = make([b"TELESCOP= 'JWST    '", b"INSTRUME= 'NIRCAM  '"], SCI=[], ERR=[], DQ=[])
    assert flagged(file, "DQ", [0, *JWST]) == [False, *JWST.values()]


def test_a_mask_that_names_its_bits_is_read_by_the_names(make: Make) -> None:
    names = [b"MP_BAD  =                    0", b"MP_SAT  =                    1", b"MP_INTRP=                    2"]
    names += [b"MP_CR   =                    3 / cosmic ray", b"MP_EDGE =                    4"]
    names += [b"HIERARCH MP_DETECTED =          5", b"HIERARCH MP_DETECTED_NEGATIVE =     6 / in differences"]
    names += [b"HIERARCH MP_SUSPECT = 7", b"HIERARCH MP_CROSSTALK = 8 / of bright stars", b"HIERARCH MP_NO_DATA = 9"]
    file = make([], IMAGE=[], MASK=names)
    bad = {0, 1, 2, 3, 8, 9}
    assert flagged(file, "MASK", [1 << i for i in range(12)]) == [i in bad for i in range(12)]


def test_bits_in_another_order_follow_their_names(make: Make) -> None:
    file = make([], MASK=[b"MP_DETEC=   0", b"MP_SAT  =   6", b"HIERARCH MP_UNMASKEDNAN = 63"])
    assert flagged(file, "MASK", [1, 2, 64, -(2**63)]) == [False, False, True, True]


def test_a_coadd_is_not_bad_where_only_some_of_its_inputs_were(make: Make) -> None:
    names = [b"MP_BAD  = 0", b"MP_SAT  = 1", b"MP_INTRP= 2", b"MP_CR   = 3", b"HIERARCH MP_CROSSTALK = 4"]
    names += [b"HIERARCH MP_NO_DATA = 5", b"HIERARCH MP_SENSOR_EDGE = 6", b"HIERARCH MP_CLIPPED = 7"]
    file = make([], MASK=names)
    assert flagged(file, "MASK", [1 << i for i in range(8)]) == [i in (0, 1, 5) for i in range(8)]


def test_keywords_that_only_begin_like_names_of_bits_are_none(make: Make) -> None:
    file = make([], MASK=[b"MP_TEMP = 12 / of the mirror", b"MP_SAT  = 'yes'"])
    assert bad_values(file, file.hdus[1]) is None


@pytest.mark.parametrize(
    ("name", "image", "mask"), [("MSK", [b"INSTRUME= 'DECam   '"], []), ("PLANE", [], [b"DES_EXT = 'MASK    '"])]
)
def test_the_mask_of_a_des_exposure(make: Make, name: str, image: list[bytes], mask: list[bytes]) -> None:
    file = make([], SCI=image, **{name: mask}, WGT=[])
    assert flagged(file, name, [0, *DES]) == [False, *DES.values()]


@pytest.mark.parametrize(
    ("version", "table"),
    [
        (b"V3.5.0", DECAM_CODES),
        (b"V4.8.2a", DECAM_CODES),
        (b"V10.0", DECAM_CODES),
        (b"V3.4.9", DECAM_BITS),
        (b"DES 2.1", DECAM_BITS),
        (b"V2.2+1", DECAM_BITS),
    ],
)
def test_masks_of_the_decam_pipeline_changed_from_bits_to_codes(
    make: Make, version: bytes, table: dict[int, bool]
) -> None:
    cards = [b"INSTRUME= 'DECam   '", b"PRODTYPE= 'dqmask  '", b"PLVER   = '%s'" % version]
    file = make(cards, N4=[], S29=[])
    assert flagged(file, "S29", [0, *table]) == [False, *table.values()]


def test_a_decam_mask_of_unknown_version_is_not_guessed_at(make: Make) -> None:
    file = make([b"INSTRUME= 'DECam'", b"PRODTYPE= 'dqmask'"], N4=[])
    assert bad_values(file, file.hdus[1]) is None


def test_any_flag_of_a_desi_frame_is_bad(make: Make) -> None:
    file = make([b"INSTRUME= 'DESI    '"], IMAGE=[], IVAR=[], MASK=[], READNOISE=[])
    assert flagged(file, "MASK", [0, *(1 << i for i in range(9))]) == [False] + [True] * 9


def test_legacy_survey_pixels_are_bad_where_every_exposure_was(make: Make) -> None:
    file = make([], MASKBITS=[])
    assert flagged(file, "MASKBITS", [0, *LEGACY]) == [False, *LEGACY.values()]


@pytest.mark.parametrize(
    ("primary", "name"),
    [
        ([], "DQ"),
        ([], "MASK"),
        ([b"TELESCOP= 'Spitzer'", b"INSTRUME= 'IRAC'"], "DQ"),
        ([b"TELESCOP= 'HST'", b"INSTRUME= 'COS'"], "DQ"),
        ([b"TELESCOP= 'HST'", b"INSTRUME= 'WFC3'"], "DQ"),
        ([b"TELESCOP= 'HST'", b"INSTRUME= 'ACS'"], "WHT"),
        ([b"TELESCOP= 'JWST'"], "CON"),
        ([b"INSTRUME= 'DECam'"], "MASK"),
        ([b"INSTRUME= 'DECam'", b"PRODTYPE= 'image'", b"PLVER   = 'V5.5'"], "N4"),
        ([b"INSTRUME= 'DESI'"], "MASK"),
        ([b"TELESCOP=", b"INSTRUME= 12"], "DQ"),
    ],
)
def test_other_layouts_are_not_known(make: Make, primary: list[bytes], name: str) -> None:
    file = make(primary, SCI=[], **{name: []})
    assert bad_values(file, file.hdus[-1]) is None


def test_minus_one_is_any_value_and_the_highest_bit_counts() -> None:
    values = np.array([0, 1, -1, -(2**63)], np.int64)
    assert BadValues(bits=-1).find(values).tolist() == [False, True, True, True]
    assert BadValues(bits=2**63).find(values).tolist() == [False, False, True, True]
    assert BadValues().find(values).tolist() == [False] * 4


def test_codes_and_bits_together() -> None:
    values = np.arange(8, dtype=np.int64).reshape(2, 4)
    assert BadValues(bits=4, codes=(1, 3)).find(values).tolist() == [[False, True, False, True], [True] * 4]


def test_names_and_values_in_cards_of_their_own(make: Make) -> None:
    cards = [b"MSKN0000= 'SATURATED'", b"MSKM0000=                    4", b"MSKN0001= 'DETECTED'", b"MSKM0001=  1"]
    cards += [b"MSKN0005= 'COSMIC_RAY'", b"MSKN0006= 'NO_DATA'", b"MSKM0006= 'lost'", b"MSKN0099= 'BAD'"]
    file = make([], MASK=cards)
    assert flagged(file, "MASK", [1, 2, 4, 1 << 5, 1 << 6]) == [False, False, True, True, False]


def test_a_bit_of_unknown_name_is_kept_apart(make: Make) -> None:
    file = make([], MASK=[b"MP_SAT  = 1", b"MP_NEWS = 3", b"MP_DETECTED= 4"])
    found = bad_values(file, file.hdus[1])
    assert found is not None
    assert (dict(found.meanings), dict(found.unknown)) == ({2: "SAT"}, {8: "NEWS"})
