"""The hosts for real: each is installed into an environment of its own, and the tests that need it run there.

Run them with `pytest -m host`: they take minutes and want a network. An environment lies in front of the packages that
are here, so that only what the host brings is installed. Here nothing may be skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSIDE = "--strict-markers --strict-config --import-mode=importlib"
HOSTS = {
    "ccdproc>=2.5": ["tests/frames/test_ccdproc.py", "tests/many/hosts/test_ccdproc_night.py"],
    "jwst>=3.0": ["tests/many/hosts/test_stpipe_step.py"],
    "distributed>=2026.8": ["tests/many/test_cluster.py", "tests/many/test_denoise_many.py"],
    "snakemake>=9": ["tests/many/hosts/test_workflows.py::test_snakemake"],
    "cwltool>=3.1": ["tests/many/hosts/test_workflows.py::test_cwl"],
}
"""What is installed, and the tests that run with it."""


def make_environment(folder: Path, requirement: str) -> Path:
    """Install a host in front of the packages that are here; return its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    programs = folder / "bin"
    where = [str(programs / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip()
    Path(own, "behind.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "-q", "--no-input"]
    subprocess.run([*pip, "--disable-pip-version-check", requirement], check=True)
    return programs


@pytest.mark.host
@pytest.mark.parametrize("requirement", HOSTS)
def test_host(requirement: str, tmp_path: Path) -> None:
    programs = make_environment(tmp_path / "environment", requirement)
    settings = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", f"addopts={INSIDE}", "--durations=3"]
    done = subprocess.run(
        [str(programs / "python"), *words, *HOSTS[requirement]],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout[-5000:]
    assert re.search(r"\d+ passed", done.stdout) and "skipped" not in done.stdout.splitlines()[-1]


def test_what_is_run_with_a_host_is_there() -> None:
    for tests in HOSTS.values():
        for name in tests:
            path, _, function = name.partition("::")
            assert f"def {function}" in (ROOT / path).read_text(encoding="utf-8")
