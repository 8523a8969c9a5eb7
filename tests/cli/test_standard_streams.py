"""Closed standard streams, and names beyond ASCII in a locale that has none."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="closes descriptors by a shell")


def _run(words: list[str], closed: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    line = f"exec {shlex.join([sys.executable, '-m', 'amsd_astro', *words])} {closed}"
    return subprocess.run(["sh", "-c", line], capture_output=True, env={**os.environ, **environment}, check=False)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_streams_that_are_closed_from_the_start(closed: str, image: Path) -> None:
    done = _run(["inspect", str(image)], closed)
    assert done.returncode == 0, done.stderr
    assert (b"sky sigma" in done.stdout) == (">&-" not in closed.replace("2>&-", ""))


def test_json_that_nobody_can_read_is_told(image: Path) -> None:
    done = _run(["inspect", str(image), "--json"], ">&-")
    assert done.returncode == 74
    assert b"standard output is closed" in done.stderr


def test_names_beyond_ascii_in_a_locale_that_has_none(image: Path) -> None:
    named = image.rename(image.with_name("n\u00e9buleuse.fits"))
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = _run(["inspect", str(named), "--json"], **locale)
    assert done.returncode == 0, done.stderr
    denoised = str(image.with_name("s\u00fcd" * 60 + ".fits"))  # so long that its temporary name is shortened
    for output in (denoised, str(image.with_name("\u00e9.fits"))):
        done = _run(["denoise", str(named), "-o", output, "--steps", "0", "--quiet"], **locale)
        assert done.returncode == 0 and Path(output).exists(), done.stderr
