"""Awkward cards: what headers are full of, whether or not the standard allows it."""

from __future__ import annotations

from awkward_case import awkward, card, counts, empty_primary, extension, one_image, plane, table
from raw_files import ODD_CARDS, raw_file


@awkward()
def lower_case_keywords() -> bytes:
    return one_image(b"lowcase =                   12 / lower-case keyword", b"Object  = 'M 13'", b"gain    = 2.0")


@awkward()
def strings_without_quotes() -> bytes:
    return one_image(b"OBSERVER= A. N. Other", b"DATE-OBS= 2004-03-12T01:02:03 / no quotes", b"FLAG    = TRUE")


@awkward()
def keywords_with_dots() -> bytes:
    return one_image(b"DOT.KEY =                  1.5 / dotted", b"A.B.C.D = 'x'", b"+-*!    =                    1")


@awkward()
def keywords_that_are_too_long() -> bytes:
    return one_image(
        b"LONGKEYWORD =              5 / of eleven letters", b"OBSERVATORY='Paranal'", b"=       =           1"
    )


@awkward(warns=("GAIN must be",))
def cards_without_value() -> bytes:
    return one_image(
        b"GAIN      2.0 / no equals sign", b"EXPTIME =", b"BUNIT", b"        = 5", b"/ a comment of its own"
    )


@awkward()
def values_that_are_no_numbers() -> bytes:
    return one_image(card("NOTANUM", "NaN"), card("INFTY", "-Inf"), card("HEX", "0x1F"), card("MANY", "1 2 3"))


@awkward()
def tabs() -> bytes:
    return one_image(b"TABBED  =\t                    1 / a\ttab", b"COMMENT\tof tabs", b"STRING  = 'a\tb'")


@awkward()
def latin_letters() -> bytes:
    return one_image(b"LATIN   = '20\xb0 and \xb5m' / \xe9", b"COMMENT Observat\xf3rio", b"HISTORY \xa9\xae")


@awkward()
def zeros_instead_of_blanks() -> bytes:
    return one_image(b"PADDED  = 'by a program in C'".ljust(80, b"\0"), b"\0" * 80, b"NEXT    =                    1")


@awkward()
def hierarchical_keywords() -> bytes:
    return one_image(
        b"HIERARCH ESO DET OUT1 CONAD = 1.9 / e/adu",
        b"HIERARCH ESO TEL AMBI WINDDIR =    0. / Wind direction",
        b"HIERARCH lower case and long words = 'yes' / spaces",
        b"HIERARCH  ESO  OBS  NAME='no blanks'",
        b"HIERARCH no value at all",
    )


@awkward()
def strings_over_several_cards() -> bytes:
    return one_image(
        b"LONGSTR = 'a string that goes on and on and on and on and on and on and on &'",
        b"CONTINUE  'and on and on &'",
        b"CONTINUE  '' / with its comment at the end",
        b"LONGSTRN= 'OGIP 1.0'",
        b"AMPERSND= 'ends in an ampersand and nothing follows&'",
    )


@awkward()
def continuations_of_nothing() -> bytes:
    return one_image(
        b"NUMBER  =                    1", b"CONTINUE  'of a number'", b"COMMENT x", b"CONTINUE   no quotes"
    )


@awkward()
def cards_that_hold_records() -> bytes:
    return one_image(b"DP1     = 'EXTVER: 1.0'", b"DP1     = 'NAXES: 2.0'", b"DP1     = 'AXIS.1: 1'", b"DP1.AXIS=  3")


@awkward()
def blank_cards() -> bytes:
    return one_image(b"", b"", card("A", "1"), b"", b"        words without keyword", b"", card("B", "2"), *[b""] * 40)


@awkward()
def keywords_that_come_twice() -> bytes:
    twice = [card("EXPTIME", "60.", "first"), card("EXPTIME", "61.", "second"), card("EXPTIME", "60.", "first")]
    return one_image(*twice, b"OBJECT  = 'a'", *twice, b"OBJECT  = 'b'", card("NAXIS1", "31"), card("BITPIX", "16"))


@awkward()
def comments_and_history_everywhere() -> bytes:
    cards, data = plane(
        counts().astype("i2"), b"HISTORY = 'with a value'", b"COMMENT = 1", b"HISTORY", b"COMMENT", b"HISTORY"
    )
    return raw_file([([*cards[:5], b"COMMENT right behind the axes", b"HISTORY at once", *cards[5:]], data)])


@awkward()
def comments_without_room() -> bytes:
    return one_image(
        b"CROWDED = 'a long value that leaves little room for words' / and still a comment",
        b"NUMBER  =                    1/no blank before the slash, and words up to the end"[:80],
        b"SLASHES = 'a / b' / c / d",
        b"NOTHING =                    1 /",
        b"EMPTY   = ''                   / an empty string",
        b"BLANKS  = '        '",
        b"QUOTES  = 'it''s ''so'''       / doubled",
    )


@awkward()
def exponents_of_fortran() -> bytes:
    return one_image(card("BIGEXP", "1.0D+3"), card("SMALL", "1.d-3"), card("CAPITAL", "2E5"), card("EGAIN", "1.2D0"))


@awkward()
def free_format() -> bytes:
    cards, data = plane(counts().astype("i2"))
    free = [b"BITPIX  = 16", b"NAXIS   = 2 / axes", b"NAXIS1  =    31", b"NAXIS2  =                            24"]
    return raw_file(
        [([cards[0], *free, b"FREE='x'", b"EXPTIME = 60. / s", b"TIGHT   =5", b"LATE    =" + b" " * 60 + b"7"], data)]
    )


@awkward()
def values_of_every_kind() -> bytes:
    return one_image(
        card("LOGIC", "T"),
        card("COMPLEX", "(1.0, 2.0)"),
        card("BIG", "123456789012345678901234567890"),
        card("DIGITS", "3.14159265358979323846264338327950288"),
        card("PLUS", "+5"),
        card("ZEROS", "007"),
        b"NOVALUE =                      / undefined",
        b"NOVALUE2=",
        b"ENDTIME =                    5",
        b"END-OF  = 'END'",
    )


@awkward()
def axes_that_are_not_there() -> bytes:
    return one_image(card("NAXIS3", "5", "left by a program"), card("ZNAXIS1", "3"), card("TFIELDS", "0"))


@awkward()
def primary_with_cards_of_groups() -> bytes:
    return one_image(card("GROUPS", "F"), card("PCOUNT", "0"), card("GCOUNT", "1"), card("BLOCKED", "T"))


@awkward(warns=("RDNOISE must be", "GAIN must be", "EGAIN must be"))
def gain_that_is_no_number() -> bytes:
    return one_image(b"GAIN    = 'high    '", card("RDNOISE", "-1"), card("EXPTIME", "0"), card("EGAIN", "0.0"))


@awkward(warns=("BUNIT",))
def unknown_unit() -> bytes:
    return one_image(b"BUNIT   = 'florps  '           / nobody knows")


@awkward()
def unit_without_quotes() -> bytes:
    return one_image(b"BUNIT   = ADU / from a spreadsheet")


@awkward()
def unit_of_blanks() -> bytes:
    return one_image(b"BUNIT   = '        '           / to be filled in")


@awkward()
def unit_of_several_cards() -> bytes:
    return one_image(b"BUNIT   = 'elec&'", b"CONTINUE  'tron'")


@awkward()
def all_oddities_at_once() -> bytes:
    odd = [extension(counts((5, 6)).astype("i2"), "DQ", None, *ODD_CARDS), table(*ODD_CARDS)]
    return raw_file([plane(counts().astype("i2"), *ODD_CARDS), *odd])


@awkward(image=1)
def odd_cards_in_the_primary_and_in_the_image() -> bytes:
    return raw_file([empty_primary(*ODD_CARDS), extension(counts().astype("i2"), "SCI", 1, *ODD_CARDS)])


@awkward()
def header_of_many_blocks() -> bytes:
    cards = [card(f"K{i:06d}", str(i)) if i % 3 else f"HISTORY step {i}".encode() for i in range(1, 900)]
    return one_image(*cards)


@awkward()
def header_that_fills_its_block() -> bytes:
    return one_image(*[card(f"K{i}", str(i)) for i in range(35 - 5)])


@awkward()
def end_at_the_start_of_a_block() -> bytes:
    return one_image(*[card(f"K{i}", str(i)) for i in range(36 - 5)])


@awkward()
def stale_checksums() -> bytes:
    stale = [b"CHECKSUM= 'aaaaaaaaaaaaaaaa'   / stale", b"DATASUM = '12345   '           / stale"]
    return raw_file([plane(counts().astype("i2"), *stale, card("LAST", "1")), table(*stale)])


@awkward(image=1)
def stale_checksum_without_its_sum_of_data() -> bytes:
    stale = b"CHECKSUM= 'aaaaaaaaaaaaaaaa'   / stale"
    return raw_file([empty_primary(stale, extend=False), extension(counts().astype("i2"), "SCI", 1, stale)])
