"""Archives of arrays: what was packed comes back, and nothing else gets in."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro.errors import ModelError
from amsd_astro.network.files.array_archive import LARGEST_FILE, Archive, pack_arrays

WEIGHT = np.linspace(-1, 1, 3 * 3 * 4 * 2, dtype=np.float32).reshape(3, 3, 4, 2)
ARRAYS: dict[str, np.ndarray] = {"text": np.frombuffer(b"{}", np.uint8), "w": WEIGHT, "z": np.zeros(5, np.float32)}
SECONDS, BYTES = 1.0, 2**20  # no file may cost more, its own size aside

Change = Callable[[bytearray, int, int], None]


@pytest.fixture(scope="module")
def content() -> bytes:
    return pack_arrays(ARRAYS)


@contextmanager
def refused(content: bytes, message: str) -> Iterator[None]:
    """Make sure that what is done with a file ends in one short sentence, at little cost."""
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(ModelError, match=message) as caught:
            yield
        seconds, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    text = str(caught.value)
    assert text.count(". Received: ") == 1 and "\n" not in text and len(text) < 300
    assert seconds < SECONDS
    assert peak < BYTES + 2 * len(content)


def refused_as_archive(content: bytes, message: str) -> None:
    with refused(content, message):
        Archive(content)


def refused_as_weight(content: bytes, message: str) -> None:
    """Make sure that a file opens, but its array w is refused."""
    with refused(content, message):
        Archive(content).read("w.npy", "<f4", WEIGHT.shape, what="weight 4")


def zipped(members: dict[str, bytes], **options: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy_of(text: str, data: bytes, *, version: bytes = b"\x01\x00", length: int | None = None) -> bytes:
    """Return an .npy with a header of any text, which may lie about its length."""
    padded = text.encode().ljust(117) + b"\n"
    size = struct.pack("<H" if version[0] == 1 else "<I", len(padded) if length is None else length)
    return b"\x93NUMPY" + version + size + padded + data


def header(shape: object = WEIGHT.shape, *, descr: object = "<f4", fortran: object = False) -> str:
    return f"{{'descr': {descr!r}, 'fortran_order': {fortran!r}, 'shape': {shape!r}, }}"


def patched(content: bytes, change: Change) -> bytes:
    """Return an archive with the headers of its member w.npy changed."""
    spoiled = bytearray(content)
    change(spoiled, content.index(b"w.npy") - 30, content.rindex(b"w.npy") - 46)
    return bytes(spoiled)


def put(layout: str, *values: int, local: int | None = None, central: int | None = None) -> Change:
    """Return a change of the header in front of the member, of that in the directory or of both."""

    def change(spoiled: bytearray, at_local: int, at_central: int) -> None:
        if local is not None:
            struct.pack_into(layout, spoiled, at_local + local, *values)
        if central is not None:
            struct.pack_into(layout, spoiled, at_central + central, *values)

    return change


def test_arrays_come_back_as_they_were(content: bytes, tmp_path: Path) -> None:
    archive = Archive(content)
    assert archive.sizes == {"text.npy": 130, "w.npy": 128 + WEIGHT.nbytes, "z.npy": 148}
    assert archive.read("text.npy", "|u1", None, what="text").tobytes() == b"{}"
    np.testing.assert_array_equal(archive.read("w.npy", "<f4", WEIGHT.shape, what="w"), WEIGHT)
    (tmp_path / "a.npz").write_bytes(content)
    with np.load(tmp_path / "a.npz") as stored:
        for name, array in stored.items():
            np.testing.assert_array_equal(array, ARRAYS[name])
        np.savez(tmp_path / "b.npz", **stored)
    again = Archive((tmp_path / "b.npz").read_bytes())
    np.testing.assert_array_equal(again.read("w.npy", "<f4", WEIGHT.shape, what="w"), WEIGHT)


def test_the_same_arrays_give_the_same_bytes(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.localtime(time.time() + 1e8)
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    monkeypatch.setattr("sys.platform", "win32")
    assert pack_arrays(ARRAYS) == content
    assert pack_arrays({**ARRAYS, "z": np.ones(5, np.float32)}) != content


@pytest.mark.parametrize(
    ("foreign", "message"),
    [
        (b"", "empty file"),
        (b"not a model", "begins with b'not a mo'"),
        (b"PK\x03\x04", "4 bytes"),
        (b"PK\x03\x04" + bytes(50), "whole"),
        (pickle.dumps({"text": 1}), "a pickle"),
        (npy(np.zeros(3)), "an .npy file of one array"),
        (b"SIMPLE  =                    T".ljust(2880), "a FITS file"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (gzip.compress(b"model"), "a gzip file"),
        (zipped({}), "without members"),
        (b"PK\x03\x04" + bytes(LARGEST_FILE), "at most 67108864 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_files_are_told_by_their_kind(foreign: bytes, message: str) -> None:
    refused_as_archive(foreign, message)


def test_an_archive_must_be_whole(content: bytes) -> None:
    for length in range(1, len(content)):
        with pytest.raises(ModelError, match=r"whole|begins with"):
            Archive(content[:length])
    refused_as_archive(content + b"\n", "whole")
    refused_as_archive(b"\n" + content, "begins with")
    refused_as_archive(content + content[-22:], "whole")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("<H", 1, local=6, central=8), "encrypted.*w.npy"),
        (put("<H", 99, local=8, central=10), "without compression.*method 99"),
        (put("<I", 1, central=20), "without compression.*in 1, method 0"),
        (put("<I", 2**31, central=24), "without compression.*2147483648 bytes"),
        (put("<H", 60000, central=30), "archive must be undamaged"),
        (put("<H", 200, central=6), "archive must be undamaged.*version"),
        (put("<I", 0, central=0), "archive must be undamaged"),
    ],
)
def test_directories_that_lie_are_refused(content: bytes, change: Change, message: str) -> None:
    refused_as_archive(patched(content, change), message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("<H", 0x20, local=6, central=8), "NotImplementedError"),
        (put("<I", 1, local=14, central=16), "CRC-32"),
        (put("<I", 2**31, central=42), "BadZipFile"),
        (put("<I", 0, central=42), "BadZipFile: File name in directory"),
        (put("<I", 0, local=0), "BadZipFile"),
        (put("<II", 2**31, 2**31, central=20), ""),
        (put("<II", 5, 5, central=20), "CRC-32"),
    ],
)
def test_members_that_are_not_where_they_should_be_are_refused(content: bytes, change: Change, message: str) -> None:
    refused_as_weight(patched(content, change), f"weight 4 must be undamaged.*{message}")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bombs_are_not_unpacked(method: int) -> None:
    bomb = zipped({"w.npy": npy(np.zeros(2**22, np.uint8))}, compression=method)
    assert len(bomb) < 2**13
    refused_as_archive(bomb, "without compression")


def test_bombs_that_understate_their_size_are_not_unpacked() -> None:
    packed = zlib.compress(bytes(2**22), 9)[2:-4]
    stored = zipped({"w.npy": packed})
    assert Archive(stored).sizes["w.npy"] == len(packed)
    refused_as_archive(patched(stored, put("<H", zipfile.ZIP_DEFLATED, local=8, central=10)), "without compression")


def test_members_have_different_names() -> None:
    double = zipped({"w.npy": b"1", "v.npy": b"2"}).replace(b"v.npy", b"w.npy")
    refused_as_archive(double, "different names.*'w.npy' twice")
    # zipfile ends a name at a NUL: that one is no other name for w.npy
    assert "w.npy" not in Archive(zipped({"w.npy_x": b""}).replace(b"w.npy_x", b"w.npy\0x")).sizes


def test_directories_of_any_size_are_refused_unread(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    many = zipped({f"{k}.npy": b"" for k in range(1001)})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for k in range(3):
            info = zipfile.ZipInfo(f"{k}.npy")
            info.comment = b" " * 60_000
            archive.writestr(info, b"")
    # 64 bits: the numbers that count would stand in another record
    end = struct.unpack("<4s4H2LH", content[-22:])
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 3, 3, end[5], end[6])
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(content) - 22, 1)
    last = struct.pack("<4s4H2LH", *end[:5], end[5] + len(record + locator), end[6], 0)

    def read(*_: object) -> None:
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile, "ZipFile", read)
    refused_as_archive(many, "at most 1000 members.*1001 members")
    refused_as_archive(file.getvalue(), "at most 256 bytes")
    refused_as_archive(content[:-22] + record + locator + last, "whole")


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (npy_of(header(descr="|O"), WEIGHT.tobytes()), "float32 .<f4..*Received: [|]O"),
        (npy_of(header(descr=">f4"), WEIGHT.tobytes()), "Received: >f4"),
        (npy(WEIGHT.astype(">f4")), "Received: >f4"),
        (npy(WEIGHT.astype(np.float64)), "Received: <f8"),
        (npy_of(header(descr="<i4"), WEIGHT.tobytes()), "Received: <i4"),
        (npy_of(header(descr=[("a", "<f4")]), WEIGHT.tobytes()), "Received: [|]V4"),
        (npy_of(header(descr=("<f4", (10**8,))), WEIGHT.tobytes()), "weight 4 must be float32"),
        (npy_of(header(descr="f4," * 20), WEIGHT.tobytes()), "weight 4 must be"),
        (npy_of(header(descr="soup"), WEIGHT.tobytes()), "undamaged"),
        (npy(np.asfortranarray(WEIGHT)), "Fortran order"),
        (npy_of(header(fortran=2), WEIGHT.tobytes()), "undamaged"),
        (npy(WEIGHT.T.copy()), r"of shape \(3, 3, 4, 2\).*shape \(2, 4, 3, 3\)"),
        (npy(WEIGHT.ravel()), r"shape \(72,\)"),
        (npy(WEIGHT[:-1]), r"shape \(2, 3, 4, 2\)"),
        (npy_of(header((10**15, 3, 4, 2)), WEIGHT.tobytes()), r"shape \(1000000000000000, 3, 4, 2\)"),
        (npy_of(header((10**30,)), WEIGHT.tobytes()), "shape"),
        (npy_of(header((-1, 3, 4, 2)), WEIGHT.tobytes()), "shape"),
        (npy_of(header([3, 3, 4, 2]), WEIGHT.tobytes()), "undamaged"),
        (npy_of(header(), WEIGHT.tobytes() + b"more"), "must have the data.*292 bytes"),
        (npy_of(header(), WEIGHT.tobytes()[:-4]), "must have the data.*284 bytes"),
        (npy_of(header(), WEIGHT.tobytes(), version=b"\x02\x00"), "version 1.0. Received: 2.0"),
        (npy_of(header(), WEIGHT.tobytes(), version=b"\x01\x07"), "version 1.0. Received: 1.7"),
        (npy_of(header(), WEIGHT.tobytes(), version=b"\xff\xff"), "version 1.0. Received: 255.255"),
        (npy_of(header(), WEIGHT.tobytes(), length=65535), "undamaged.*EOF"),
        (npy_of(header().ljust(700), WEIGHT.tobytes()), "undamaged.*large"),
        (npy_of(header(), WEIGHT.tobytes(), length=0), "undamaged"),
        (npy_of("(" * 117, WEIGHT.tobytes()), "undamaged"),
        (npy_of("-" * 117, WEIGHT.tobytes()), "undamaged"),
        (npy_of("__import__('os')", WEIGHT.tobytes()), "undamaged"),
        (b"\x93NUMPX" + npy(WEIGHT)[6:], "undamaged.*magic"),
        (pickle.dumps(WEIGHT), "undamaged.*magic"),
        (b"", "undamaged.*EOF"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arrays_are_of_the_type_and_shape_asked_for(member: bytes, message: str) -> None:
    refused_as_weight(zipped({"w.npy": member}), message)


@pytest.mark.parametrize("array", [ARRAYS["text"][None], np.uint8(3), np.zeros(2, np.uint16), np.zeros(2, "S1")])
def test_text_is_one_axis_of_bytes(array: np.ndarray) -> None:
    content = zipped({"text.npy": npy(np.asarray(array))})
    with refused(content, "settings must be uint8"):
        Archive(content).read("text.npy", "|u1", None, what="settings")


class Planted:
    """Would end the tests if it were unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.exit, ("a pickle was run",)


def test_pickles_are_never_run() -> None:
    objects = np.array([Planted()], object)
    refused_as_weight(zipped({"w.npy": npy(objects)}), "Received: [|]O")
    payload = pickle.dumps(objects).ljust(WEIGHT.nbytes)
    refused_as_weight(zipped({"w.npy": npy_of(header(descr="|O"), payload)}), "Received: [|]O")
    refused_as_weight(zipped({"w.npy": pickle.dumps(Planted())}), "magic")
