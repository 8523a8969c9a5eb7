"""What names of HDUs say: the role of a plane, and which image it belongs to."""

from __future__ import annotations

import pytest

from amsd_astro.fits.layouts.plane_names import plane_name, plane_names
from amsd_astro.fits.layouts.table import layout_table, time_unit


@pytest.mark.parametrize(
    ("name", "role", "word", "stem"),
    [
        ("SCI", "image", "SCI", ""),
        ("BPM", "mask", "BPM", ""),
        ("1-1.E.FLG", "mask", "FLG", "1-1.E"),
        ("MSK_2", "mask", "MSK", "2"),
        ("VAR12", "variance", "VAR", "12"),
        ("CAMERA.CCD 1.1 UNCERT", "sigma", "UNCERT", "CAMERA.CCD 1.1"),
        ("CHIP1.INT1.STAT", "variance", "STAT", "CHIP1.INT1"),
        ("N4_WHT", "coverage", "WHT", "N4"),
        ("VAR_POISSON", "other", "VAR_POISSON", ""),
        ("AMSD_SIGMA", "other", "AMSD_SIGMA", ""),
        ("AMSD_FLAGS", "other", "AMSD_FLAGS", ""),
        ("CCD3", "", "", "CCD3"),
        ("STD_STAR", "", "", "STD_STAR"),
        ("PRIMARY", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_name_is_taken_apart(name: str, role: str, word: str, stem: str) -> None:
    found = plane_name(name)
    assert (found.role, found.word, found.stem) == (role, word, stem)


def test_a_word_before_a_stem_counts_where_another_hdu_has_that_stem() -> None:
    assert [one.role for one in plane_names(["PRIMARY", "N4", "MASK_N4"])] == ["", "", "mask"]
    assert [one.role for one in plane_names(["PRIMARY", "N5", "MASK_N4"])] == ["", "", ""]
    assert [one.role for one in plane_names(["STAR", "STD_STAR"])] == ["", "sigma"]
    assert [one.stem for one in plane_names(["SCI_CHIP1", "IVAR_CHIP1", "CHIP1"])] == ["SCI_CHIP1", "CHIP1", "CHIP1"]


def test_times_are_seconds_but_where_a_layout_says_otherwise() -> None:
    assert [time_unit(name) for name in ("TESS", " kepler ", "K2", "HST", "")] == ["d", "d", "d", "s", "s"]


def test_no_flag_of_the_table_is_both_good_and_bad() -> None:
    table = layout_table()
    for layout in table.layouts:
        assert not set(layout.bad or ()) & set(layout.good), layout.title
        if not layout.codes:
            flags = [*(layout.bad or ()), *layout.good]
            assert all(flag.bit_count() == 1 for flag in flags), layout.title
    named = table.named_bits
    assert not named.bad & named.good
    assert named.bad_in_coadds <= named.bad


def test_sources_never_mask() -> None:
    good = layout_table().named_bits.good
    assert {"SOURCE", "DETECTED", "DETECTED_NEGATIVE", "FOOTPRINT", "BRIGHT_OBJECT", "INEXACT_PSF"} <= good
