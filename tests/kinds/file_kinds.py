"""Files that were cut, packed badly, or change while they are read, and a disk that fails."""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma
import os
from pathlib import Path

import numpy as np
from kind_registry import CARDS, DATA, GOOD, bad_input, put
from raw_files import image_cards, raw_file

from amsd_astro.errors import FrameChangedError

NOISY = raw_file([(image_cards(16, (40, 60)), np.random.default_rng(1).bytes(4800))])
"""A file that packing does not shrink."""


@bad_input("the header is cut")
def header_cut(folder: Path) -> Path:
    return put(folder, GOOD[:400])


@bad_input("the header is cut")
def header_cut_between_blocks(folder: Path) -> Path:
    return put(folder, b"".join(card.ljust(80) for card in CARDS).ljust(2880 * 2))


@bad_input("no END card")
def no_end_in_eight_gigabytes(folder: Path) -> Path:
    path = put(folder, b"".join(card.ljust(80) for card in CARDS))
    os.truncate(path, 2**33)
    return path


@bad_input("the data are cut: the header declares 48 bytes. Received: 30")
def data_cut(folder: Path) -> Path:
    return put(folder, GOOD[: 2880 + 30])


@bad_input("the data are cut: the header declares 4800 bytes. Received: 0")
def data_missing(folder: Path) -> Path:
    return put(folder, NOISY[:2880])


@bad_input("CRLF")
def line_ends_after_a_transfer_as_text(folder: Path) -> Path:
    return put(folder, GOOD.replace(b"  NAXIS1", b"\r\nNAXIS1"))


@bad_input("CRLF|line ends")
def cards_in_lines(folder: Path) -> Path:
    return put(folder, b"".join(card.ljust(80) + b"\n" for card in [*CARDS, b"END"]).ljust(2880) + DATA)


@bad_input("gzip stream is cut or damaged")
def gzip_cut(folder: Path) -> Path:
    return put(folder, gzip.compress(NOISY)[:3000], "frame.fits.gz")


@bad_input("gzip stream is cut or damaged")
def gzip_without_its_last_bytes(folder: Path) -> Path:
    return put(folder, gzip.compress(NOISY)[:-4], "frame.fits.gz")


@bad_input("gzip stream is cut or damaged")
def gzip_of_another_checksum(folder: Path) -> Path:
    body = bytearray(gzip.compress(NOISY))
    body[-6] ^= 1
    return put(folder, bytes(body), "frame.fits.gz")


@bad_input("gzip stream is cut or damaged")
def gzip_with_a_flipped_byte(folder: Path) -> Path:
    body = bytearray(gzip.compress(NOISY))
    body[len(body) // 2] ^= 0x55
    return put(folder, bytes(body), "frame.fits.gz")


@bad_input("bzip2 stream is cut or damaged")
def bzip2_cut(folder: Path) -> Path:
    return put(folder, bz2.compress(NOISY)[:3000], "frame.fits.bz2")


@bad_input("bzip2 stream is cut or damaged")
def bzip2_with_a_flipped_byte(folder: Path) -> Path:
    body = bytearray(bz2.compress(NOISY))
    body[len(body) // 2] ^= 0x55
    return put(folder, bytes(body), "frame.fits.bz2")


@bad_input("xz stream is cut or damaged")
def xz_cut(folder: Path) -> Path:
    return put(folder, lzma.compress(NOISY)[:3000], "frame.fits.xz")


@bad_input("xz stream is cut or damaged")
def xz_with_a_flipped_byte(folder: Path) -> Path:
    body = bytearray(lzma.compress(NOISY))
    body[len(body) // 2] ^= 0x55
    return put(folder, bytes(body), "frame.fits.xz")


@bad_input(r"not a FITS file once unpacked \(gzip\): it is plain text")
def text_in_gzip(folder: Path) -> Path:
    return put(folder, gzip.compress(b"hello\n" * 1000), "frame.fits.gz")


@bad_input("once unpacked")
def packed_twice(folder: Path) -> Path:
    return put(folder, gzip.compress(gzip.compress(GOOD)), "frame.fits.gz")


@functools.cache
def _packed_zeros() -> bytes:
    """Return a megabyte of gzip that unpacks to a gigabyte: the same packed member again and again."""
    return gzip.compress(bytes(2**24), compresslevel=9) * 64


def _bomb(folder: Path, header: bytes) -> Path:
    return put(folder, gzip.compress(header) + _packed_zeros(), "frame.fits.gz")


@bad_input("bomb", lies=True)
def gzip_bomb(folder: Path) -> Path:
    return _bomb(folder, raw_file([(image_cards(8, (2**15, 2**15)), b"")]))


@bad_input("bomb", lies=True)
def gzip_bomb_of_larger_announcement(folder: Path) -> Path:
    return _bomb(folder, raw_file([(image_cards(-64, (10**6, 10**6)), b"")]))


@bad_input("bomb|no END card")
def gzip_bomb_within_the_header(folder: Path) -> Path:
    return _bomb(folder, b"".join(card.ljust(80) for card in CARDS))


@bad_input("bomb", lies=True)
def gzip_bomb_behind_the_image(folder: Path) -> Path:
    return _bomb(folder, GOOD)


def _append(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(bytes(2880))


@bad_input("changed while it was read", status=74, error=FrameChangedError, meanwhile=_append)
def file_that_grows(folder: Path) -> Path:
    return put(folder, GOOD)


@bad_input(
    "changed while it was read", status=74, error=FrameChangedError, meanwhile=lambda path: os.truncate(path, 2890)
)
def file_that_is_cut(folder: Path) -> Path:
    return put(folder, GOOD)


def _replace(path: Path) -> None:
    stamp = path.stat().st_mtime_ns
    put(path.parent, GOOD, "other.fits")
    os.utime(path.parent / "other.fits", ns=(stamp, stamp))
    os.replace(path.parent / "other.fits", path)


@bad_input("changed while it was read", status=74, error=FrameChangedError, meanwhile=_replace)
def file_that_is_replaced_by_one_of_the_same_size_and_time(folder: Path) -> Path:
    return put(folder, GOOD)


@bad_input("no such file|changed while it was read", meanwhile=os.unlink)
def file_that_is_removed(folder: Path) -> Path:
    return put(folder, GOOD)


@bad_input("Input/output error", status=74, error=OSError)
def disk_that_fails(folder: Path) -> Path:
    """Link to a file whose first byte cannot be read: the first page of this process."""
    (folder / "frame.fits").symlink_to("/proc/self/mem")
    return folder / "frame.fits"
