"""Awkward files on the disk: packed as a whole, named in every way."""

from __future__ import annotations

import bz2
import gzip
import lzma

from awkward_case import awkward, counts, one_image, plane, table
from raw_files import raw_file


@awkward(name="in.fits.gz")
def packed_by_gzip() -> bytes:
    return gzip.compress(raw_file([plane(counts().astype("i2")), table()]), mtime=1)


@awkward(name="in.fits")
def packed_by_gzip_in_two_members_under_a_plain_name() -> bytes:
    body = raw_file([plane(counts().astype("i2")), table()])
    return gzip.compress(body[:4000], mtime=1) + gzip.compress(body[4000:], mtime=2)


@awkward(name="in.fits.bz2")
def packed_by_bzip2() -> bytes:
    return bz2.compress(raw_file([plane(counts().astype("i2")), table()]))


@awkward(name="in.fits.xz")
def packed_by_xz() -> bytes:
    return lzma.compress(raw_file([plane(counts().astype("i2")), table()]))


@awkward(name="in.fits.gz", warns=("not packed",))
def plain_file_named_as_packed() -> bytes:
    return one_image()


@awkward(name="two words, [1] and (2) + 50%.fits")
def name_of_blanks_and_brackets() -> bytes:
    return one_image()


@awkward(name="Señal 観測 \U0001f52d.fits")
def name_beyond_ascii() -> bytes:
    return one_image()


@awkward(name="-o.fits")
def name_with_a_leading_dash() -> bytes:
    return one_image()


@awkward(name='it\'s "quoted" * ? ; $HOME \\ \t.fits')
def name_of_shell_characters() -> bytes:
    return one_image()


@awkward(name="n" * 250 + ".fit")
def name_as_long_as_can_be() -> bytes:
    return one_image()


@awkward(name="exposure")
def name_without_ending() -> bytes:
    return one_image()
