"""Awkward coordinates: every way to say where on the sky a pixel lies."""

from __future__ import annotations

import io

import numpy as np
from astropy.io import fits
from awkward_case import Raw, awkward, card, counts, empty_primary, extension, one_image, plane, scene
from numpy.typing import NDArray
from raw_files import raw_file


def _axes(projection: str = "TAN", *, letter: str = "", longitude: str = "RA--", latitude: str = "DEC-") -> list[bytes]:
    """Return type and reference of two axes."""
    return [
        f"CTYPE1{letter:<2}= '{longitude}-{projection}'".encode(),
        f"CTYPE2{letter:<2}= '{latitude}-{projection}'".encode(),
        card(f"CRVAL1{letter}", "83.633"),
        card(f"CRVAL2{letter}", "22.0145"),
        card(f"CRPIX1{letter}", "15.5"),
        card(f"CRPIX2{letter}", "12.25"),
    ]


def _matrix(*, letter: str = "") -> list[bytes]:
    values = {"CD1_1": -7.1e-5, "CD1_2": 3.3e-6, "CD2_1": 3.4e-6, "CD2_2": 7.2e-5}
    return [card(f"{key}{letter}", f"{value:.10E}") for key, value in values.items()]


def _steps(*, letter: str = "") -> list[bytes]:
    return [card(f"CDELT1{letter}", "-7.1E-05"), card(f"CDELT2{letter}", "7.2D-05")]


@awkward(n_skies=1)
def tangent_plane() -> bytes:
    return one_image(*_axes(), *_matrix(), b"RADESYS = 'ICRS    '", card("EQUINOX", "2000.0"))


@awkward(n_skies=1)
def rotation_by_an_angle() -> bytes:
    return one_image(*_axes(), *_steps(), card("CROTA2", "33.5"), card("CROTA1", "0."), card("EPOCH", "1950"))


@awkward(n_skies=1)
def rotation_by_a_matrix_and_steps() -> bytes:
    turned = [card("PC1_1", "0.8"), card("PC1_2", "-0.6"), card("PC2_1", "0.6"), card("PC2_2", "0.8")]
    return one_image(*_axes("ZEA"), *_steps(), *turned, b"RADECSYS= 'FK5     '", card("LONPOLE", "170."))


@awkward(n_skies=1)
def matrices_of_both_kinds() -> bytes:
    return one_image(*_axes(), *_matrix(), *_steps(), card("CROTA2", "1.0"), b"RADECSYS= 'FK5     '")


@awkward(n_skies=1)
def simple_imaging_polynomial() -> bytes:
    terms = {
        "A_ORDER": "2",
        "B_ORDER": "3",
        "A_2_0": "3.1E-05",
        "A_1_1": "-1.2E-05",
        "B_0_3": "2.0E-07",
        "B_1_1": "5.E-06",
    }
    terms |= {"AP_ORDER": "1", "AP_1_0": "1.0E-06", "BP_ORDER": "1", "BP_0_1": "-2.0E-06", "A_DMAX": "1.3"}
    return one_image(*_axes("TAN-SIP"), *_matrix(), *[card(key, value) for key, value in terms.items()])


@awkward(n_skies=1)
def polynomial_of_scamp() -> bytes:
    terms = {"PV1_0": "1.0E-05", "PV1_1": "1.00012", "PV1_4": "-2.E-03", "PV2_1": "0.9998", "PV2_7": "1.0E-02"}
    return one_image(*_axes("TPV"), *_matrix(), *[card(key, value) for key, value in terms.items()])


def _text_of_iraf(axis: int, text: str) -> list[bytes]:
    """Return a text cut into cards the way IRAF does it."""
    pieces = [text[i : i + 68] for i in range(0, len(text), 68)]
    return [f"WAT{axis}_{i:03d}= '{piece}'".encode() for i, piece in enumerate(pieces, 1)]


@awkward(n_skies=1)
def polynomial_of_iraf() -> bytes:
    surface = "3. 3. 3. 2. 0.001 0.002 0.001 0.002"
    return one_image(
        *_axes("TNX"),
        *_matrix(),
        card("WCSDIM", "2"),
        b"WAT0_001= 'system=image'",
        *_text_of_iraf(1, f'wtype=tnx axtype=ra lngcor = "{surface} 1.0E-6 2.0E-6 -3.E-7 1.0E-3 2.0E-7 1.0E-3 "'),
        *_text_of_iraf(2, f'wtype=tnx axtype=dec latcor = "{surface} 1.0E-6 1.0E-6 -2.E-7 3.0E-3 1.0E-7 2.0E-3 "'),
    )


@awkward(n_skies=1)
def plate_of_the_sky_survey() -> bytes:
    amd = [card(f"AMDX{i}", f"{67.0 / 10 ** (2 * i - 2):.8E}") for i in range(1, 8)]
    amd += [card(f"AMDY{i}", f"{67.1 / 10 ** (2 * i - 2):.8E}") for i in range(1, 8)]
    plate = [card("PLTRAH", "14"), card("PLTRAM", "29"), card("PLTRAS", "56."), b"PLTDECSN= '-'", card("PLTDECD", "62")]
    plate += [card("PLTDECM", "41"), card("PLTDECS", "5."), card("PLTSCALE", "67.2"), card("XPIXELSZ", "15.0")]
    return one_image(*plate, *amd, *_axes(), *_matrix())


@awkward(n_skies=3)
def several_systems() -> bytes:
    return one_image(
        *_axes(),
        *_matrix(),
        *_axes("CAR", letter="A", longitude="GLON", latitude="GLAT"),
        *_matrix(letter="A"),
        b"WCSNAMEA= 'galactic'",
        b"CTYPE1Z = 'LINEAR  '",
        b"CTYPE2Z = 'LINEAR  '",
        card("CRPIX1Z", "1"),
        card("CDELT1Z", "0.015"),
        b"CUNIT1Z = 'mm      '",
    )


@awkward(n_skies=1)
def more_axes_of_the_world_than_of_the_image() -> bytes:
    return one_image(
        card("WCSAXES", "3"),
        *_axes(),
        b"CTYPE3  = 'FREQ    '",
        card("CRVAL3", "1.4E9"),
        card("CRPIX3", "1"),
        *_matrix(),
        card("CD3_3", "1.0E6"),
    )


@awkward(n_skies=1)
def radio_map_of_four_axes() -> bytes:
    more = [b"CTYPE3  = 'FREQ    '", card("CRVAL3", "1.4E9"), card("CDELT3", "1.E6"), card("CRPIX3", "1.")]
    more += [b"CTYPE4  = 'STOKES  '", card("CRVAL4", "1."), card("CDELT4", "1."), card("CRPIX4", "1.")]
    return raw_file(
        [plane(scene((1, 1, 24, 31)).astype("f4"), *_axes("SIN"), *_steps(), *more, b"BUNIT   = 'JY/BEAM '")]
    )


@awkward(n_skies=1)
def plain_axes_with_units() -> bytes:
    return one_image(
        b"CTYPE1  = 'WAVE    '",
        b"CUNIT1  = 'nm      '",
        card("CRVAL1", "500."),
        card("CDELT1", "0.1"),
        b"CTYPE2  = '        '",
    )


@awkward(n_skies=1)
def matrix_of_zeros() -> bytes:
    return one_image(*_axes("TAN"), *[card(f"CD{i}_{j}", "0.0") for i in (1, 2) for j in (1, 2)])


@awkward(n_skies=0)
def polynomial_that_is_half_there() -> bytes:
    return one_image(*_axes("TAN-SIP"), *_matrix(), card("A_ORDER", "2"), card("A_2_0", "1.E-05"))


@awkward(n_skies=0)
def coordinates_that_contradict_themselves() -> bytes:
    return one_image(
        b"CTYPE1  = 'RA---TAN'", b"CTYPE2  = 'GLAT-CAR'", card("CRVAL1", "'east'"), card("WCSAXES", "'two'")
    )


def _wave_table() -> Raw:
    """Return the table of a -TAB axis."""
    grid = np.array([500.0, 510.0, 530.0, 570.0])
    column = fits.Column("WAVE", "4D", dim="(1,4)", array=grid.reshape(1, 4, 1))
    hdu = fits.BinTableHDU.from_columns([column], name="WCS-TAB")
    buffer = io.BytesIO()
    hdu.writeto(buffer)
    body = buffer.getvalue()[2880:]
    cards = [body[i : i + 80] for i in range(0, body.index(b"END" + b" " * 77), 80)]
    return cards, grid.astype(">f8").tobytes()


@awkward(n_skies=1)
def axis_by_a_table() -> bytes:
    cards = [
        b"CTYPE1  = 'WAVE-TAB'",
        b"CUNIT1  = 'nm      '",
        card("CRPIX1", "1."),
        card("CRVAL1", "1."),
        card("CDELT1", "0.1"),
    ]
    cards += [b"PS1_0   = 'WCS-TAB '", b"PS1_1   = 'WAVE    '", b"CTYPE2  = 'LINEAR  '"]
    return raw_file([plane(counts().astype("i2"), card("EXTEND", "T"), *cards), _wave_table()])


def _table_of_distortion(name: str, version: int) -> Raw:
    ny, nx = 4, 5
    values: NDArray[np.float64] = 0.1 * version * np.sin(np.arange(ny * nx).reshape(ny, nx))
    place = [card("CRPIX1", "1."), card("CRPIX2", "1."), card("CRVAL1", "1."), card("CRVAL2", "1.")]
    place += [card("CDELT1", "8."), card("CDELT2", "8.")]
    return extension(values.astype("f4"), name, version, *place)


@awkward(image=1, n_skies=1)
def distortion_by_tables() -> bytes:
    lookup = []
    for i in (1, 2):
        lookup += [f"CPDIS{i}  = 'LOOKUP  '".encode(), f"DP{i}     = 'EXTVER: {i}.0'".encode()]
        lookup += [f"DP{i}     = 'NAXES: 2.0'".encode()]
        lookup += [f"DP{i}     = 'AXIS.{j}: {j}.0'".encode() for j in (1, 2)]
        lookup += [card(f"CPERR{i}", "0.1")]
    image = extension(scene().astype("f4"), "SCI", 1, *_axes(), *_matrix(), *lookup)
    return raw_file([empty_primary(), image, _table_of_distortion("WCSDVARR", 1), _table_of_distortion("WCSDVARR", 2)])


@awkward(image=1, n_skies=1)
def distortion_of_the_detector_by_a_table() -> bytes:
    lookup = [b"D2IMDIS1= 'LOOKUP  '", b"D2IM1   = 'EXTVER: 1.0'", b"D2IM1   = 'NAXES: 2.0'"]
    lookup += [b"D2IM1   = 'AXIS.1: 1.0'", b"D2IM1   = 'AXIS.2: 2.0'", card("D2IMERR1", "0.05")]
    image = extension(scene().astype("f4"), "SCI", 1, *_axes(), *_matrix(), *lookup)
    return raw_file([empty_primary(), image, _table_of_distortion("D2IMARR", 1)])


@awkward(image=1, n_skies=2)
def packed_image_with_a_distortion() -> bytes:
    header = fits.Header()
    for one in [
        *_axes("TAN-SIP"),
        *_matrix(),
        card("A_ORDER", "2"),
        card("A_2_0", "3.E-05"),
        card("B_ORDER", "2"),
        *_axes(letter="B"),
        *_matrix(letter="B"),
    ]:
        header.append(fits.Card.fromstring(one.decode()))
    hdu = fits.CompImageHDU(counts().astype("i2"), header, name="SCI", compression_type="RICE_1")
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(buffer)
    return buffer.getvalue()
