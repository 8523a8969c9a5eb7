"""The FITS checksum."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from amsd_astro.fits.checksum import Sum32, encode_sum


def _sum(*pieces: bytes) -> int:
    total = Sum32()
    for piece in pieces:
        total.update(piece)
    return total.value


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_pieces_do_not_matter(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert _sum(*(data[a:b] for a, b in pairwise(edges))) == _sum(data)


@given(st.integers(0, 2**32 - 1))
def test_the_string_completes_the_sum(value: int) -> None:
    text = encode_sum(value).encode()
    assert len(text) == 16 and text.isalnum()
    # In a header the string begins at the fourth byte of a word, and takes the place of sixteen zeros.
    zeros = _sum(b"\0\0\0" + b"0" * 16 + b"\0")
    filled = _sum(b"\0\0\0" + text + b"\0")
    total = value + (filled - zeros) % (2**32 - 1)
    assert total % (2**32 - 1) == 0


def test_agrees_with_astropy() -> None:
    data = np.random.default_rng(1).normal(size=(13, 9)).astype(">f4")
    hdu = fits.PrimaryHDU(data)
    hdu.add_datasum()
    assert _sum(data.tobytes()) == int(hdu.header["DATASUM"])
