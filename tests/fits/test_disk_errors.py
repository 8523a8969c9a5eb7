"""A disk that is full or fails at any moment of writing: the error comes out, and no broken file is left."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crash_child import write_model
from raw_files import image_cards, raw_file

from amsd_astro.fits import output_file as outfile
from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import Frame, check_output, read_frame, write_frame

_PIECE = 4_000

Write = Callable[[Path, int, bool], None]


class _FailingDisk:
    """Stands between the writer and the system: counts calls, and lets one of them fail, or all writes from one on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.at, self.code, self.stays = -1, 0, False
        for name in ("fsync", "link", "replace", "unlink", "dup"):
            monkeypatch.setattr(os, name, self._faulty(name, getattr(os, name)))
        genuine_open = os.open

        def open_(path: Any, flags: int, *args: Any, **options: Any) -> int:
            if flags & os.O_CREAT or os.path.isdir(path):  # a temporary file, or the folder
                self._count("open")
            return genuine_open(path, flags, *args, **options)

        monkeypatch.setattr(os, "open", open_)
        genuine_write, genuine_close = outfile._Output.write, outfile._Output.close

        def write(file: Any, data: Any, /) -> int:
            if self.stays and self.at == len(self.calls):
                genuine_write(file, memoryview(data)[: _PIECE // 2])
            self._count("write", file)
            return genuine_write(file, memoryview(data)[:_PIECE])

        def close(file: Any) -> None:
            if not file.closed:
                genuine_close(file)  # the system closes a file even where that fails
                self._count("close", file)

        monkeypatch.setattr(outfile._Output, "write", write)
        monkeypatch.setattr(outfile._Output, "close", close)

    def _faulty(self, name: str, genuine: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self._count(name)
            return genuine(*args, **options)

        return call

    def _count(self, name: str, file: Any = None) -> None:
        number = len(self.calls)
        self.calls.append(name)
        if number == self.at or (self.stays and number > self.at >= 0 and name == "write"):
            with contextlib.nullcontext() if file is None else outfile._naming(file._target):
                raise OSError(self.code, os.strerror(self.code))

    def fail(self, at: int, code: int = 0, *, stays: bool = False) -> None:
        self.calls, self.at, self.code, self.stays = [], at, code, stays


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> _FailingDisk:
    return _FailingDisk(monkeypatch)


@pytest.fixture
def frame(tmp_path_factory: pytest.TempPathFactory) -> Frame:
    """An image of 58 kB from a file, with another behind it."""
    path = tmp_path_factory.mktemp("source") / "in.fits"
    data = np.random.default_rng(0).normal(100, 5, (120, 120)).astype(">f4").tobytes()
    dq = [*image_cards(-32, (120, 120), extension=True), b"EXTNAME = 'DQ'"]
    path.write_bytes(raw_file([(image_cards(-32, (120, 120)), data), (dq, data)]))
    return read_frame(path)


@pytest.fixture
def write(frame: Frame) -> Write:
    def write(path: Path, content: int, overwrite: bool) -> None:
        if path.suffix == ".npz":
            write_model(path, content, overwrite=overwrite, size=10_000)
            return
        frame.data = np.full_like(frame.data, content)
        write_frame(frame, path, overwrite=overwrite)

    return write


def _n_open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def _attempt(write: Write, out: Path, overwrite: bool) -> OSError | None:
    try:
        write(out, 2, overwrite)
    except OSError as error:
        return error
    return None


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("name", "n_writes"), [("out.fits", 60), ("out.fits.gz", 8), ("out.fits.bz2", 3), ("model.npz", 8)]
)
@pytest.mark.parametrize(("code", "stays"), [(errno.ENOSPC, True), (errno.EIO, False)])
def test_any_call_that_fails(
    name: str, n_writes: int, overwrite: bool, code: int, stays: bool, disk: _FailingDisk, write: Write, tmp_path: Path
) -> None:
    out = tmp_path / name
    write(out, 2, False)
    new, old = out.read_bytes(), None
    if overwrite:
        write(out, 1, True)
        old = out.read_bytes()
        assert old != new

    def start_over() -> None:
        out.unlink(missing_ok=True)
        if old is not None:
            out.write_bytes(old)

    start_over()
    disk.fail(-1)
    write(out, 2, overwrite)
    calls = disk.calls
    assert calls.count("write") > 2 and calls.count("fsync") == 2 and {"open", "dup", "close", "unlink"} < set(calls)
    moved = calls.index("replace" if overwrite else "link")
    writes = [k for k, call in enumerate(calls) if call == "write"]
    first, last = (k for k, call in enumerate(calls) if call == "fsync")
    assert writes[-1] < first < calls.index("close") < moved < last, "named before it is on the disk"
    chosen = {*writes[:: max(1, len(writes) // n_writes)], writes[-1], *set(range(len(calls))).difference(writes)}
    n_files = _n_open_files()
    done = set()
    for at in sorted(chosen):
        disk.fail(-1)
        start_over()
        disk.fail(at, code, stays=stays)
        error = _attempt(write, out, overwrite)
        if error is None:
            done.add(disk.calls[at])
        else:
            assert (error.errno, error.filename) == (code, str(out)), calls[at]
        found = out.read_bytes() if out.exists() else None
        assert found in (old, new), f"a broken file after {calls[at]} {at}"
        assert found == (old if error is not None and at <= moved else new)
        assert os.listdir(tmp_path) == ([name] if found is not None else [])
        del error
        assert _n_open_files() == n_files
    # What can be made up for: where no link can be made the file is renamed, and what is not removed is tried again.
    assert done == ({"unlink"} if overwrite else {"link", "unlink"})


def test_a_move_that_fails_only_in_name_is_done(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As network file systems do where an answer is lost and the request sent again."""

    def lost(genuine: Callable[..., Any], code: int) -> Callable[..., Any]:
        def call(*args: Any) -> None:
            genuine(*args)
            raise OSError(code, os.strerror(code))

        return call

    monkeypatch.setattr(os, "link", lost(os.link, errno.EEXIST))
    monkeypatch.setattr(os, "replace", lost(os.replace, errno.ENOENT))
    for content, overwrite in [(1, False), (2, True)]:
        write(tmp_path / "out.fits", content, overwrite)
        assert np.all(read_frame(tmp_path / "out.fits").data == content)
    assert os.listdir(tmp_path) == ["out.fits"]


def test_a_temporary_file_that_cannot_be_removed_is_told_and_swept_later(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken, caplog.at_level(logging.WARNING):
        broken.setattr(os, "unlink", refuse)
        write(tmp_path / "out.fits", 1, False)
    assert "could not be removed" in caplog.text
    assert np.all(read_frame(tmp_path / "out.fits").data == 1)
    assert len(list(tmp_path.glob("*.tmp"))) == 1
    write(tmp_path / "other.fits", 1, False)
    assert sorted(os.listdir(tmp_path)) == ["other.fits", "out.fits"]
    assert (tmp_path / "other.fits").read_bytes() == (tmp_path / "out.fits").read_bytes()


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EOPNOTSUPP, errno.EACCES])
def test_a_folder_that_cannot_be_synchronized_is_no_failure(
    code: int, disk: _FailingDisk, write: Write, tmp_path: Path
) -> None:
    write(tmp_path / "out.fits", 1, False)
    disk.fail(-1)
    write(tmp_path / "out.fits", 1, True)
    at = len(disk.calls) - 1 - disk.calls[::-1].index("fsync")
    for place in (at - 1, at):  # opened, and synchronized
        disk.fail(place, code)
        write(tmp_path / "out.fits", 2, True)
        assert disk.calls[place] == ("open" if place < at else "fsync")


@pytest.mark.parametrize("name", ["out.fits", "out.fits.gz"])
def test_a_full_disk_does_not_hide_that_the_user_stopped_it(name: str, disk: _FailingDisk, tmp_path: Path) -> None:
    disk.fail(2, errno.ENOSPC, stays=True)

    def stopped() -> None:
        with new_file(check_output(tmp_path / name), overwrite=False) as file:
            file.write(b"a few bytes that wait for the end")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert disk.calls[2] == "write"
    assert os.listdir(tmp_path) == []


def test_a_limit_on_the_size_of_files(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "out.fits", 1, False)
    old = (tmp_path / "out.fits").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in np.linspace(1, len(old) - 1, 12).astype(int):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), hard))
        try:
            with pytest.raises(OSError, match=r"out\.fits") as caught:
                write(tmp_path / "out.fits", 2, True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert caught.value.errno == errno.EFBIG
        assert (tmp_path / "out.fits").read_bytes() == old
        assert os.listdir(tmp_path) == ["out.fits"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB, where one may be made."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        made = False
    if not made:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(write: Write, small_disk: Path, tmp_path: Path) -> None:
    write(tmp_path / "old.fits", 1, False)
    old = (tmp_path / "old.fits").read_bytes()
    out = small_disk / "out.fits"
    with pytest.raises(OSError, match=r"out\.fits") as caught:
        write(out, 1, False)
    assert caught.value.errno == errno.ENOSPC
    assert os.listdir(small_disk) == []
    out.write_bytes(old[:30_000])
    with pytest.raises(OSError, match=r"out\.fits"):
        write(out, 1, True)
    assert out.read_bytes() == old[:30_000]
    assert os.listdir(small_disk) == ["out.fits"]
