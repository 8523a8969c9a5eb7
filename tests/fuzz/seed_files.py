"""The sound files that mutations start from: small ones made here, and those of the shared folder if there is one."""

from __future__ import annotations

import io
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from astropy.io import fits
from document import Document, pack, parse

__all__ = ["made_here", "pick", "shared"]

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "awkward"
_LARGEST = 1_500_000
_SHAPE = (40, 48)
_ODD_CARDS = (
    b"lowcase =                   12 / lower-case keyword",
    b"UNQUOTED= no quotes at all",
    b"DOT.KEY =                  1.5 / dotted keyword",
    b"NOTANUM =                  NaN / not a number",
    b"LATIN   = '20\xb0 and \xb5m' / \xe9\ta tab",
    b"HIERARCH ESO DET OUT1 CONAD = 1.9 / e/adu",
    b"LONGSTR = 'a string that goes on and on and on and on and on and on and on &'",
    b"CONTINUE  'and on to its end' / long comment",
    b"EXPTIME = 60. / seconds, free format",
    b"COMMENT   three   blanks",
    b"",
    b"NOVALUE =                      / undefined",
    b"DATAMIN =                   10 / least",
    b"DATAMAX =                   20 / most",
)


def pick(rng: np.random.Generator, *, with_shared: bool = True) -> tuple[str, Document]:
    """Draw a starting file, small ones more often; a copy that may be changed."""
    pool = shared() if with_shared and shared() else made_here()
    names = sorted(pool)
    weight = np.array([1 / (1 + len(pool[name]) / 50_000) for name in names])
    name = names[int(rng.choice(len(names), p=weight / weight.sum()))]
    return name, parse(pool[name])


@cache
def shared() -> dict[str, bytes]:
    """Return the smaller awkward files, empty where the folder is absent."""
    found = sorted(_SHARED.iterdir()) if _SHARED.is_dir() else []
    return {path.name: path.read_bytes() for path in found if path.stat().st_size < _LARGEST}


@cache
def made_here() -> dict[str, bytes]:
    """Return files of every kind of pixel, plane and codec, at most about 100 kB each."""
    with warnings.catch_warnings(), mock.patch("time.time", return_value=0.0):  # streams of gzip hold the time
        warnings.simplefilter("ignore")
        files = {**_plain(), **_planes(), **_compressed()}
    files["odd_cards"] = _with_odd_cards(files["uint16"])
    for packing, ending in (("gzip", "gz"), ("bzip2", "bz2"), ("xz", "xz")):
        files[f"uint16.{ending}"] = pack(files["uint16_table"], packing)
    files["rice_int16.gz"] = pack(files["rice_int16"], "gzip")
    return files


def _sky(seed: int = 11) -> np.ndarray:
    """Return sky, photon noise and a few stars, in electrons."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: _SHAPE[0], : _SHAPE[1]]
    scene = np.full(_SHAPE, 200.0)
    for _ in range(6):
        at = rng.uniform(0, 1, 2) * _SHAPE
        scene += rng.uniform(100, 3000) * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 6)
    return rng.poisson(scene) + rng.normal(0, 4, _SHAPE)


def _bytes(*hdus: Any) -> bytes:
    out = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(out, checksum=True)
    # Comments of sums hold the time, which would make other files each time; so the sums of headers are not true.
    body = re.sub(rb"updated [-0-9]{10}T[:0-9]{8}", b"updated 2001-01-01T00:00:00", out.getvalue())
    return re.sub(rb"CHECKSUM= '[^']{16}'", b"CHECKSUM= '" + b"0" * 16 + b"'", body)


def _header(**cards: Any) -> fits.Header:
    header = fits.Header({"OBJECT": "field", "BUNIT": "adu", "GAIN": 1.5, "RDNOISE": 4.0, "EXPTIME": 60.0})
    header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0, "CD1_1": -1e-4})
    header.update({"CD2_2": 1e-4, "CRPIX1": 20.0, "CRPIX2": 20.0, "DATASEC": "[1:48,1:40]", **cards})
    return header


def _table() -> fits.BinTableHDU:
    columns = [fits.Column("ID", "J", array=np.arange(5)), fits.Column("NAME", "8A", array=["starstar"] * 5)]
    return fits.BinTableHDU.from_columns([*columns, fits.Column("LIST", "PE()", array=[np.ones(3)] * 5)], name="CAT")


def _text_table() -> fits.TableHDU:
    return fits.TableHDU.from_columns(fits.ColDefs([fits.Column("X", "F8.3", array=np.arange(4.0), ascii=True)]))


def _plain() -> dict[str, bytes]:
    sky = _sky()
    counts = np.clip(sky, 0, 65535)
    blank = fits.PrimaryHDU(counts.astype(np.int32), _header())
    blank.data[3, 5:9] = -99
    blank.header["BLANK"] = -99
    scaled = fits.PrimaryHDU(counts.astype(np.float32), _header())
    scaled.scale("int16", bscale=0.25, bzero=1000.0)
    flat = sky.astype(np.float32)[None, None]
    return {
        "uint16": _bytes(fits.PrimaryHDU(counts.astype(np.uint16), _header())),
        "uint16_table": _bytes(fits.PrimaryHDU(counts.astype(np.uint16), _header()), _table(), _text_table()),
        "uint8": _bytes(fits.PrimaryHDU((counts / 20).astype(np.uint8), _header(BUNIT="DN"))),
        "int32_blank": _bytes(blank),
        "int64": _bytes(fits.PrimaryHDU(counts.astype(np.int64) + 2**40, _header())),
        "float64": _bytes(fits.PrimaryHDU(sky + 1e7, _header(BUNIT="electron")), _table()),
        "scaled": _bytes(scaled),
        "four_axes": _bytes(fits.PrimaryHDU(flat, _header(BUNIT="MJy/sr")), fits.ImageHDU(flat[0, 0], name="ERR")),
    }


def _planes() -> dict[str, bytes]:
    def exposure(version: int) -> list[fits.ImageHDU]:
        sky = _sky(version).astype(np.float32)
        sky[7, 9:12] = np.nan
        error = np.sqrt(np.maximum(sky, 16) + 16).astype(np.float32)
        quality = np.zeros(_SHAPE, np.int16)
        quality[20, 3:30] = 4
        weight = np.ones(_SHAPE, np.float32)
        weight[:2] = 0
        planes = (("SCI", sky), ("ERR", error), ("DQ", quality), ("WHT", weight))
        header = _header(BUNIT="electron", INHERIT=True)
        return [fits.ImageHDU(data, header if name == "SCI" else None, name, version) for name, data in planes]

    primary = fits.PrimaryHDU()
    primary.header.update({"EXTEND": True, "NEXTEND": 4, "GAIN": 1.0, "TELESCOP": "none"})
    variance = fits.ImageHDU((_sky() + 16).astype(np.float64), name="VAR")
    mask = fits.ImageHDU((_sky() > 900).astype(np.int32), fits.Header({"MP_BAD": 0, "MP_SAT": 1}), name="MASK")
    denoised = fits.PrimaryHDU(_sky().astype(np.float32), _header(AMSDVERS="0.1.0", AMSDSRC="0" * 64))
    ours = [fits.ImageHDU(np.full(_SHAPE, 2, np.float32), fits.Header({"AMSDHDU": 0}), "AMSD_SIGMA")]
    ours.append(fits.ImageHDU(np.ones(_SHAPE, np.uint8), fits.Header({"AMSDHDU": 0}), "AMSD_FLAGS"))
    unmarked = [fits.ImageHDU(hdu.data, name=hdu.name) for hdu in ours]  # as they are where somebody sorted the HDUs
    science = fits.ImageHDU(denoised.data, denoised.header, "SCI")
    return {
        "mef": _bytes(primary, *exposure(1), _table()),
        "two_chips": _bytes(primary, *exposure(1)[:3], *exposure(2)[:3]),
        "variance_mask": _bytes(fits.PrimaryHDU(_sky().astype(np.float32), _header()), variance, mask),
        "denoised": _bytes(denoised, *ours, _table()),
        "denoised_sorted": _bytes(fits.PrimaryHDU(), *unmarked, science, _table()),
    }


def _compressed() -> dict[str, bytes]:
    sky = _sky()
    floats = sky.astype(np.float32)
    counts = sky.astype(np.int16)
    with_nan = floats.copy()
    with_nan[3, 4:8] = np.nan
    squares = {"tile_shape": (16, 16)}
    recipes: dict[str, tuple[str, np.ndarray, dict[str, Any]]] = {
        "rice_int16": ("RICE_1", counts, {}),
        "rice_int32": ("RICE_1", sky.astype(np.int32), squares),
        "rice_uint16": ("RICE_1", sky.astype(np.uint16), {}),
        "rice_dither1": ("RICE_1", with_nan, {"quantize_method": 1, "dither_seed": 7}),
        "rice_dither2": ("RICE_1", floats, {"quantize_method": 2, "dither_seed": 7, **squares}),
        "rice_no_dither": ("RICE_1", with_nan, {"quantize_method": -1}),
        "gzip1_int32": ("GZIP_1", sky.astype(np.int32), {}),
        "gzip1_float": ("GZIP_1", floats, {"quantize_level": 0}),
        "gzip2_float64": ("GZIP_2", sky, {"quantize_level": 0, **squares}),
        "gzip2_dither": ("GZIP_2", with_nan, {"quantize_method": 1, "dither_seed": 3}),
        "hcompress_int16": ("HCOMPRESS_1", counts, squares),
        "hcompress_large": ("HCOMPRESS_1", np.tile(counts, (3, 2)), {"tile_shape": (120, 96)}),
        "hcompress_float": ("HCOMPRESS_1", floats, {"hcomp_scale": 1, **squares}),
        "plio_int16": ("PLIO_1", (counts > 300).astype(np.int16), {}),
        "plio_int32": ("PLIO_1", counts.astype(np.int32), squares),
        "nocompress": ("NOCOMPRESS", counts, {}),
    }
    files = {}
    for name, (kind, data, options) in recipes.items():
        files[name] = _bytes(fits.PrimaryHDU(), fits.CompImageHDU(data, _header(), "SCI", kind, **options))
    files["rice_mef"] = _bytes(
        fits.PrimaryHDU(),
        fits.CompImageHDU(floats, _header(), "IMAGE", "RICE_1", quantize_level=16),
        fits.CompImageHDU((counts > 900).astype(np.int32), fits.Header({"MP_BAD": 0}), "MASK", "GZIP_1"),
        fits.CompImageHDU(floats + 16, name="VARIANCE", compression_type="RICE_1"),
        _table(),
    )
    return files


def _with_odd_cards(body: bytes) -> bytes:
    """Put cards that break the standard into the primary header of a file of one HDU."""
    document = parse(body)
    cards = b"".join(card.ljust(80) for card in [*document.parts[0].cards, *_ODD_CARDS, b"END"])
    return cards.ljust(-(-len(cards) // 2880) * 2880) + bytes(document.parts[0].data)
