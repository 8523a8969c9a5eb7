"""Which outputs are refused, and what a new file takes over from the one it replaces."""

from __future__ import annotations

import errno
import os
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from amsd_astro.errors import OutputError, OutputExistsError
from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import check_output, read_frame, write_frame

_ACCESS_LIST = "system.posix_acl_access"


def _write(path: Path, body: bytes = b"new", *, overwrite: bool = False) -> None:
    with new_file(check_output(path, overwrite=overwrite), overwrite=overwrite) as file:
        file.write(body)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_the_input_is_never_written_to(odd_file: Path, tmp_path: Path) -> None:
    frame = read_frame(odd_file)
    os.symlink(odd_file, tmp_path / "link.fits")
    os.link(odd_file, tmp_path / "hard.fits")
    before = odd_file.read_bytes()
    for name in (odd_file, tmp_path / "link.fits", tmp_path / "hard.fits", tmp_path / "." / odd_file.name):
        with pytest.raises(OutputExistsError, match="input itself"):
            write_frame(frame, name, overwrite=True)
    assert odd_file.read_bytes() == before


def test_outputs_that_are_refused(odd_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.fits"
    out.write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="exists already"):
        write_frame(read_frame(odd_file), out)
    assert out.read_bytes() == b"precious"
    assert check_output(out, overwrite=True) == out.resolve()
    os.symlink("loop.fits", tmp_path / "loop.fits")
    os.mkfifo(tmp_path / "pipe.fits")
    for name, match in [
        ("none/x.fits", "no folder"),
        ("out.fits/x.fits", "no folder"),
        ("", "directory"),
        (".", "directory"),
        ("folder/", "no such folder"),
        ("x.fits.xz", "not supported"),
        ("loop.fits", "cannot be made"),
        ("pipe.fits", "not a regular file"),
        (251 * "x" + ".fits", "cannot be made"),
    ]:
        with pytest.raises(OutputError, match=match):
            check_output(f"{tmp_path}/{name}", overwrite=True)
    for name in ("", "a\0b.fits"):
        with pytest.raises(OutputError, match="needs a name"):
            check_output(name)
    assert sorted(os.listdir(tmp_path)) == ["loop.fits", "odd.fits", "out.fits", "pipe.fits"]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs the open files of a process as paths")
def test_a_pipe_for_output_is_refused() -> None:
    ours, theirs = os.pipe()
    try:
        with pytest.raises(OutputError, match="not a regular file"):
            check_output(f"/proc/self/fd/{theirs}", overwrite=True)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that also root may not write to, where one can be made."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    if os.geteuid():
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], capture_output=True)
    except OSError:
        pytest.skip("root writes anywhere")
    if done.returncode:
        pytest.skip("root writes anywhere")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_read_only_folder(read_only_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="may not be written to"):
        check_output(read_only_folder / "x.fits")
    monkeypatch.setattr(os, "access", lambda *args: True)  # read-only only since the check
    with pytest.raises(OutputError, match=r"x\.fits: cannot be made"):
        _write(read_only_folder / "x.fits")
    assert os.listdir(read_only_folder) == []


def test_a_folder_that_goes_away(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    def write() -> None:
        with new_file(tmp_path / "folder/x.fits", overwrite=False) as file:
            file.write(b"new")
            shutil.rmtree(tmp_path / "folder")

    with pytest.raises(OutputError, match=r"x\.fits: cannot be made"):
        write()
    assert os.listdir(tmp_path) == []


def test_links_to_the_output_stay_links(odd_file: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real/real.fits"
    os.symlink(real, tmp_path / "link.fits")
    for overwrite in (False, True):
        with pytest.raises(OutputExistsError, match="a symbolic link to a file that is not there"):
            write_frame(read_frame(odd_file), tmp_path / "link.fits", overwrite=overwrite)
    assert os.listdir(tmp_path / "real") == []
    real.write_bytes(b"old")
    write_frame(read_frame(odd_file), tmp_path / "link.fits", overwrite=True)
    assert (tmp_path / "link.fits").is_symlink()
    assert read_frame(real).data.shape == (12, 17)
    assert os.listdir(tmp_path / "real") == ["real.fits"]


@pytest.mark.parametrize("mode", [0o640, 0o600, 0o444, 0o666])
def test_the_mode_of_the_file_before_is_kept(mode: int, tmp_path: Path) -> None:
    out = tmp_path / "out.fits"
    out.write_bytes(b"old")
    out.chmod(mode)
    with new_file(out, overwrite=True) as file:
        file.write(b"new")
        (temporary,) = tmp_path.glob("*.tmp")
        assert _mode(temporary) == 0o600, "others could read what they may not"
    assert (out.read_bytes(), _mode(out)) == (b"new", mode)


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_mode_of_a_new_file_is_the_usual_one(overwrite: bool, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        _write(tmp_path / "out.fits", overwrite=overwrite)
    finally:
        os.umask(before)
    assert _mode(tmp_path / "out.fits") == 0o640


def test_the_group_of_the_file_before_is_kept_or_gets_no_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.fits"
    out.write_bytes(b"old")
    others = [group for group in (*os.getgroups(), *([54321] if not os.geteuid() else [])) if group != os.getegid()]
    if not others:
        pytest.skip("the user has one group only")
    os.chown(out, -1, others[-1])
    out.chmod(0o664)
    _write(out, overwrite=True)
    assert (out.stat().st_gid, _mode(out)) == (others[-1], 0o664)

    def refuse(*args: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refuse)
    _write(out, overwrite=True)
    assert (out.stat().st_gid, _mode(out)) == (os.getegid(), 0o644)


@pytest.mark.skipif(bool(os.geteuid()), reason="only root gives files away")
def test_the_owner_of_the_file_before_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out.fits"
    out.write_bytes(b"old")
    os.chown(out, 54321, 54321)
    _write(out, overwrite=True)
    assert (out.stat().st_uid, out.stat().st_gid, out.read_bytes()) == (54321, 54321, b"new")


def _access_list(user: int) -> bytes:
    """Return what lets one more user read: owner rw, that user r, group none, mask r, others none."""
    entries = [(1, 6, -1), (2, 4, user), (4, 0, -1), (16, 4, -1), (32, 0, -1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)


def test_the_access_list_of_the_file_before_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out.fits"
    out.write_bytes(b"old")
    try:
        os.setxattr(out, _ACCESS_LIST, _access_list(54321))
        os.setxattr(tmp_path, "system.posix_acl_default", _access_list(12345))
    except (OSError, AttributeError):
        pytest.skip("no access lists here")
    _write(out, overwrite=True)
    assert os.getxattr(out, _ACCESS_LIST) == _access_list(54321)
    plain = tmp_path / "plain.fits"
    plain.write_bytes(b"old")
    os.removexattr(plain, _ACCESS_LIST)
    plain.chmod(0o640)
    _write(plain, overwrite=True)
    assert _ACCESS_LIST not in os.listxattr(plain), "the folder's list would let others read"
    assert _mode(plain) == 0o640


@pytest.fixture(params=[None, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def maybe_no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system with hard links, or of a kind without."""

    def refuse(*args: Any) -> None:
        raise OSError(request.param, os.strerror(request.param))

    if request.param is not None:
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("maybe_no_links")
def test_a_new_file_with_and_without_hard_links(tmp_path: Path) -> None:
    _write(tmp_path / "out.fits")
    assert (tmp_path / "out.fits").read_bytes() == b"new"
    assert (tmp_path / "out.fits").stat().st_nlink == 1
    assert os.listdir(tmp_path) == ["out.fits"]


@pytest.mark.usefixtures("maybe_no_links")
@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"theirs"), lambda path: path.symlink_to("nowhere")])
def test_an_output_that_appears_meanwhile_is_not_replaced(make: Callable[[Path], object], tmp_path: Path) -> None:
    out = tmp_path / "out.fits"

    def write() -> None:
        with new_file(check_output(out), overwrite=False) as file:
            file.write(b"ours")
            make(out)

    with pytest.raises(OutputExistsError, match="appeared"):
        write()
    assert out.is_symlink() or out.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["out.fits"]
