"""As many axes as the standard allows, of lengths whose product cannot even be printed."""

from __future__ import annotations

from pathlib import Path

from kind_registry import CARDS, DATA, PIXELS, bad_input, put
from raw_files import image_cards, raw_file

HUGE = (10**30,) * 999
EXTENSION = image_cards(16, PIXELS.shape, extension=True)


@bad_input("the data are cut: the header declares more bytes than a file can have. Received: NAXIS = 999", lies=True)
def axes_without_number(folder: Path) -> Path:
    return put(folder, raw_file([(image_cards(16, HUGE), DATA)]))


@bad_input("the data are cut: the header declares more bytes than a file can have", lies=True)
def axes_without_number_in_an_extension(folder: Path) -> Path:
    return put(folder, raw_file([(CARDS, DATA), (image_cards(16, HUGE, extension=True), DATA)]))


@bad_input("the data are cut: the header declares more bytes than a file can have", lies=True)
def axes_without_number_in_a_table(folder: Path) -> Path:
    cards = [b"XTENSION= 'BINTABLE'", *image_cards(8, HUGE, extension=True)[1:]]
    return put(folder, raw_file([(CARDS, DATA), (cards, DATA)]))


@bad_input("the data are cut: the header declares more bytes than a file can have", lies=True)
def groups_without_number(folder: Path) -> Path:
    cards = [*EXTENSION[:-1], b"GCOUNT  = " + b"9" * 60]
    return put(folder, raw_file([(image_cards(8, ()), b""), (cards, DATA)]))


@bad_input("the image is larger than a file can be", lies=True)
def axes_without_number_of_a_packed_image(folder: Path) -> Path:
    cards = [b"XTENSION= 'BINTABLE'", *image_cards(8, (1, 8), extension=True)[1:], b"TFIELDS =                    0"]
    packed = [b"ZIMAGE  =                    T", b"ZBITPIX =                   16", b"ZNAXIS  =                   99"]
    packed += [b"ZNAXIS%-2d= %20d" % (i + 1, 10**19) for i in range(99)]
    return put(folder, raw_file([(image_cards(8, ()), b""), ([*cards, *packed], bytes(8))]))
