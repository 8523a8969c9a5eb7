"""Raw cards: untouched ones keep their bytes, whatever they look like."""

from __future__ import annotations

import contextlib
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import ODD_CARDS, image_cards, raw_file

from amsd_astro.errors import FrameError
from amsd_astro.fits.cards import (
    card_value,
    float_value,
    group_cards,
    header_from_cards,
    int_value,
    make_card,
    merge_cards,
    replace_value,
    string_value,
)
from amsd_astro.frames import as_frame, read_frame

ODD = [card.ljust(80) for card in ODD_CARDS]
_text = st.binary(min_size=0, max_size=70).map(lambda raw: bytes(byte | 32 if byte < 32 else byte for byte in raw))
_keyword = st.from_regex(rb"[A-Za-z0-9_\-]{1,8}", fullmatch=True) | st.sampled_from(
    [b"HISTORY", b"COMMENT", b"", b"CONTINUE"]
)
_card = st.builds(
    lambda key, sign, text: (key.ljust(8) + sign + text)[:80].ljust(80),
    _keyword,
    st.sampled_from([b"= ", b"  ", b"="]),
    _text,
)
_cards = st.lists(_card | st.sampled_from(ODD), max_size=25).map(
    lambda cards: [c for c in cards if c[:8] != b"END     "]
)


def test_a_string_of_forty_thousand_cards_is_read_at_once(tmp_path: Path) -> None:
    chain = [b"CTYPE1  = 'start&'", *[b"CONTINUE  'part&'"] * 40_000, b"CONTINUE  ' end''s'"]
    path = tmp_path / "long.fits"
    path.write_bytes(raw_file([([*image_cards(16, (4, 6)), *chain], np.arange(24, dtype=">i2").tobytes())]))
    start = time.process_time()
    frame = read_frame(path)
    assert frame.wcs is not None
    with fits.open(path) as hdus:
        as_frame(hdus)
    assert time.process_time() - start < 5, "cards are not joined one by one"
    cards = [card.ljust(80) for card in chain]
    assert string_value(cards, "CTYPE1") == "start" + "part" * 40_000 + " end's"
    assert group_cards(cards) == [b"".join(cards)]


@settings(max_examples=150, deadline=None)
@given(_cards)
def test_an_unedited_header_gives_the_same_bytes(cards: list[bytes]) -> None:
    assert merge_cards(cards, header_from_cards(cards)) == cards


@settings(max_examples=75, deadline=None)
@given(_cards, st.integers(), st.text("abc def", max_size=60))
def test_added_cards_leave_the_others_alone(cards: list[bytes], number: int, text: str) -> None:
    header = header_from_cards(cards)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header["AMSDNUM"] = (number, "a number")
        header["AMSDTXT"] = text
        header.add_history("a step")
    merged = merge_cards(cards, header)
    ours = [card for card in merged if card[:7] in (b"AMSDNUM", b"AMSDTXT") or card == b"HISTORY a step".ljust(80)]
    assert len(ours) >= 3
    assert int_value(merged, "AMSDNUM") == number
    others = list(merged)
    for card in ours:
        others.remove(card)
    assert others == cards


def test_printing_a_header_is_not_editing_it() -> None:
    header = header_from_cards(ODD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for card in header.cards:
            # astropy itself cannot print some of them.
            with contextlib.suppress(ValueError, fits.VerifyError):
                str(card)
                repr(card)
    assert merge_cards(ODD, header) == ODD


def test_changed_removed_and_moved_cards() -> None:
    header = header_from_cards(ODD)
    header["EXPTIME"] = 61.5
    del header["NOTANUM"]
    merged = merge_cards(ODD, header)
    expected = [card for card in ODD if not card.startswith((b"NOTANUM", b"EXPTIME"))]
    assert [card for card in merged if not card.startswith(b"EXPTIME")] == expected
    assert float_value(merged, "EXPTIME") == 61.5
    assert next(card for card in merged if card.startswith(b"EXPTIME")).rstrip().endswith(b"/ seconds, free format")


def test_long_strings_are_continued() -> None:
    header = fits.Header()
    header["LONG"] = "x" * 200
    merged = merge_cards([], header)
    assert all(len(card) == 80 for card in merged)
    assert header_from_cards(merged)["LONG"] == "x" * 200


def test_cards_that_cannot_be_written_are_named() -> None:
    header = fits.Header()
    header.append(fits.Card.fromstring("WEIRD   = 'caf\xe9'"))
    with pytest.raises(FrameError, match="WEIRD"):
        merge_cards([], header)


@pytest.mark.parametrize(
    ("card", "value"),
    [
        (b"A       =                    5 / c", "5"),
        (b"A       = 'it''s / here' / c", "'it''s / here'"),
        (b"A         5", None),
    ],
)
def test_card_value(card: bytes, value: str | None) -> None:
    assert card_value(card.ljust(80)) == value


def test_values() -> None:
    cards = [
        c.ljust(80) for c in (b"S       = 'it''s   '", b"D       = 1.5D2", b"I       = 1.0", b"U       = bare  / x")
    ]
    assert string_value(cards, "S") == "it's"
    assert string_value(cards, "U") == "bare"
    assert float_value(cards, "D") == 150
    assert int_value(cards, "NONE") is None
    with pytest.raises(ValueError, match=r"1\.0"):
        int_value(cards, "I")
    with pytest.raises(ValueError, match="bare"):
        float_value(cards, "U")


@given(st.integers(-(10**18), 10**18), st.text("abc/' ", max_size=100))
def test_replaced_values_parse_and_keep_the_comment(value: int, comment: str) -> None:
    card = make_card("KEY", "old / one", comment)
    changed = replace_value(card, str(value))
    assert len(changed) == 80
    assert int_value([changed], "KEY") == value
    kept = card[card.rindex(b"'", 0, 25) :].split(b"/", 1)[1:] if comment else []
    if kept:
        assert changed.split(b"/", 1)[1].strip().startswith(kept[0].strip()[:30])


@given(st.sampled_from([True, False, -7, 2**62, "it's", "", "a b"]), st.text("xyz", max_size=90))
def test_made_cards_parse(value: object, comment: str) -> None:
    card = make_card("KEY", value, comment)  # type: ignore[arg-type]
    assert len(card) == 80
    assert fits.Card.fromstring(card.decode()).value == value
    assert np.all(np.frombuffer(card, np.uint8) >= 32)
