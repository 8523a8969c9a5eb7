"""Temporary files: their names, and which of those that were left are swept."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest

from amsd_astro.fits import temporary_files as temporaries
from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import check_output

fcntl = pytest.importorskip("fcntl")

_OURS = f".x.fits.amsd-{temporaries._kernel()}-0123456789abcdef.tmp"
_THEIRS = ".x.fits.amsd-ffffffffffff-0123456789abcdef.tmp"
_DAYS = 2 * 24 * 3600


def _write(path: Path) -> None:
    with new_file(check_output(path), overwrite=False) as file:
        file.write(b"new")


@pytest.mark.parametrize("name", ["x" * 250 + ".fits", "\udcff\xe9.fits", "two\nlines.fits", "-o.fits", "é" * 120])
def test_names_of_any_kind_have_temporary_files_that_are_swept(name: str, tmp_path: Path) -> None:
    try:
        (tmp_path / name).write_bytes(b"")
    except OSError:
        pytest.skip("no such names here")
    with new_file(tmp_path / name, overwrite=True) as file:
        (temporary,) = tmp_path.glob(".*")
        assert len(os.fsencode(temporary.name)) <= 140
        file.write(b"new")
    assert (tmp_path / name).read_bytes() == b"new"
    temporary.write_bytes(b"left")
    _write(tmp_path / "other.fits")
    assert sorted(os.listdir(tmp_path)) == sorted([name, "other.fits"])


@pytest.mark.parametrize(
    ("name", "age", "locks", "swept"),
    [
        (_OURS, 0, "free", True),
        (_OURS, _DAYS, "free", True),
        (_OURS, _DAYS, "held", False),
        (_OURS, 0, "none", False),
        (_OURS, _DAYS, "none", True),
        (_THEIRS, 0, "free", False),
        (_THEIRS, _DAYS, "free", True),
        (_THEIRS, _DAYS, "held", False),
        (_THEIRS, _DAYS, "none", True),
        (".x.fits.tmp", _DAYS, "free", False),
        (_OURS + ".fits", _DAYS, "free", False),
        (_OURS.lstrip("."), _DAYS, "free", False),
    ],
)
def test_which_leftovers_are_swept(
    name: str, age: float, locks: str, swept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a dead writer of this kernel at once, those of other machines, or where no lock tells, after a day."""
    left = tmp_path / name
    left.write_bytes(b"part of a file")
    os.utime(left, (time.time() - age,) * 2)

    def no_locks(*args: Any) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    if locks == "none":
        monkeypatch.setattr(fcntl, "flock", no_locks)
    with left.open("rb") as file:
        if locks == "held":
            fcntl.flock(file, fcntl.LOCK_EX)
        _write(tmp_path / "out.fits")
    assert left.exists() is not swept


def test_only_files_are_swept(tmp_path: Path) -> None:
    names = [f"{_OURS[:-5]}{k}.tmp" for k in range(3)]
    os.mkfifo(tmp_path / names[0])
    (tmp_path / names[1]).mkdir()
    (tmp_path / "theirs").write_bytes(b"theirs")
    os.symlink("theirs", tmp_path / names[2])
    _write(tmp_path / "out.fits")
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "out.fits", "theirs"])


def test_a_sweep_that_is_quicker_than_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = temporaries._lock
    taken: list[Path] = []

    def lock(descriptor: int) -> bool | None:
        if len(taken) < 2:
            (temporary,) = tmp_path.glob(".*")
            temporary.unlink()
            taken.append(temporary)
        return genuine(descriptor)

    monkeypatch.setattr(temporaries, "_lock", lock)
    _write(tmp_path / "out.fits")
    assert len(taken) == 2
    assert (tmp_path / "out.fits").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["out.fits"]
