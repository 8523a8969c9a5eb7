"""Paths that lead to no file, and files of other formats."""

from __future__ import annotations

import io
import os
import socket
import zipfile
from pathlib import Path

import numpy as np
from kind_registry import GOOD, bad_input, put

from amsd_astro.errors import FrameNotFoundError

HTML = b"<!DOCTYPE html><html><body>404</body></html>\n"


@bad_input("no such file", error=FrameNotFoundError)
def missing_file(folder: Path) -> Path:
    return folder / "none.fits"


@bad_input("no such file", error=FrameNotFoundError)
def file_in_a_missing_folder(folder: Path) -> Path:
    return folder / "none" / "frame.fits"


@bad_input("no such file", error=FrameNotFoundError)
def missing_file_of_a_name_with_blanks_and_brackets(folder: Path) -> Path:
    return folder / " a  b [1] .fits"


@bad_input("no such file", error=FrameNotFoundError)
def path_through_a_file(folder: Path) -> Path:
    return put(folder, GOOD) / "frame.fits"


@bad_input("no such file", error=FrameNotFoundError)
def dangling_link(folder: Path) -> Path:
    (folder / "link.fits").symlink_to(folder / "none.fits")
    return folder / "link.fits"


@bad_input("cannot be opened")
def loop_of_links(folder: Path) -> Path:
    (folder / "link.fits").symlink_to(folder / "link.fits")
    return folder / "link.fits"


@bad_input("is a directory")
def directory(folder: Path) -> Path:
    (folder / "frame.fits").mkdir()
    return folder / "frame.fits"


@bad_input("not a regular file")
def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "frame.fits")
    return folder / "frame.fits"


@bad_input("not a regular file")
def a_socket(folder: Path) -> Path:
    name = folder / "s"
    listener = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    os.chdir(folder)  # names of sockets are short
    listener.bind(name.name)
    os.chdir(before)
    listener.close()
    return name


@bad_input("not a regular file")
def device(folder: Path) -> Path:
    return Path(os.devnull)


@bad_input("permission denied", as_user=True)
def unreadable_file(folder: Path) -> Path:
    path = put(folder, GOOD)
    path.chmod(0)
    return path


@bad_input("permission denied", as_user=True)
def file_in_a_closed_folder(folder: Path) -> Path:
    (folder / "closed").mkdir()
    path = put(folder / "closed", GOOD)
    path.parent.chmod(0)
    return path


@bad_input("cannot be opened")
def name_with_a_nul(folder: Path) -> Path:
    return folder / "a\0b.fits"


@bad_input("cannot be opened")
def name_too_long(folder: Path) -> Path:
    return folder / f"{'a' * 300}.fits"


@bad_input("not a FITS file: it is empty")
def empty_file(folder: Path) -> Path:
    return put(folder, b"")


@bad_input("not a FITS file")
def one_byte(folder: Path) -> Path:
    return put(folder, b"S")


@bad_input("the header is cut")
def first_word_alone(folder: Path) -> Path:
    return put(folder, b"SIMPLE  =                    T")


@bad_input("plain text")
def text(folder: Path) -> Path:
    return put(folder, b"wavelength flux\n4000 1.0\n" * 300)


@bad_input("HTML page, perhaps the error page of a download")
def html(folder: Path) -> Path:
    return put(folder, HTML)


@bad_input("HTML page")
def html_behind_a_byte_order_mark(folder: Path) -> Path:
    return put(folder, b"\xef\xbb\xbf\r\n" + HTML.lower())


@bad_input("XML")
def votable(folder: Path) -> Path:
    return put(folder, b"<?xml version='1.0'?><VOTABLE/>")


@bad_input("a PNG picture")
def png(folder: Path) -> Path:
    return put(folder, b"\x89PNG\r\n\x1a\n" + bytes(5000))


@bad_input("a JPEG picture")
def jpeg(folder: Path) -> Path:
    return put(folder, b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(5000))


@bad_input("a TIFF")
def tiff(folder: Path) -> Path:
    return put(folder, b"II*\0" + bytes(5000))


@bad_input("an HDF5 file")
def hdf5(folder: Path) -> Path:
    return put(folder, b"\x89HDF\r\n\x1a\n" + bytes(5000))


@bad_input("a ZIP archive")
def zip_archive(folder: Path) -> Path:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("frame.fits", GOOD)
    return put(folder, body.getvalue())


@bad_input("a numpy array file")
def numpy_array(folder: Path) -> Path:
    np.save(folder / "frame.npy", np.ones((4, 6)))
    return folder / "frame.npy"


@bad_input("'compress'")
def packed_by_compress(folder: Path) -> Path:
    return put(folder, b"\x1f\x9d\x90" + bytes(3000), "frame.fits.Z")


@bad_input("not a FITS file: it does not begin with the keyword SIMPLE")
def zeros_after_a_crash(folder: Path) -> Path:
    return put(folder, bytes(len(GOOD)))
