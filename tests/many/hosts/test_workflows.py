"""The Snakemake rule and the CWL description of the documentation, where Snakemake and cwltool are installed.

Both tell a bad frame, which is not tried again, from memory that ran out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

ROOT = Path(__file__).parents[3]
HOSTS = ROOT / "docs" / "hosts"
LITTLE = 1_500_000  # KiB of address space, in which TensorFlow does not start

pytestmark = pytest.mark.slow


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good and a bad frame, and the command, which notes what it is called for."""
    (tmp_path / "night").mkdir()
    data = np.random.default_rng(1).normal(400, 14, (96, 80)).astype(np.float32)
    fits.writeto(tmp_path / "night" / "good.fits", data, fits.Header({"BUNIT": "adu"}))
    (tmp_path / "night" / "bad.fits").write_text("no frame")
    command = tmp_path / "bin" / "amsd-astro"
    command.parent.mkdir()
    short = '[ -z $LITTLE ] || { ulimit -v $LITTLE; set -- "$@" --engine tensorflow; }'
    lines = ("#!/bin/sh", f'echo "$2 $3 $4" >> {tmp_path}/calls', short)
    command.write_text("\n".join((*lines, f'exec {sys.executable} -m amsd_astro "$@"', "")))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    return tmp_path


def n_calls(night: Path, name: str) -> int:
    return sum(name in line for line in (night / "calls").read_text().splitlines())


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def test_snakemake(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [needs("snakemake"), "-s", str(HOSTS / "Snakefile"), "-d", str(night), "--cores", "2", "--keep-going"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert fits.getheader(night / "clean" / "good_amsd.fits")["AMSDSTEP"] == 0
    assert json.loads((night / "records" / "bad.json").read_text())["status"] == 65
    assert [path.name for path in (night / "clean").iterdir()] == ["good_amsd.fits"]
    assert (n_calls(night, "bad"), n_calls(night, "good")) == (1, 1)
    (night / "clean" / "good_amsd.fits").unlink()
    (night / "night" / "bad.fits").unlink()
    monkeypatch.setenv("LITTLE", str(LITTLE))
    assert subprocess.run(words, capture_output=True, check=False).returncode == 1
    assert (night / "records" / "good.status").read_text() == "71\n"
    assert n_calls(night, "good") == 4, "one before, and three now"


def test_cwl(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = ["--preserve-environment", "PYTHONPATH", "--preserve-environment", "LITTLE"]
    words = [
        needs("cwltool"),
        "--no-container",
        *environment,
        "--outdir",
        str(night / "out"),
        str(HOSTS / "denoise.cwl"),
    ]

    def run(name: str) -> subprocess.CompletedProcess[str]:
        given = ["--exposure", str(night / "night" / name), "--steps", "0"]
        return subprocess.run([*words, *given], capture_output=True, text=True, check=False)

    done = run("good.fits")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert fits.getheader(made["denoised"]["path"])["AMSDSTEP"] == 0
    assert json.loads(Path(made["record"]["path"]).read_text())["status"] == 0
    bad = run("bad.fits")
    assert bad.returncode != 0 and "permanentFail" in bad.stderr and "temporaryFail" not in bad.stderr
    monkeypatch.setenv("LITTLE", str(LITTLE))
    poor = run("good.fits")
    assert poor.returncode != 0 and "completed temporaryFail" in poor.stderr and "permanentFail" not in poor.stderr
