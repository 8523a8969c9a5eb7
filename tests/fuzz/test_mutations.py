"""Damaged files by the hundred: each is read and written as it has to be, or refused with one clear line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_SEED = 1

pytestmark = pytest.mark.skipif(os.name != "posix", reason="children are watched in the way of POSIX")


def _run(*options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(_HERE / "run.py"), *(str(option) for option in options)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    done = _run("--n", 300, "--seed", _SEED, "--jobs", 2, "--keep", tmp_path)
    assert done.returncode == 0, f"python tests/fuzz/run.py --n 300 --seed {_SEED}\n{done.stdout}\n{done.stderr}"
    written = re.search(r"^all +(\d+)", done.stdout, re.MULTILINE)
    assert written is not None and int(written.group(1)) > 50, "too few files got through to say anything of the writer"
    assert not list(tmp_path.iterdir())


def test_every_kind_of_failure_is_found_and_told_of_the_right_file(tmp_path: Path) -> None:
    done = _run("--n", 11, "--limit", 1.5, "--worker", _HERE / "broken_worker.py", "--keep", tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    entry = re.compile(r"^([A-Z]{3,}.*): 1 files, seed 1, indices \[(\d+)\]\n  \d+: .*\n((?:    .*\n)+)", re.MULTILINE)
    found = entry.findall(done.stdout)
    told = {int(index): (heading, detail) for heading, index, detail in found}
    expected = [
        ("CRASH SIGSEGV", "Segmentation fault"),
        ("HANG", "no answer in 4.5 s"),
        ("MEMORY read again", "MiB (written)"),
        ("EXCEPTION read KeyError", "a key"),
        ("MEMORY read MemoryError", "Unable to allocate"),
        ("MESSAGE read FrameError", "FrameError: ''"),
        ("OUTPUT write FrameError", "files are left"),
        ("OUTPUT read again", "NaN are others"),
        ("OUTPUT read again", "cards of HDU 0 changed"),
        ("OUTPUT read again", "data of HDU 5 changed"),
    ]
    for index, (heading, detail) in enumerate(expected):
        assert told[index][0] == heading and detail in told[index][1], (index, told[index])
    assert sorted(told) == list(range(len(expected))), "the file that came through was taken for a failure"
    assert sorted(path.stem for path in tmp_path.glob("*.fits")) == sorted(f"1_{index}" for index in told)


def test_a_file_comes_from_its_seed_and_index_alone() -> None:
    code = (
        f"import sys, hashlib; sys.path.insert(0, {str(_HERE)!r}); from mutate import mutate\n"
        "order = range(80) if sys.argv[1] == '0' else reversed(range(80))\n"
        "print(sorted((i, mutate(5, i).story, hashlib.sha256(mutate(5, i).body).hexdigest()) for i in order))"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(seed)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        )
        for seed in (0, 1)
    ]
    first, second = (run.communicate(timeout=120)[0] for run in runs)
    assert first and first == second
