"""Overscan by the section cards of real cameras."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from amsd_astro.errors import AmsdWarning
from amsd_astro.fits.overscan import data_sections, overscan


def cards(**values: str) -> list[bytes]:
    """Return raw cards of string values."""
    return [f"{keyword:<8}= '{value}'".ljust(80).encode() for keyword, value in values.items()]


def eso(**values: int) -> list[bytes]:
    return [f"HIERARCH ESO DET OUT1 {name} = {value} / pixels".ljust(80).encode() for name, value in values.items()]


@pytest.fixture(autouse=True)
def no_warnings() -> object:
    """Whatever is no test of a warning gives none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_the_exposed_part_of_a_raw_frame() -> None:
    raw = cards(TRIMSEC="[  17: 528,   1: 520]", BIASSEC="[   4:  13,   1: 520]")
    assert data_sections(raw, (520, 536)) == ((slice(0, 520), slice(16, 528)),)
    mask = overscan(raw, (520, 536))
    assert mask is not None and mask.dtype == bool and mask.shape == (520, 536)
    assert mask[:, :16].all() and mask[:, 528:].all() and not mask[:, 16:528].any()


@pytest.mark.parametrize(
    "text", ["[5:100,1:60]", "[100:5,60:1]", "[5:100,*]", "[5:100,-*]", " [ 5 : 100 , 1 : 60 ] ", "5:100,1:60"]
)
def test_ways_to_write_a_section(text: str) -> None:
    assert data_sections(cards(DATASEC=text), (60, 110)) == ((slice(0, 60), slice(4, 100)),)


def test_ends_and_the_second_axis_may_be_left_out() -> None:
    kept = ((slice(0, 60), slice(0, 100)),)
    for text in ("[1:100, :]", "[:100,:]", "[1:100,1:]", "[1:100]"):
        assert data_sections(cards(TRIMSEC=text, BIASSEC="[101:110]"), (60, 110)) == kept


def test_what_to_keep_comes_before_what_was_exposed() -> None:
    both = cards(DATASEC="[5:100,1:60]", TRIMSEC="[7:98,1:60]")
    assert data_sections(both, (60, 110)) == ((slice(0, 60), slice(6, 98)),)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"DATASEC": "[1:110,1:60]"},
        {"TRIMSEC": "[*,*]"},
        {"DATASEC": "[25:1048,1:4096]"},
        {"DATASEC": "[5:110,1:61]"},
        {"DATASEC": "[0:0,0:0]"},
        {"DATASEC": "[0:99,1:60]"},
        {"DATASEC": "[1:10,1:60]"},
        {"DATASEC": ""},
        {"BIASSEC": "[101:110,1:60]"},
        {"CCDSEC": "[5:100,1:60]", "DETSEC": "[5:100,1:60]", "NSEC12": "[5:100,1:60]"},
    ],
    ids=str,
)
def test_cards_that_tell_of_no_overscan(values: dict[str, str]) -> None:
    assert data_sections(cards(**values), (60, 110)) is None
    assert overscan(cards(**values), (60, 110)) is None


def test_a_frame_trimmed_already_has_none_although_an_older_card_would_fit() -> None:
    stale = cards(DATASECA="[1:55,1:60]", DATASECB="[56:110,1:60]", TRIMSEC="[5:104,1:60]", BIASSEC="[105:110,1:60]")
    assert data_sections(stale, (60, 110)) is None


def test_an_old_section_in_a_frame_that_has_grown_is_not_believed() -> None:
    resampled = cards(DATASEC="[1:2046,1:4094]")
    assert data_sections(resampled, (4300, 2200)) is None
    assert data_sections(cards(DATASEC="[25:1048,1:4096]"), (4300, 1200)) is None
    assert data_sections(cards(DATASEC="[1:2048,1:4096]"), (9000, 9000)) is None


def test_overscan_on_both_axes_has_a_card_of_the_bias() -> None:
    megacam = cards(DATASEC="[33:2080,1:4612]", BIASSEC="[2081:2112,1:4612]")
    assert data_sections(megacam, (4644, 2112)) == ((slice(0, 4612), slice(32, 2080)),)
    inside = cards(DATASEC="[33:2080,1:4612]", BIASSEC="[2000:2112,1:4612]")
    assert data_sections(inside, (4644, 2112)) is None


def test_amplifiers_with_overscan_between_them() -> None:
    halves = cards(DATASECA="[1:100,1:60]", BIASSECA="[101:120,1:60]", BIASSECB="[121:140,1:60]")
    halves += cards(DATASECB="[141:240,1:60]", DATASEC="[1:240,1:60]")
    mask = overscan(halves, (60, 240))
    assert mask is not None
    assert np.flatnonzero(mask.all(axis=0)).tolist() == list(range(100, 140))
    assert not mask[:, :100].any() and not mask[:, 140:].any()


@pytest.mark.parametrize(
    "keywords",
    [
        ("DATASEC1", "DATASEC2", "DATASEC3", "DATASEC4"),
        ("TRIMSECA", "TRIMSECB", "TRIMSECC", "TRIMSECD"),
        ("TSEC11", "TSEC21", "TSEC12", "TSEC22"),
        ("DSEC11", "DSEC21", "DSEC12", "DSEC22"),
    ],
)
def test_quadrants(keywords: tuple[str, ...]) -> None:
    quadrants = ("[1:50,1:30]", "[61:110,1:30]", "[1:50,41:70]", "[61:110,41:70]")
    mask = overscan(cards(**dict(zip(keywords, quadrants, strict=True))), (70, 110))
    assert mask is not None
    expected = np.ones((70, 110), dtype=bool)
    for rows in (slice(0, 30), slice(40, 70)):
        for columns in (slice(0, 50), slice(60, 110)):
            expected[rows, columns] = False
    np.testing.assert_array_equal(mask, expected)


def test_amplifiers_are_believed_together_or_not_at_all() -> None:
    trimmed = cards(DATASECA="[57:1080,51:4146]", DATASECB="[1081:2104,51:4146]", TRIMSEC="[57:2104,51:4146]")
    assert data_sections(trimmed, (4096, 2048)) is None
    overlapping = cards(DATASECA="[1:80,1:60]", DATASECB="[41:100,1:60]")
    assert data_sections(overlapping, (60, 110)) is None


def test_a_raw_decam_frame() -> None:
    raw = cards(DATASEC="[57:2104,51:4146]", TRIMSEC="[57:2104,51:4146]", DATASECA="[57:1080,51:4146]")
    raw += cards(DATASECB="[1081:2104,51:4146]", BIASSECA="[7:56,51:4146]", BIASSECB="[2105:2154,51:4146]")
    mask = overscan(raw, (4146, 2160))
    assert mask is not None
    assert not mask[50:, 56:2104].any()
    assert mask[:50].all() and mask[:, :56].all() and mask[:, 2104:].all()


def test_sections_of_unbinned_pixels_are_scaled() -> None:
    unbinned = cards(DATASEC="[51:2098,1:4096]", BIASSEC="[2099:2148,1:4096]", CCDSUM="2 2")
    assert data_sections(unbinned, (2048, 1074)) == ((slice(0, 2048), slice(25, 1049)),)
    binned = cards(DATASEC="[26:1049,1:2048]", BIASSEC="[1050:1074,1:2048]", CCDSUM="2 2")
    assert data_sections(binned, (2048, 1074)) == ((slice(0, 2048), slice(25, 1049)),)


def test_a_binned_pixel_that_is_partly_overscan_is_no_data() -> None:
    odd = cards(DATASEC="[52:2097,1:4096]", CCDSUM="2 4")
    assert data_sections(odd, (1024, 1074)) == ((slice(0, 1024), slice(26, 1048)),)


def test_numbers_of_pixels_of_an_eso_output() -> None:
    omegacam = eso(NX=2048, NY=4100, PRSCX=48, PRSCY=0, OVSCX=48, OVSCY=100)
    assert data_sections(omegacam, (4200, 2144)) == ((slice(0, 4100), slice(48, 2096)),)
    assert data_sections(omegacam, (4100, 2048)) is None
    assert data_sections(omegacam + [card.replace(b"OUT1", b"OUT2") for card in omegacam], (4200, 2144)) is None


@pytest.mark.parametrize("text", ["all of it", "[1:10,1:10,1:1]", "[1.5:511.5,1:60]", "[a:b,c:d]", "[5-9]"])
def test_a_card_that_cannot_be_parsed_is_a_warning(text: str) -> None:
    with pytest.warns(AmsdWarning, match=r"raw.fits\[1\]: TRIMSEC must be a section.*Received"):
        found = data_sections(cards(TRIMSEC=text, DATASEC="[5:100,1:60]"), (60, 110), where="raw.fits[1]")
    assert found == ((slice(0, 60), slice(4, 100)),)
