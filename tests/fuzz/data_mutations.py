"""Damage done to pixels, tiles and the order of HDUs.

Each function returns what it did, nothing where it does not apply.
"""

from __future__ import annotations

import copy
import math

import numpy as np
from card_mutations import any_part
from document import Document, Part

__all__ = ["bad_pixels", "bad_tiles", "change_hdus", "flip_data"]

_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_FLOATS = (np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, 1e30, -1e30, 0.0, -0.0, 1e300, -1.0)
_WORDS = (0, 1, -1, 2, 7, 255, 2**15 - 1, 2**16, 2**31 - 1, -(2**31), 2**24)


def bad_pixels(rng: np.random.Generator, document: Document) -> str:
    """Put NaN, infinite, huge or equal values into the pixels of a plane."""
    number, part = _draw(rng, document, compressed=False)
    kind = _TYPES.get(part.number("BITPIX"))
    if kind is None or part.number("NAXIS") < 1 or part.number("NAXIS") > 9:
        return ""
    n_pixels = min(math.prod(part.number(f"NAXIS{i + 1}") for i in range(part.number("NAXIS"))), 10**6)
    dtype = np.dtype(kind)
    n_pixels = min(n_pixels, len(part.data) // dtype.itemsize)
    if n_pixels < 1:
        return ""
    pixels = np.frombuffer(part.data, dtype, n_pixels).copy()
    if dtype.kind == "f":
        value = float(rng.choice(_FLOATS))
    else:
        limits = np.iinfo(dtype)
        value = int(rng.choice([limits.min, limits.max, 0, 1, max(limits.min, -99)]))
    chosen = _region(rng, n_pixels, part.number("NAXIS1"))
    with np.errstate(over="ignore"):
        pixels[chosen] = value
    part.data[: pixels.nbytes] = pixels.tobytes()
    return f"HDU {number}: {int(chosen.sum())} of {n_pixels} pixels are {value}"


def _region(rng: np.random.Generator, n_pixels: int, n_x: int) -> np.ndarray:
    """Draw some pixels: one, a few, rows, a column pattern, all but one, or all."""
    chosen = np.zeros(n_pixels, bool)
    how = int(rng.integers(7))
    if how == 0:
        chosen[rng.integers(n_pixels)] = True
    elif how == 1:
        chosen = rng.random(n_pixels) < rng.uniform(0.01, 0.5)
    elif how == 2:
        first = int(rng.integers(n_pixels))
        chosen[first : first + n_pixels // 3] = True
    elif how == 3:
        chosen[:: max(n_x, 1)] = True
    elif how == 4:
        chosen[::2] = True
    else:
        chosen[:] = True
        if how == 5:
            chosen[rng.integers(n_pixels, size=int(rng.integers(1, 6)))] = False
    return chosen


def bad_tiles(rng: np.random.Generator, document: Document) -> str:
    """Spoil descriptors, streams or the heads of streams of a tile-compressed image."""
    number, part = _draw(rng, document, compressed=True)
    n_rows, row = part.number("NAXIS2"), part.number("NAXIS1")
    table = n_rows * row
    end = min(table + part.number("PCOUNT"), len(part.data))
    if not part.compressed or not 0 < row <= table < end:
        return ""
    how = str(rng.choice(["descriptor", "row", "float", "head", "head", "heap", "heap", "swap"]))
    if how == "descriptor":
        at = int(rng.integers(table // 4)) * 4
        word = int(rng.choice([*_WORDS, end, end - table, end - table + 1]))
        part.data[at : at + 4] = word.to_bytes(4, "big", signed=True)
        return f"HDU {number}: descriptor word {at // 4} is {word}"
    if how == "row":
        at = int(rng.integers(table))
        part.data[at] = int(rng.integers(256))
        return f"HDU {number}: byte {at} of the table"
    if how == "float":
        at, value = int(rng.integers(max(table // 8, 1))) * 8, float(rng.choice(_FLOATS))
        part.data[at : at + 8] = np.array(value, ">f8").tobytes()
        return f"HDU {number}: {value} at byte {at} of the table"
    start = table
    if how == "head" and table >= 8:  # a descriptor at least
        pairs = np.frombuffer(part.data[: table // 8 * 8], ">i4").reshape(-1, 2)
        offset = int(pairs[rng.integers(len(pairs)), 1])
        start = min(max(table, table + offset), end - 1)
        end = min(start + 24, end)
        if rng.random() < 0.5 and start + 10 <= end:  # where HCOMPRESS has its numbers of columns and rows
            at, word = start + 2 + 4 * int(rng.integers(2)), int(rng.choice([*_WORDS, 15, 17, 100, 1000, 70_000]))
            part.data[at : at + 4] = word.to_bytes(4, "big", signed=True)
            return f"HDU {number}: word at {at} of the data is {word}"
    if how == "swap":
        half = (start + end) // 2
        part.data[start:end] = part.data[half:end] + part.data[start:half]
        return f"HDU {number}: halves of the heap swapped"
    n_bytes = int(rng.choice([1, 1, 2, 4, 16]))
    places = rng.integers(start, end, size=n_bytes)
    for at in places.tolist():
        part.data[at] = int(rng.choice([0, 255, int(rng.integers(256)), part.data[at] ^ (1 << int(rng.integers(8)))]))
    return f"HDU {number}: bytes {places.tolist()} of {len(part.data)} ({how})"


def flip_data(rng: np.random.Generator, document: Document) -> str:
    """Change random bytes of a data unit."""
    number, part = any_part(rng, document)
    if not part.data:
        return ""
    n_bytes = int(rng.choice([1, 2, 10, 200]))
    places = rng.integers(len(part.data), size=n_bytes)
    values = rng.integers(256, size=n_bytes, dtype=np.uint8)
    for at, value in zip(places.tolist(), values.tolist(), strict=True):
        part.data[at] = value
    return f"HDU {number}: {n_bytes} bytes of its data, first {int(places[0])}"


def change_hdus(rng: np.random.Generator, document: Document, other: Document) -> str:
    """Swap, drop or repeat HDUs, or take one from another file."""
    first, part = any_part(rng, document)
    how = str(rng.choice(["swap", "drop", "repeat", "take", "headers", "cut data"]))
    if how == "swap":
        second, _ = any_part(rng, document)
        parts = document.parts
        parts[first], parts[second] = parts[second], parts[first]
        return f"HDUs {first} and {second} swapped"
    if how == "headers":
        second, another = any_part(rng, document)
        part.cards, another.cards = another.cards, part.cards
        return f"headers of {first} and {second} swapped"
    if how == "drop":
        del document.parts[first]
    elif how == "repeat":
        copies = [copy.deepcopy(part) for _ in range(int(rng.choice([1, 1, 3, 200])) if len(part.data) < 9000 else 1)]
        document.parts[first:first] = copies
        return f"HDU {first} {len(copies) + 1} times"
    elif how == "take" and other.parts:
        taken, piece = any_part(rng, other)
        document.parts.insert(first + 1, piece)
        return f"HDU {taken} of the other file put after HDU {first}"
    else:
        del part.data[int(rng.integers(len(part.data) + 1)) :]
    return f"{how} HDU {first}"


def _draw(rng: np.random.Generator, document: Document, *, compressed: bool) -> tuple[int, Part]:
    """Draw an HDU with data of the wanted kind, any where there is none."""
    wanted = [i for i, part in enumerate(document.parts) if part.data and part.compressed == compressed]
    if not wanted:
        return any_part(rng, document)
    at = int(rng.choice(wanted))
    return at, document.parts[at]
