"""Awkward packing: tile-compressed images of every codec, alone and among others."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from astropy.io import fits
from awkward_case import Made, awkward, card, counts, scene
from numpy.typing import NDArray
from raw_files import raw_file
from raw_reader import split_hdus

HEADER = {"OBJECT": "field", "CRVAL1": 5.0, "LONGSTR": "long " * 30, "BUNIT": "adu", "HIERARCH ESO DET CHIP": 3}


def _saved(*hdus: Any, primary: Any = None, checksum: bool = False) -> bytes:
    buffer = io.BytesIO()
    fits.HDUList([primary or fits.PrimaryHDU(), *hdus]).writeto(buffer, checksum=checksum)
    return buffer.getvalue()


def _tiles(data: NDArray[np.generic], codec: str, *, name: str = "SCI", **options: Any) -> fits.CompImageHDU:
    return fits.CompImageHDU(data, fits.Header(HEADER), name=name, compression_type=codec, **options)


def _exact(data: NDArray[np.generic], codec: str, **options: Any) -> Made:
    """Return a file packed without loss."""
    truth = data.astype("f8")
    return Made(_saved(_tiles(data, codec, **options)), truth, ~np.isfinite(truth).reshape(truth.shape[-2:]))


@awkward(image=1)
def rice() -> Made:
    return _exact(counts().astype("i2"), "RICE_1")


@awkward(image=1)
def rice_of_bytes() -> Made:
    return _exact(np.clip(counts() // 4, 0, 255).astype("u1"), "RICE_1")


@awkward(image=1)
def rice_of_unsigned_integers() -> Made:
    return _exact((counts() + 40_000).astype("u2"), "RICE_1")


@awkward(image=1, double=True)
def rice_of_wide_unsigned_integers() -> Made:
    return _exact((counts() + 3_000_000_000).astype("u4"), "RICE_1")


@awkward(image=1)
def gzip_of_integers() -> Made:
    return _exact(counts().astype("i4"), "GZIP_1")


@awkward(image=1)
def shuffled_gzip_of_integers() -> Made:
    return _exact(counts().astype("i2"), "GZIP_2")


@awkward(image=1)
def hcompress() -> Made:
    return _exact(counts().astype("i2"), "HCOMPRESS_1", tile_shape=(12, 31))


@awkward(image=1)
def hcompress_with_loss() -> bytes:
    return _saved(_tiles(counts().astype("i4"), "HCOMPRESS_1", tile_shape=(24, 31), hcomp_scale=3, hcomp_smooth=1))


@awkward(image=1)
def plio() -> Made:
    return _exact(counts().astype("i2"), "PLIO_1")


@awkward(image=1)
def tiles_that_are_not_packed() -> Made:
    return _exact(counts().astype("i2"), "NOCOMPRESS")


@awkward(image=1)
def floats_packed_without_loss() -> Made:
    data = scene().astype("f4")
    data[4, 4], data[5, 6], data[7, 8] = np.nan, np.inf, -np.inf
    return _exact(data, "GZIP_2", quantize_level=0)


@awkward(image=1)
def doubles_packed_without_loss() -> Made:
    data = scene(level=1e9, sigma=1.0)
    data[4, 4] = np.nan
    return _exact(data, "GZIP_1", quantize_level=0)


@awkward(image=1)
def quantized_floats() -> bytes:
    return _saved(_tiles(scene((40, 60)).astype("f4"), "RICE_1", quantize_level=8))


@awkward(image=1)
def quantized_doubles() -> bytes:
    return _saved(_tiles(scene((40, 60)), "GZIP_2", quantize_level=16, quantize_method=0, tile_shape=(10, 60)))


@awkward(image=1)
def quantized_floats_with_dither() -> bytes:
    data = scene((40, 60)).astype("f4")
    data[3, 3:9] = np.nan
    return _saved(_tiles(data, "RICE_1", quantize_method=1, dither_seed=42))


@awkward(image=1)
def quantized_floats_with_dither_that_spares_zeros() -> bytes:
    data = scene((40, 60)).astype("f4")
    data[30:], data[2, 2] = 0, np.nan
    return _saved(_tiles(data, "GZIP_1", quantize_method=2, dither_seed=10_000))


@awkward(image=1)
def quantized_floats_by_hcompress() -> bytes:
    return _saved(_tiles(scene((40, 60)).astype("f4"), "HCOMPRESS_1", quantize_method=1, tile_shape=(20, 60)))


@awkward(image=1)
def odd_tiles() -> Made:
    return _exact(counts((29, 37)).astype("i2"), "RICE_1", tile_shape=(7, 11))


@awkward(image=1)
def tiles_larger_than_needed() -> Made:
    made = _exact(counts().astype("i2"), "GZIP_1", tile_shape=(24, 31))
    body = made.body.replace(card("ZTILE2", "24"), card("ZTILE2", "50"), 1)
    assert made.body[2880:].count(b"ZTILE2  =                   24") == 1
    return Made(body, made.pixels, made.masked)


@awkward(image=1)
def columns_as_tiles() -> Made:
    return _exact(counts((29, 37)).astype("i4"), "RICE_1", tile_shape=(29, 1))


@awkward(image=1)
def packed_in_four_axes() -> Made:
    return _exact(scene((1, 1, 24, 31)).astype("f4"), "GZIP_2", quantize_level=0)


@awkward(image=1, warns=("narrower than",))
def packed_row() -> Made:
    return _exact(counts((1, 100)).astype("i2"), "RICE_1")


@awkward(image=1, warns=("shows no noise",))
def packed_constant() -> Made:
    return _exact(np.full((24, 31), 9, "i2"), "RICE_1")


@awkward(image=1)
def packed_integers_with_blank() -> Made:
    stored = counts().astype("i2")
    stored[4, 5] = -99
    hdu = _tiles(stored, "RICE_1")
    hdu.header["BLANK"] = -99
    truth = np.where(stored == -99, np.nan, counts())
    return Made(_saved(hdu), truth, np.isnan(truth))


@awkward(image=1)
def packed_integers_with_scale() -> Made:
    body = _saved(_tiles(counts().astype("i2"), "RICE_1"))
    return Made(
        _with_cards(body, card("BSCALE", "0.5"), card("BZERO", "100.")), counts() * 0.5 + 100, np.zeros((24, 31), bool)
    )


@awkward(image=1)
def packed_primary() -> Made:
    """As fpack leaves it: the cards of the primary it was, and the checksums of that, in the table's header."""
    cards = [card("ZSIMPLE", "T", "file does conform to FITS standard"), card("ZEXTEND", "T"), card("DATE-OBS", "'x'")]
    cards += [b"ZHECKSUM= 'UJoDaJmDUJmDaJmD'", b"ZDATASUM= '3456    '"]
    made = _exact(counts().astype("i2"), "RICE_1", name="COMPRESSED_IMAGE")
    return Made(_with_cards(made.body, *cards), made.pixels, made.masked)


def _with_cards(body: bytes, *cards: bytes) -> bytes:
    """Put cards at the end of the header of the first extension."""
    hdus, _ = split_hdus(body)
    first = hdus[1]
    packed = raw_file([([*first.cards, *cards], first.data)])
    return hdus[0].segment + packed + b"".join(hdu.segment for hdu in hdus[2:])


@awkward(image=2, words=("--ext", "SCI,2"), version=2)
def several_packed_chips() -> Made:
    chips = [_tiles(counts().astype("i2") + i, "RICE_1") for i in range(3)]
    for i, chip in enumerate(chips):
        chip.ver = i + 1
    return Made(_saved(*chips, checksum=True), counts() + 1.0, np.zeros((24, 31), bool))


@awkward(image=2)
def packed_among_others() -> Made:
    others = [
        fits.ImageHDU(np.arange(30.0).reshape(5, 6), name="FLAT"),
        fits.BinTableHDU.from_columns([fits.Column("A", "PJ()", array=_ragged())], name="CAT"),
        _tiles(np.ones((5, 5), "i2"), "PLIO_1", name="OTHER"),
    ]
    body = _saved(others[0], _tiles(counts().astype("i2"), "HCOMPRESS_1", tile_shape=(24, 31)), *others[1:])
    return Made(body, counts().astype("f8"), np.zeros((24, 31), bool))


def _ragged() -> NDArray[np.object_]:
    return np.array([np.arange(3), np.arange(5)], dtype=object)


@awkward()
def plain_image_before_packed_ones() -> Made:
    hdus = [_tiles(counts((9, 9)).astype("i2"), "RICE_1", name=name) for name in ("DQ", "WHT")]
    body = _saved(*hdus, primary=fits.PrimaryHDU(counts().astype("i4")), checksum=True)
    return Made(body, counts().astype("f8"), np.zeros((24, 31), bool))
