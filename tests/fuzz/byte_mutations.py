"""Damage done to the bytes of a whole file, packed or not."""

from __future__ import annotations

from functools import cache

import numpy as np
from document import pack

__all__ = ["any_bytes", "bomb", "damaged_packing", "header_bytes", "join_files", "shift", "truncate"]

_RUNS = (b"\0", b"\xff", b" ", b"\n", b"END     ", b"SIMPLE  =                    T", b"XTENSION= 'IMAGE   '")


def any_bytes(rng: np.random.Generator, body: bytes) -> tuple[bytes, str]:
    """Overwrite bytes anywhere."""
    if not body:
        return bytes(rng.integers(256, size=int(rng.integers(1, 9000)), dtype=np.uint8)), "random bytes"
    changed = bytearray(body)
    if rng.random() < 0.3:
        at = int(rng.integers(len(body)))
        run = bytes(_RUNS[int(rng.integers(len(_RUNS)))]) * int(rng.choice([1, 8, 100, 1000]))
        changed[at : at + len(run)] = run[: len(body) - at]
        return bytes(changed), f"{run[:10]!r} to {len(run)} bytes at {at}"
    places = rng.integers(len(body), size=int(rng.choice([1, 3, 30, 1000])))
    for at in places.tolist():
        changed[at] = int(rng.integers(256))
    return bytes(changed), f"{len(places)} bytes anywhere, first at {int(places[0])}"


def header_bytes(rng: np.random.Generator, body: bytes) -> tuple[bytes, str]:
    """Overwrite bytes of the first blocks, mostly by text."""
    if not body:
        return b" " * 2880, "blanks"
    changed = bytearray(body)
    places = rng.integers(min(len(body), 5760), size=int(rng.choice([1, 1, 2, 5, 40])))
    text = b"0123456789-+.'/= &TFEDABNXZ_"
    for at in places.tolist():
        changed[at] = text[int(rng.integers(len(text)))] if rng.random() < 0.7 else int(rng.integers(256))
    return bytes(changed), f"header bytes {places.tolist()[:5]}"


def truncate(rng: np.random.Generator, body: bytes) -> tuple[bytes, str]:
    """Cut a file at any byte, near its end or at a block."""
    n_bytes = len(body)
    anywhere, near_end = int(rng.integers(n_bytes + 1)), n_bytes - int(rng.integers(3000))
    cut = min(max(int(rng.choice([anywhere, near_end, n_bytes // 2880 * 1440, 80])), 0), n_bytes)
    return body[:cut], f"cut at {cut} of {n_bytes}"


def shift(rng: np.random.Generator, body: bytes) -> tuple[bytes, str]:
    """Insert or drop bytes, so that what follows is out of place."""
    at = int(rng.integers(len(body) + 1)) if rng.random() < 0.5 else int(rng.integers(min(len(body), 2880) + 1))
    n_bytes = int(rng.choice([1, 2, 79, 80, 81, 2880]))
    if rng.random() < 0.5:
        return body[:at] + body[at + n_bytes :], f"{n_bytes} bytes dropped at {at}"
    new = (b" ", b"\0", b"\r")[int(rng.integers(3))] * n_bytes if rng.random() < 0.5 else rng.bytes(n_bytes)
    return body[:at] + new + body[at:], f"{n_bytes} bytes inserted at {at}"


def join_files(rng: np.random.Generator, body: bytes, other: bytes) -> tuple[bytes, str]:
    """Put two files together: one behind the other, or the head of one on the tail of the other."""
    how = int(rng.integers(4))
    if how == 0:
        return body + other, "the other file behind it"
    if how == 1:
        return body + rng.bytes(int(rng.integers(1, 9000))), "junk behind it"
    at, start = (int(rng.integers(len(part) // 2880 + 1)) * 2880 for part in (body, other))
    if how == 2:
        at, start = int(rng.integers(len(body) + 1)), int(rng.integers(len(other) + 1))
    return body[:at] + other[start:], f"first {at} bytes, then the other file from {start}"


def damaged_packing(rng: np.random.Generator, body: bytes) -> tuple[bytes, str]:
    """Pack a file as a whole and damage the stream."""
    kind = str(rng.choice(["gzip", "bzip2", "xz"]))
    packed = pack(body, kind)
    how = str(rng.choice(["cut", "flip", "flip", "junk", "twice", "pieces", "trailer", "head"]))
    if how == "cut":
        packed = packed[: int(rng.integers(len(packed) + 1))]
    elif how == "junk":
        packed += rng.bytes(int(rng.integers(1, 200))) if rng.random() < 0.5 else b"\0" * 512
    elif how == "twice":
        packed = pack(packed, str(rng.choice(["gzip", "bzip2", "xz"])))
    elif how == "pieces":
        at = int(rng.integers(len(body) + 1))
        packed = pack(body[:at], kind) + pack(body[at:], kind)
    else:
        spoiled = bytearray(packed)
        low, high = {"flip": (0, len(packed)), "trailer": (max(len(packed) - 12, 0), len(packed)), "head": (0, 24)}[how]
        for _ in range(int(rng.choice([1, 1, 4]))):
            spoiled[min(int(rng.integers(low, high)), len(packed) - 1)] = int(rng.integers(256))
        packed = bytes(spoiled)
    return packed, f"{kind}, {how}"


def bomb(rng: np.random.Generator, body: bytes) -> tuple[bytes, str]:
    """Let a small packed file grow to a few hundred MB of zeros behind its own bytes."""
    kind = str(rng.choice(["gzip", "bzip2", "xz"]))
    n_pieces = int(rng.choice([2, 30]))
    return pack(body, kind) + _zeros(kind) * n_pieces, f"{kind}, {16 * n_pieces} MiB of zeros behind it"


@cache
def _zeros(kind: str) -> bytes:
    return pack(bytes(2**24), kind)
