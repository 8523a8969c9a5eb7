"""Awkward files around the image: other HDUs, names and versions of HDUs, padding, junk."""

from __future__ import annotations

import io

import numpy as np
from astropy.io import fits
from awkward_case import Made, Raw, awkward, card, counts, empty_primary, extension, one_image, plane, scene, table
from raw_files import image_cards, raw_file
from raw_reader import split_hdus


def _image() -> Raw:
    return plane(counts().astype("i2"))


def _science(name: str = "SCI", version: int | None = 1, *more: bytes) -> Raw:
    return extension(counts().astype("i2"), name, version, *more)


def _tables() -> list[Raw]:
    """Return tables of variable length, with a gap before the heap, and in ASCII, as astropy writes them."""
    ragged = np.array([np.arange(i, dtype="f4") for i in range(1, 6)], dtype=object)
    hdus = fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.BinTableHDU.from_columns([fits.Column("RAGGED", "PE()", array=ragged)], name="RAGGED"),
            fits.TableHDU.from_columns([fits.Column("A", "I6", array=np.arange(7), ascii=True)], name="TEXT"),
            fits.BinTableHDU.from_columns(
                [fits.Column("X", "3D", array=np.ones((4, 3))), fits.Column("S", "9A", array=["a", "b", "c", "d"])],
                name="MIXED",
            ),
        ]
    )
    buffer = io.BytesIO()
    hdus.writeto(buffer, checksum=True)
    return [(list(hdu.cards), hdu.data) for hdu in split_hdus(buffer.getvalue())[0][1:]]


@awkward()
def tables_behind_the_image() -> bytes:
    return raw_file([_image(), *_tables()])


@awkward(image=4)
def tables_before_the_image() -> bytes:
    return raw_file([empty_primary(), *_tables(), _science(), *_tables()])


@awkward()
def gap_before_the_heap() -> bytes:
    cards = [b"XTENSION= 'BINTABLE'", card("BITPIX", "8"), card("NAXIS", "2"), card("NAXIS1", "8"), card("NAXIS2", "1")]
    cards += [
        card("PCOUNT", "104"),
        card("GCOUNT", "1"),
        card("TFIELDS", "1"),
        b"TFORM1  = 'PB(4)   '",
        card("THEAP", "108"),
    ]
    return raw_file([_image(), (cards, bytes([0, 0, 0, 4, 0, 0, 0, 0, *range(104)]))])


@awkward(image=2)
def other_images_around() -> bytes:
    others = [extension(counts((9, 9)).astype("i2"), "FLAT"), extension(scene((7, 24, 31)).astype("f4"), "CUBE")]
    return raw_file([empty_primary(), others[0], _science(), others[1], extension(np.zeros((0, 5), "i2"), "NONE")])


@awkward(image=1)
def science_extension_behind_a_primary_with_pixels() -> bytes:
    return raw_file([plane(counts((9, 9)).astype("i2")), _science(), table()])


@awkward(words=("--ext", "0"))
def primary_that_is_asked_for() -> bytes:
    return raw_file([plane(counts().astype("i2"), card("EXTEND", "T"), card("NEXTEND", "1")), _science()])


@awkward(image=1)
def image_without_name() -> bytes:
    return raw_file([empty_primary(), extension(counts().astype("i2")), table()])


@awkward(image=2)
def name_in_lower_case_with_blanks() -> bytes:
    return raw_file([empty_primary(), _science("FLAT"), _science("sci     ")])


@awkward(image=2, words=("--ext", "chip two"))
def name_of_two_words() -> bytes:
    return raw_file([empty_primary(), _science("chip one", None), _science("Chip Two ", None)])


@awkward(image=2, words=("--ext", "2"))
def name_without_quotes() -> bytes:
    return raw_file(
        [empty_primary(), _science("A"), plane(counts().astype("i2"), b"EXTNAME = RED / x", extension=True)]
    )


@awkward(image=2, words=("--ext", "S1"))
def chips_without_versions() -> bytes:
    return raw_file([empty_primary(), _science("N1", None), _science("S1", None)])


@awkward(image=3, words=("--ext", "SCI,7"), version=7)
def chips_of_one_name() -> bytes:
    return raw_file([empty_primary(card("NEXTEND", "3", "so far")), _science(), _science("SCI", 3), _science("SCI", 7)])


@awkward(image=2, words=("--ext", "CCD,1"))
def chips_counted_from_zero() -> bytes:
    return raw_file([empty_primary(), _science("CCD", 0), _science("CCD", 1)])


@awkward(image=1, words=("--ext", "CCD,0"), version=0)
def chip_of_version_zero() -> bytes:
    return raw_file([empty_primary(), _science("CCD", 0), _science("CCD", 1)])


@awkward(image=1)
def version_that_is_no_number() -> bytes:
    return raw_file([empty_primary(), _science("SCI", None, b"EXTVER  = 'two     '")])


@awkward(image=3, words=("--ext", "SCI,2"), version=2)
def our_planes_of_another_chip() -> bytes:
    ours = [extension(np.ones((24, 31), "f4"), "AMSD_SIGMA", 1), extension(np.ones((24, 31), "u1"), "AMSD_FLAGS", 1)]
    first = _science("SCI", 1, b"AMSDVERS= '0.1     '")
    return raw_file([empty_primary(card("NEXTEND", "4")), first, ours[0], _science("SCI", 2), ours[1]])


@awkward(image=2, words=("--ext", "S1"), version=2)
def our_planes_of_a_chip_without_version() -> bytes:
    mine = [card("AMSDHDU", "1")]
    ours = [extension(np.ones((24, 31), t), n, 1, *mine) for t, n in (("f4", "AMSD_SIGMA"), ("u1", "AMSD_FLAGS"))]
    return raw_file([empty_primary(), _science("N1", None, b"AMSDVERS= '0.1     '"), _science("S1", None), *ours])


@awkward(image=1)
def cards_inherited_from_the_primary() -> bytes:
    above = [card("GAIN", "2.0"), b"BUNIT   = 'adu     '", card("EXPTIME", "30.")]
    return raw_file([empty_primary(*above), _science("SCI", 1, card("INHERIT", "T"))])


@awkward()
def counts_of_extensions_in_the_header() -> bytes:
    return raw_file([plane(counts().astype("i2"), card("EXTEND", "F"), card("NEXTEND", "0", "how many")), table()])


@awkward(image=1)
def primary_without_word_of_extensions() -> bytes:
    return raw_file([empty_primary(extend=False), _science(), table()])


@awkward(image=1)
def primary_that_denies_extensions_under_a_checksum() -> bytes:
    hdus = fits.HDUList(
        [fits.PrimaryHDU(), fits.ImageHDU(counts().astype("i2"), name="SCI"), fits.ImageHDU(np.ones(3))]
    )
    hdus[0].header["EXTEND"] = True
    buffer = io.BytesIO()
    hdus.writeto(buffer, checksum=True)
    return buffer.getvalue().replace(b"EXTEND  =                    T", b"EXTEND  =                    F")


@awkward(words=("--ext", "0"))
def true_checksums() -> bytes:
    hdus = fits.HDUList([fits.PrimaryHDU(counts().astype("u2")), fits.ImageHDU(np.ones((3, 3))), *_astropy_table()])
    buffer = io.BytesIO()
    hdus.writeto(buffer, checksum=True)
    return buffer.getvalue()


def _astropy_table() -> list[fits.BinTableHDU]:
    return [fits.BinTableHDU.from_columns([fits.Column("A", "J", array=[1, 2])])]


@awkward(image=1)
def extensions_of_unknown_kinds() -> bytes:
    foreign = [b"XTENSION= 'FOREIGN '", card("BITPIX", "8"), card("NAXIS", "1"), card("NAXIS1", "50")]
    foreign += [card("PCOUNT", "0"), card("GCOUNT", "1")]
    dump = [b"XTENSION= 'DUMP    '", card("BITPIX", "16"), card("NAXIS", "1"), card("NAXIS1", "3")]
    dump += [card("PCOUNT", "5"), card("GCOUNT", "2")]
    return raw_file([empty_primary(), _science(), (foreign, b"x" * 50), (dump, bytes(32))])


@awkward(image=1)
def image_extension_of_iue() -> bytes:
    cards, data = _science()
    return raw_file([empty_primary(), ([b"XTENSION= 'IUEIMAGE'", *cards[1:]], data)])


@awkward(image=2)
def empty_extensions() -> bytes:
    return raw_file([empty_primary(), (image_cards(8, (), extension=True), b""), _science(), table(n_rows=0), table()])


@awkward()
def sixty_extensions() -> bytes:
    return raw_file([_image(), *[table(card("EXTVER", str(i))) for i in range(60)]])


@awkward(warns=("padding",))
def padding_cut() -> bytes:
    return one_image()[: 2880 + 2 * 24 * 31]


@awkward(image=1, warns=("padding",))
def padding_of_a_text_table_cut() -> bytes:
    body = raw_file([empty_primary(), _science(), _tables()[1]])
    return body[: 2880 + 5760 + 2880 + 7 * 7]


@awkward(warns=("padding",))
def padding_of_the_last_header_cut() -> bytes:
    body = raw_file([_image(), (image_cards(8, (), extension=True), b"")])
    return body[: body.rindex(b"END") + 3]


@awkward(warns=("no HDU",))
def junk_behind_the_last_hdu() -> bytes:
    return raw_file([_image(), table()]) + b"junk" * 99


@awkward(warns=("no HDU",))
def blocks_of_zeros_behind_the_last_hdu() -> bytes:
    return one_image() + bytes(3 * 2880)


@awkward(warns=("no HDU",))
def line_feed_behind_the_last_hdu() -> bytes:
    return one_image() + b"\n"


@awkward(image=1)
def hidden_nan_in_the_other_hdus() -> Made:
    odd = np.full((6, 6), np.nan, "f4")
    odd.view("u4")[2, 2] = 0x7FA00001  # a signalling NaN, which arithmetic would quieten
    body = raw_file([empty_primary(), _science(), extension(odd, "OTHER")])
    return Made(body, counts().astype("f8"), np.zeros((24, 31), bool))
