"""One command over many files: each result is that of the file alone, and memory stays as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_MOST_GROWTH = 1.0  # MB a file; a network made anew for each takes more than two

_RUN = """
import json, sys
from amsd_astro.cli import main
from amsd_astro.cli.commands import denoise

def anonymous():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("RssAnon"))

seen, run_file = [], denoise._run_file
def run_file_and_look(*args):
    status = run_file(*args)
    seen.append(anonymous())
    return status
denoise._run_file = run_file_and_look
status = main(["denoise", "-q", "--steps", *sys.argv[1:]])
print(json.dumps({"status": status, "megabytes": seen}))
"""


def denoise(steps: int, folder: Path, *files: Path) -> list[float]:
    """Denoise files in a process of its own; return its memory after each."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", _RUN, str(steps), "-d", str(folder), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == 0, done.stderr
    megabytes: list[float] = told["megabytes"]
    return megabytes


@pytest.mark.real_network
@pytest.mark.slow
@pytest.mark.parametrize("steps", [0, 2])
def test_each_result_is_that_of_the_file_alone(steps: int, tmp_path: Path, write_image: Callable[..., Path]) -> None:
    files = [write_image(tmp_path / f"sky{seed}.fits", seed=seed) for seed in range(3)]
    denoise(steps, tmp_path / "together", *files)
    for file in files:
        denoise(steps, tmp_path / "alone", file)
        name = f"{file.stem}_amsd.fits"
        assert (tmp_path / "together" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


@pytest.mark.real_network
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs a system that tells of memory")
def test_memory_does_not_grow_with_the_files(tmp_path: Path, write_image: Callable[..., Path]) -> None:
    files = [write_image(tmp_path / f"sky{seed}.fits", seed=seed) for seed in range(30)]
    megabytes = denoise(0, tmp_path / "out", *files)
    assert (megabytes[-1] - megabytes[9]) / 20 < _MOST_GROWTH
