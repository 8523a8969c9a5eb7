"""What stands in the place of a checkpoint and is none: left as it is, never written through, in nobody's way."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro.network.files import checkpoints
from amsd_astro.network.files.array_archive import pack_arrays
from amsd_astro.network.files.checkpoints import found_instead, is_checkpoint

STATE = pack_arrays({"description": np.zeros(3, np.uint8)})


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(STATE)
    path.symlink_to("elsewhere")


def dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def folder(path: Path) -> None:
    path.mkdir()


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        before = os.getcwd()
        os.chdir(path.parent)  # names of sockets are short
        one.bind(path.name)
        os.chdir(before)


def somebodys(path: Path) -> None:
    path.write_bytes(b"mine")


KINDS = [
    (fifo, "named pipe"),
    (link, "symbolic link"),
    (dangling_link, "symbolic link"),
    (folder, "folder"),
    (listening, "socket"),
    (somebodys, "no checkpoint"),
]


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return inode, kind and content of all that is in a folder."""
    found = {}
    for path in folder.iterdir():
        info = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        found[path.name] = (info.st_ino, stat.S_IFMT(info.st_mode), content)
    return found


@pytest.mark.parametrize(("make", "words"), KINDS)
@pytest.mark.parametrize("command", ["denoise", "train", "compare"])
def test_it_is_told_and_left_alone(
    command: str,
    make: Callable[[Path], None],
    words: str,
    image: Path,
    tmp_path: Path,
    run: Any,
    stand_in: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / {"denoise": "out.fits", "train": "out.npz", "compare": "out.png"}[command]
    place = output.with_name(f"{output.name}.checkpoint")
    make(place)
    before = snapshot(tmp_path)
    assert run(command, image, "-o", output) == 0
    told = capsys.readouterr().err
    assert f"{place}: is a " in told and words in told
    assert stand_in.made[-1].checkpoint is None
    after = snapshot(tmp_path)
    assert after.pop(output.name)
    assert after == before


def test_a_file_of_another_user_is_no_checkpoint(
    image: Path, tmp_path: Path, run: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "out.fits.checkpoint"
    place.write_bytes(STATE)
    assert is_checkpoint(place) and found_instead(place) is None
    monkeypatch.setattr(checkpoints.os, "geteuid", lambda: place.stat().st_uid + 1)
    assert not is_checkpoint(place)
    assert run("denoise", image, "-o", tmp_path / "out.fits") == 0
    assert f"{place}: is a file of another user" in capsys.readouterr().err
    assert place.read_bytes() == STATE


def test_one_that_was_cut_is_a_checkpoint_still(tmp_path: Path) -> None:
    place = tmp_path / "checkpoint"
    assert found_instead(place) is None and not is_checkpoint(place)
    for content, expected in ((STATE, True), (STATE[:60], True), (b"", False), (b"PK\x03\x04", False)):
        place.write_bytes(content)
        assert is_checkpoint(place) is expected
        assert (found_instead(place) is None) is expected


def test_a_pipe_for_the_weights_to_start_from_is_refused_at_once(
    tmp_path: Path, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "start.npz")
    for start, words in (("start.npz", "must be a regular file"), ("none.npz", "no such model file")):
        assert run("pretrain", tmp_path / "made", "--start", tmp_path / start) == 65
        assert words in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
