"""Checks of what the compiled codecs of tile-compressed images trust: a wrong number there ends the interpreter."""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
from dataclasses import dataclass

import numpy as np
from astropy.io.fits.hdu.compressed._compression import decompress_rice_1_c

from amsd_astro.fits.byte_streams import STRIPE
from amsd_astro.fits.cards import int_value, string_value
from amsd_astro.fits.raw_hdus import RawHDU

__all__ = ["Codec", "check_stream", "codec_of"]

_HCOMPRESS_MAGIC = b"\xdd\x99"
_DEFLATE_RATIO = 1032  # the most that deflate can pack
_HARMLESS = 64 * 1024 * 1024
_PARAMETERS = {"BLOCKSIZE": (16, 32), "BYTEPIX": (1, 2, 4), "SMOOTH": (0, 1)}
_RICE_PIXEL = 8  # bytes: a pixel takes 33 bits at most where the next bit is set
_RICE_START = 16  # bytes before the first block


@dataclass(frozen=True)
class Codec:
    """How the tiles of an image are packed: ZCMPTYPE, ZBITPIX, and numbers that go to the compiled code."""

    algorithm: str
    bitpix: int
    parameters: dict[str, int]


def codec_of(hdu: RawHDU, algorithm: str) -> Codec:
    """Return the codec of an HDU; ValueError where its parameters are not of its kind or do not go with the pixels."""
    quantized = any(string_value(hdu.cards, f"TTYPE{i}") in ("ZSCALE", "ZZERO") for i in range(1, 20))
    if quantized and hdu.bitpix > 0:
        raise ValueError(f"columns ZSCALE and ZZERO are for quantized floats, ZBITPIX is {hdu.bitpix}")
    if (string_value(hdu.cards, "ZQUANTIZ") or "").startswith("SUBTRACTIVE_DITHER"):
        seed = int_value(hdu.cards, "ZDITHER0")
        if seed is None or not 1 <= seed <= 10000:
            raise ValueError(f"ZDITHER0 must lie in 1..10000, not {seed}")
    return Codec(algorithm, hdu.bitpix, _parameters(hdu, algorithm))


def _parameters(hdu: RawHDU, algorithm: str) -> dict[str, int]:
    """Return the values of the cards ZVALi by the names in ZNAMEi: the first of each name counts, in any case."""
    found: dict[str, int] = {}
    for i in range(1, 1000):
        name = string_value(hdu.cards, f"ZNAME{i}")
        if name is None:
            break
        name = name.strip().upper()
        if name not in _PARAMETERS or name in found:
            continue
        value = int_value(hdu.cards, f"ZVAL{i}")
        if value is None or value not in _PARAMETERS[name]:
            raise ValueError(f"{algorithm} needs {name} in {_PARAMETERS[name]}, not {value}")
        found[name] = value
    return found


def check_stream(codec: Codec, form: str, stream: np.ndarray, where: tuple[slice, slice]) -> None:
    """Check the stream of one tile.

    Parameters
    ----------
    codec : Codec
        How it is packed.
    form : str
        TFORM of its column.
    stream : ndarray
        uint8.
    where : (slice, slice)
        The tile's place in the image.

    Raises
    ------
    ValueError
        It states another size than the image needs, or one beyond its own end, or ends before its pixels do.
    """
    if codec.algorithm in ("RICE_1", "RICE_ONE"):
        _check_rice(stream, where, codec.parameters)
    elif codec.algorithm == "HCOMPRESS_1":
        _check_hcompress(stream, where)
    elif codec.algorithm == "PLIO_1":
        _check_plio(form, stream)
    elif codec.algorithm in ("GZIP_1", "GZIP_2"):
        _check_gzip(stream, where, codec.bitpix)
    elif codec.algorithm == "NOCOMPRESS":
        _check_length(len(stream), where, codec.bitpix)


def _check_rice(stream: np.ndarray, where: tuple[slice, slice], parameters: dict[str, int]) -> None:
    """Check that a stream holds its pixels: the decoder of a cut one runs on through whatever memory lies behind it.

    It looks for the end once a block, and within a block for the next bit that is set. So bits that are set are put
    behind the stream, enough for the longest block, and the decoder is told of the stream alone; astropy's class copies
    what it is given, and with that loses them.
    """
    blocksize, bytepix = parameters.get("BLOCKSIZE", 32), parameters.get("BYTEPIX", 4)
    guard = np.full(_RICE_PIXEL * blocksize + _RICE_START, 0xFF, np.uint8)
    guarded = np.concatenate([stream, guard])[: len(stream)]
    decompress_rice_1_c(guarded, blocksize, bytepix, math.prod(part.stop - part.start for part in where))


def _check_length(n_bytes: int, where: tuple[slice, slice], bitpix: int) -> None:
    """Check that as many bytes as the pixels take come out: the codecs take another type where the number fits one.

    Short integers may come as ones of four bytes (older packers), and so do quantized floats.
    """
    n_pixels = math.prod(part.stop - part.start for part in where)
    if n_bytes not in (n_pixels * abs(bitpix) // 8, 4 * n_pixels):
        raise ValueError(f"a tile holds {n_bytes} bytes, its {n_pixels} pixels of BITPIX {bitpix} take another number")


def _check_gzip(stream: np.ndarray, where: tuple[slice, slice], bitpix: int) -> None:
    """Check that a stream holds its pixels, by the size it states at its end, and that it is no bomb."""
    if len(stream) < 18:
        raise ValueError("a gzip tile has no header")
    _check_length(int(stream[-4:].view("<u4")[0]), where, bitpix)
    most = 8 * math.prod(part.stop - part.start for part in where)
    if len(stream) * _DEFLATE_RATIO <= max(most, _HARMLESS):
        return
    n_bytes = 0
    with gzip.GzipFile(fileobj=io.BytesIO(stream.tobytes())) as file:
        while n_bytes <= most and (piece := file.read(STRIPE)):
            n_bytes += len(piece)
    if n_bytes > most:
        raise ValueError(f"a gzip tile unpacks to more than the {most} bytes that its pixels can take")


def _check_hcompress(stream: np.ndarray, where: tuple[slice, slice]) -> None:
    size = [part.stop - part.start for part in where if part.stop - part.start > 1] or [1]
    if len(stream) < 22 or stream[:2].tobytes() != _HCOMPRESS_MAGIC:
        raise ValueError("an HCOMPRESS tile has no header")
    stated = struct.unpack(">2i", stream[2:10].tobytes())
    if math.prod(stated) != math.prod(size) or sorted(n for n in stated if n > 1) != sorted(n for n in size if n > 1):
        raise ValueError(f"an HCOMPRESS tile states a size of {stated}, the image needs {tuple(size)}")


def _check_plio(form: str, stream: np.ndarray) -> None:
    """Check that the list of runs, two-byte words, ends within the stream."""
    if not re.match(r"\d*[PQ]I", form):
        raise ValueError(f"PLIO_1 needs a column of two-byte integers, not {form!r}")
    words = stream.view(">i2").astype(np.int64)
    if len(words) < 5:
        raise ValueError("a PLIO tile has no header")
    stated, first = (words[2], 3) if words[2] > 0 else ((words[4] << 15) + words[3], words[1])
    if not (0 <= first <= len(words) and 0 <= stated <= len(words)):
        raise ValueError(f"a PLIO tile states a length of {stated} words, it has {len(words)}")
