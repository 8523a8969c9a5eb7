"""What a training that is killed leaves behind: nothing in the temporary folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_RUN = """
import sys
from amsd_astro import Denoiser
from amsd_astro.frames import read_frame

def progress(done, total, stage):
    if done == 3:
        print(stage, flush=True)

Denoiser(sys.argv[2], steps=10**6).fit(read_frame(sys.argv[1]), progress=progress)
"""


@pytest.mark.real_network
@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["amsd", "thesis"])
def test_the_temporary_folder_stays_empty(recipe: str, image: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-c", _RUN, str(image), recipe]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"training\n"
        time.sleep(0.1)
        assert running.poll() is None
        running.send_signal(signal.SIGKILL)
    assert list(temporary.iterdir()) == []
