"""Writers that are killed or stopped at any moment, and writers that get in each other's way."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crash_child import EXISTS, new_frame, write_model
from raw_files import image_cards, raw_file

from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import check_output, read_frame, write_frame

_ROOT = Path(__file__).resolve().parents[2]


class _Child:
    """The program that writes on demand, see `crash_child`."""

    def __init__(self, source: Path) -> None:
        paths = os.pathsep.join([str(_ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]).rstrip(os.pathsep)
        self.process = subprocess.Popen(
            [sys.executable, str(_ROOT / "tests/fits/crash_child.py"), str(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def order(self, path: Path, through: str, **order: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((json.dumps({"path": str(path), "through": through, **order}) + "\n").encode())
        self.process.stdin.flush()

    def answered(self) -> bool:
        assert self.process.stdout is not None
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of 1.6 MB and another behind it."""
    path = tmp_path_factory.mktemp("source") / "in.fits"
    data = np.random.default_rng(0).normal(100, 5, (640, 640)).astype(">f4").tobytes()
    dq = image_cards(-32, (640, 640), extension=True)
    path.write_bytes(raw_file([(image_cards(-32, (640, 640)), data), ([*dq, b"EXTNAME = 'DQ'"], data)]))
    return path


@pytest.fixture(scope="module")
def child(source: Path) -> Iterator[_Child]:
    child = _Child(source)
    yield child
    child.process.communicate(timeout=60)
    assert child.process.returncode == 0


@pytest.fixture(scope="module")
def write(source: Path) -> Callable[..., None]:
    """Write the way the child does."""

    def write(path: Path, through: str, content: int, *, overwrite: bool = False) -> None:
        if through == "model":
            write_model(path, content, overwrite=overwrite)
        else:
            write_frame(new_frame(read_frame(source), content), path, overwrite=overwrite, sigma=False)

    return write


def _moments(steps: str, n: int) -> list[int]:
    """Return the steps (from 1) to be killed at: all that are no writes, and some writes."""
    writes = [k + 1 for k, letter in enumerate(steps) if letter == "w"]
    others = [k + 1 for k, letter in enumerate(steps) if letter != "w"]
    assert len(others) >= 6, steps
    return sorted(others + random.Random(1).sample(writes, n - len(others)))


@pytest.mark.parametrize(
    ("through", "overwrite", "n_kills"), [("frame", False, 30), ("frame", True, 30), ("model", True, 15)]
)
def test_a_killed_writer_leaves_nothing_the_old_file_or_the_whole_new_one(
    through: str, n_kills: int, overwrite: bool, child: _Child, write: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "good").mkdir()
    write(tmp_path / "good/old", through, 1)
    write(tmp_path / "good/new", through, 2)
    new = (tmp_path / "good/new").read_bytes()
    old = (tmp_path / "good/old").read_bytes() if overwrite else None
    out = tmp_path / "out.fits"
    order = {"overwrite": overwrite, "content": 2, "signal": signal.SIGKILL}

    def start_over() -> None:
        out.unlink(missing_ok=True)
        if old is not None:
            out.write_bytes(old)

    start_over()
    child.order(out, through, **order)
    dry = child.answer()
    assert dry["status"] == 0 and out.read_bytes() == new and len(os.listdir(tmp_path)) == 2
    seen, sizes = [], set()
    for at in _moments(dry["steps"], n_kills):
        start_over()
        child.order(out, through, at=at, **order)
        killed = child.answer()
        assert killed["status"] == -signal.SIGKILL or at >= len(dry["steps"]) - 2
        found = out.read_bytes() if out.exists() else None
        assert found in (old, new), f"a broken file after {killed['steps']}"
        seen.append("new" if found == new else "old")
        left = list(tmp_path.glob(".out.fits.amsd-*.tmp"))
        assert len(left) <= 1, "what the writer before left was not swept"
        sizes |= {path.stat().st_size for path in left if found == old}
    assert seen.count("old") >= n_kills // 2 and seen.count("new") >= 2, seen
    assert len(sizes & set(range(1, len(new)))) >= n_kills // 4, f"too few were hit in the middle: {sizes}"


def test_the_next_writer_sweeps_what_killed_ones_left_and_nothing_else(
    child: _Child, write: Callable[..., None], tmp_path: Path
) -> None:
    out = tmp_path / "out.fits"
    with new_file(check_output(tmp_path / "living.fits"), overwrite=False) as living:
        living.write(b"so far")
        (mine,) = tmp_path.glob("*.tmp")
        # Copies of one leftover stand for those of many killed writers.
        child.order(out, "frame", overwrite=False, content=1, signal=signal.SIGKILL, at=9)
        child.answer()
        (left,) = set(tmp_path.glob("*.tmp")) - {mine}
        for k in range(5):
            (tmp_path / f"{left.name[:-9]}{k:05d}.tmp").write_bytes(b"part")
        foreign = tmp_path / ".out.fits.tmp"
        foreign.write_bytes(b"not ours")
        assert len(list(tmp_path.glob("*.tmp"))) == 8
        write(out, "frame", 1)
        assert set(tmp_path.glob(".*")) == {mine, foreign}
    assert (tmp_path / "living.fits").read_bytes() == b"so far"


def test_sigterm_while_the_command_line_writes(child: _Child, write: Callable[..., None], tmp_path: Path) -> None:
    out = tmp_path / "out.fits"
    order = {"overwrite": True, "signal": signal.SIGTERM}
    out.write_bytes(b"old")
    child.order(out, "program", **order)
    dry = child.answer()
    assert dry["status"] == 0
    new = out.read_bytes()
    assert len(new) > 3e6
    for at in _moments(dry["steps"], 12):
        out.write_bytes(b"old")
        child.order(out, "program", at=at, **order)
        stopped = child.answer()
        n_left = len(dry["steps"]) - at
        # Behind the last steps the handler may be gone, or the program.
        assert stopped["status"] == 143 or n_left <= 2, (stopped, dry)
        assert out.read_bytes() in (b"old", new)
        if at + 3 < dry["steps"].index("r"):
            assert out.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["out.fits"]


def _two_files(write: Callable[..., None], folder: Path) -> list[bytes]:
    """Write two outputs that differ, and return their bytes."""
    wholes = []
    for content in (1, 2):
        write(folder / f"{content}.fits", "frame", content)
        wholes.append((folder / f"{content}.fits").read_bytes())
    return wholes


def test_a_reader_sees_whole_files_while_two_writers_replace_them(
    child: _Child, write: Callable[..., None], tmp_path: Path
) -> None:
    wholes = _two_files(write, tmp_path)
    out = tmp_path / "out.fits"
    out.write_bytes(wholes[0])
    child.order(out, "both", overwrite=True, n_times=25)
    seen = []
    while not child.answered():
        seen.append(wholes.index(out.read_bytes()))  # an error where it is none of them
    assert child.answer() == {"statuses": [0, 0]}
    assert len(seen) > 20 and sum(a != b for a, b in pairwise(seen)) >= 3
    assert len(os.listdir(tmp_path)) == 3


def test_of_two_writers_that_may_not_replace_one_wins(
    child: _Child, write: Callable[..., None], tmp_path: Path
) -> None:
    wholes = _two_files(write, tmp_path)
    winners = []
    for k in range(8):
        out = tmp_path / f"out{k}.fits"
        child.order(out, "both", overwrite=False, n_times=1)
        statuses = child.answer()["statuses"]
        assert sorted(statuses) == [0, EXISTS]
        winners.append(statuses.index(0))
        assert out.read_bytes() == wholes[winners[-1]]
    assert not list(tmp_path.glob("*.tmp"))
