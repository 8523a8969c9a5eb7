"""Inputs that are cut, replaced or rewritten while they are read, or while they are copied into the output."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.errors import FrameChangedError, FrameError
from amsd_astro.frames import Frame, read_frame, write_frame

_READS = {"open", "stat", "lstat", "fstat", "pread", "preadv", "read", "readinto", "fromfile", "seek", "mmap"}
_READERS = ("amsd_astro.fits.", "amsd_astro.frames.", "gzip")
_PAST = 1_000_000_000 * 10**9  # of modification, ns: that of a change differs however coarse the clock is

OLD, NEW = 1, 2


@cache
def _file(content: int, suffix: str) -> bytes:
    """Return a file in which the image, its errors, its mask and a table all tell the content."""
    data = np.full((60, 80), content, np.float32)
    mask = np.zeros(data.shape, np.uint8)
    mask[content] = 1
    sci = fits.CompImageHDU(data, tile_shape=(20, 80)) if suffix == ".fz" else fits.ImageHDU(data)
    sci.name = "SCI"
    table = fits.BinTableHDU.from_columns([fits.Column("A", "J", array=np.full(2_000, content))])
    hdus = [fits.PrimaryHDU(), sci, fits.ImageHDU(data, name="ERR"), fits.ImageHDU(mask, name="MASK"), table]
    file = BytesIO()
    fits.HDUList(hdus).writeto(file)
    body = file.getvalue()
    return gzip.compress(body, compresslevel=0, mtime=0) if suffix == ".gz" else body


def _cut(path: Path, new: bytes) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path, new: bytes) -> None:
    os.truncate(path, 0)


def _append(path: Path, new: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _rewrite(path: Path, new: bytes) -> None:
    with path.open("r+b") as file:
        file.write(new)


def _replace(path: Path, new: bytes) -> None:
    other = path.with_name("other")
    other.write_bytes(new)
    os.utime(other, ns=(_PAST, _PAST))
    os.replace(other, path)


def _remove(path: Path, new: bytes) -> None:
    path.unlink()


def _folder(path: Path, new: bytes) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path, new: bytes) -> None:
    path.unlink()
    os.mkfifo(path)


Change = Callable[[Path, bytes], None]
CHANGES = [_cut, _empty, _append, _rewrite, _replace, _remove]


def _unmapped(path: Path) -> None:
    """Make sure that no file is mapped: one that is cut then would end the interpreter."""
    if os.path.exists("/proc/self/maps"):
        assert path.name not in Path("/proc/self/maps").read_text()


class _Meanwhile:
    """Does something before a given call that reads, and counts such calls; works on whatever code calls them."""

    def __init__(self, at: int = 0, action: Callable[[], None] = lambda: None) -> None:
        self.at, self.action, self.n_calls, self.done = at, action, 0, False

    def __enter__(self) -> _Meanwhile:
        self.before = sys.getprofile()
        sys.setprofile(self._see)
        return self

    def __exit__(self, *args: object) -> None:
        sys.setprofile(self.before)

    def _see(self, frame: FrameType, event: str, function: Any) -> None:
        name, caller = getattr(function, "__name__", ""), frame.f_globals.get("__name__", "")
        if event == "c_call" and name in _READS and caller.startswith(_READERS):
            self.n_calls += 1
            if self.n_calls == self.at:
                self.done = True
                sys.setprofile(self.before)
                self.action()

    def moments(self, suffix: str) -> list[int]:
        """Return calls to do something before: all of them, of packed files some evenly spread."""
        n_moments = min(self.n_calls, 8 if suffix else 50)
        return [int(at) for at in np.linspace(1, self.n_calls, n_moments)]


@pytest.fixture(params=["", ".gz", ".fz"])
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True, scope="module")
def _warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have imported what is imported late: that reads files too."""
    folder = tmp_path_factory.mktemp("warm")
    for suffix in ("", ".gz", ".fz"):
        (folder / f"in.fits{suffix}").write_bytes(_file(OLD, suffix))
        read_frame(folder / f"in.fits{suffix}").write(folder / f"out.fits{suffix}")


@pytest.fixture
def start_over(tmp_path: Path, suffix: str) -> Callable[[], Path]:
    body = _file(OLD, suffix)
    path = tmp_path / f"in.fits{suffix}"

    def start_over() -> Path:
        path.unlink(missing_ok=True)
        path.write_bytes(body)
        os.utime(path, ns=(_PAST, _PAST))
        return path

    return start_over


def _tells(frame: Frame) -> set[int]:
    """Return the contents that a frame tells: one of them, or both if it is a mixture."""
    assert frame.uncertainty is not None and frame.mask is not None
    told = {int(value) for value in np.unique(frame.data)} | {
        int(value) for value in np.unique(frame.uncertainty.array)
    }
    return told | {int(row) for row in np.flatnonzero(frame.mask.any(axis=1))}


@pytest.mark.filterwarnings("ignore::amsd_astro.errors.AmsdWarning")
@pytest.mark.parametrize("change", CHANGES)
def test_an_input_that_changes_while_it_is_read(change: Change, suffix: str, start_over: Callable[[], Path]) -> None:
    new = _file(NEW, suffix)

    def act(path: Path) -> None:
        _unmapped(path)
        change(path, new)

    with _Meanwhile() as reads:
        read_frame(start_over())
    assert reads.n_calls > 6
    n_noticed, moments = 0, reads.moments(suffix)
    for at in moments:
        path = start_over()
        with _Meanwhile(at, partial(act, path)) as reads:
            try:
                frame = read_frame(path)
            except FrameError:
                n_noticed += 1
                continue
        assert reads.done
        assert _tells(frame) in ({OLD}, {NEW}), f"a mixture, changed at read {at}"
    assert n_noticed >= len(moments) // 2


@pytest.mark.parametrize("change", CHANGES)
def test_an_input_that_changes_while_it_is_copied(
    change: Change, suffix: str, start_over: Callable[[], Path], tmp_path: Path
) -> None:
    new = _file(NEW, suffix)

    def act(path: Path) -> None:
        _unmapped(path)
        change(path, new)

    out = tmp_path / "out.fits"
    frame = read_frame(start_over())
    frame.header["AMSDVERS"] = "1.0"
    with _Meanwhile() as reads:
        write_frame(frame, out)
    whole = out.read_bytes()
    assert reads.n_calls > 6
    n_noticed, moments = 0, reads.moments(suffix)
    for at in moments:
        out.unlink(missing_ok=True)
        overwrite = at % 2 == 0
        if overwrite:
            out.write_bytes(b"old")
        path = start_over()
        frame = read_frame(path)
        frame.header["AMSDVERS"] = "1.0"
        with _Meanwhile(at, partial(act, path)) as reads:
            try:
                write_frame(frame, out, overwrite=overwrite)
            except FrameError:
                n_noticed += 1
                assert (out.read_bytes() if out.exists() else None) == (b"old" if overwrite else None)
            else:
                assert out.read_bytes() == whole, f"a mixture, changed at read {at}"
        assert reads.done
        assert not list(tmp_path.glob(".*"))
    assert n_noticed >= len(moments) // 2


@pytest.mark.parametrize("change", [*CHANGES, _folder, _pipe])
def test_an_input_that_changed_between_reading_and_writing(
    change: Change, suffix: str, start_over: Callable[[], Path], tmp_path: Path
) -> None:
    path = start_over()
    frame = read_frame(path)
    change(path, _file(NEW, suffix))
    with pytest.raises(FrameChangedError, match=r"in\.fits"):
        write_frame(frame, tmp_path / "out.fits")
    assert os.listdir(tmp_path) in ([path.name], [])


def test_a_change_of_nothing_but_the_time_is_noticed(odd_file: Path, tmp_path: Path) -> None:
    frame = read_frame(odd_file)
    info = os.stat(odd_file)
    os.utime(odd_file, ns=(info.st_atime_ns, info.st_mtime_ns + 1))
    with pytest.raises(FrameChangedError):
        write_frame(frame, tmp_path / "out.fits")
