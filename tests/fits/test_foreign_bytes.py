"""Whatever lies beside an image in its file comes out byte for byte, and so do all cards but those of its pixels."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
from astropy.nddata import StdDevUncertainty
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import ODD_CARDS, image_cards, raw_file

from amsd_astro.fits.cards import card_keyword
from amsd_astro.fits.scanning import scan
from amsd_astro.frames import read_frame, write_frame

SIZES = {8: 1, 16: 2, 32: 4, 64: 8, -32: 4, -64: 8}
OF_PIXELS = {"BITPIX", "BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX", "EXTEND", "NEXTEND"}
SCALING = [b"BSCALE  =                  2.0", b"BZERO   =                 10.5"]

some_cards = st.lists(st.sampled_from([card for card in ODD_CARDS if not card.startswith(b"CONTINUE")]), max_size=12)
shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))


@st.composite
def foreign_hdus(draw: st.DrawFn) -> tuple[list[bytes], bytes]:
    """An image or a table of any bytes under any cards."""
    cards = draw(some_cards)
    if draw(st.booleans()):
        n_rows, width, n_heap = draw(st.integers(0, 4)), draw(st.integers(1, 9)), draw(st.integers(0, 50))
        head = [b"XTENSION= 'BINTABLE'", b"BITPIX  =                    8", b"NAXIS   =                    2"]
        head += [b"NAXIS1  = %20d" % width, b"NAXIS2  = %20d" % n_rows, b"PCOUNT  = %20d" % n_heap]
        head += [b"GCOUNT  =                    1", b"TFIELDS =                    1", b"TFORM1  = '%dB'" % width]
        size = n_rows * width + n_heap
    else:
        bitpix, shape = draw(st.sampled_from(sorted(SIZES))), draw(shapes)
        head = image_cards(bitpix, shape, extension=True)
        size = SIZES[bitpix] * shape[0] * shape[1]
    return [*head, *cards], draw(st.binary(min_size=size, max_size=size))


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, int]:
    """A file and the index of the image that is denoised."""
    before, after = draw(st.lists(foreign_hdus(), max_size=2)), draw(st.lists(foreign_hdus(), max_size=2))
    bitpix, shape = draw(st.sampled_from([16, 32, -32, -64])), draw(shapes)
    degenerate = (1,) * draw(st.integers(0, 2))
    as_primary = not before and draw(st.booleans())
    cards = [*image_cards(bitpix, (*degenerate, *shape), extension=not as_primary), *draw(some_cards)]
    pixels = np.random.default_rng(draw(st.integers(0, 99))).normal(100, 9, shape)
    data = pixels.astype(f">{'f' if bitpix < 0 else 'i'}{SIZES[bitpix]}").tobytes()
    if draw(st.booleans()):
        cards += SCALING
    primary = [] if as_primary else [([b"SIMPLE  =                    T", *image_cards(8, ())[1:]], b"")]
    hdus = [*primary, *before, (cards, data), *after]
    return raw_file(hdus), len(primary) + len(before)


def kept(cards: tuple[bytes, ...]) -> list[bytes]:
    return [card for card in cards if card_keyword(card) not in OF_PIXELS and not card.startswith(b"AMSD")]


@settings(max_examples=60, deadline=None)
@given(made=files())
def test_foreign_bytes_never_change(made: tuple[bytes, int]) -> None:
    body, index = made
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source, out = Path(folder) / "in.fits", Path(folder) / "out.fits"
        source.write_bytes(body)
        frame = read_frame(source, ext=index)
        frame.data = frame.data + 1
        frame.header["AMSDVERS"] = "0"
        frame.uncertainty = StdDevUncertainty(np.ones(frame.data.shape, np.float32))
        frame.flags = np.zeros(frame.data.shape, np.uint8)
        write_frame(frame, out)
        assert source.read_bytes() == body
        old, new, written = scan(source), scan(out), out.read_bytes()
    assert [hdu.name for hdu in new.hdus[len(old.hdus) :]] == ["AMSD_SIGMA", "AMSD_FLAGS"]
    for before, after in zip(old.hdus, new.hdus, strict=False):
        if before.index not in (0, index):
            assert written[after.header_offset : after.end] == body[before.header_offset : before.end]
        assert kept(after.cards) == kept(before.cards)
        assert after.shape == before.shape
