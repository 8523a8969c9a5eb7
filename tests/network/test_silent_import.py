"""TensorFlow is imported in silence, and standard error is as it was, whatever else writes to it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import amsd_astro
from amsd_astro.network.silent_import import silence_stderr

ROOT = Path(amsd_astro.__file__).parents[1]
BANNER = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    "I0000 00:00:1796013061.728943   13532 cudart_stub.cc:31] Could not find cuda drivers on your machine\n"
    "E1130 04:31:01.728943   {thread} cuda_platform.cc:52] failed call to cuInit\n"
    "2026-11-30 04:31:01.728943: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.\n"
    "To enable the following instructions: AVX2 AVX512F, in other operations, rebuild TensorFlow\n"
)
DENOISE = """
import numpy as np
from amsd_astro import denoise
denoise(np.random.default_rng(0).normal(100, 5, (64, 64)).astype("f4"), steps=0, engine="{engine}")
"""


def write_banner() -> None:
    os.write(2, BANNER.format(thread=threading.get_native_id()).encode())


def run(code: str, **more: str) -> tuple[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"} | more
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    return done.stdout, done.stderr


def test_the_banner_is_held_back_and_comes_where_it_tells_why(capfd: pytest.CaptureFixture[str]) -> None:
    with silence_stderr():
        write_banner()
    assert capfd.readouterr().err == ""

    def fail() -> None:
        with silence_stderr():
            write_banner()
            os.write(2, b"the reason\n")
            raise ImportError("no library")

    with pytest.raises(ImportError, match="no library"):
        fail()
    assert capfd.readouterr().err == BANNER.format(thread=threading.get_native_id()) + "the reason\n"
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_what_others_write_meanwhile_comes_after(capfd: pytest.CaptureFixture[str]) -> None:
    line = f"E1130 04:31:01.728943   1{threading.get_native_id()} other.cc:52] of another thread\n"

    def work() -> None:
        os.write(2, line.encode())
        for i in range(200):
            os.write(2, f"line {i}\n".encode())
        os.write(2, b"no end")

    with silence_stderr():
        write_banner()
        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
    assert capfd.readouterr().err == line + "".join(f"line {i}\n" for i in range(200)) + "no end"


def test_a_descriptor_that_others_replace_meanwhile_is_left_alone(tmp_path: Path) -> None:
    kept = os.dup(2)
    try:
        with open(tmp_path / "log", "wb") as log, silence_stderr():
            os.write(2, b"before\n")
            os.dup2(log.fileno(), 2)
        os.write(2, b"into the log\n")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    assert (tmp_path / "log").read_bytes() == b"into the log\n"


@pytest.mark.parametrize("close", ["sys.stderr = None", "os.close(2)", "os.close(2); sys.stderr = None"])
def test_without_standard_error(close: str) -> None:
    code = (
        "import os, sys; from amsd_astro.network.silent_import import silence_stderr\n"
        f"{close}\n"
        "before = len(os.listdir('/proc/self/fd'))\n"
        "with silence_stderr(): pass\n"
        "print(len(os.listdir('/proc/self/fd')) - before)"
    )
    assert run(code)[0] == "0\n"


def test_a_standard_error_that_is_no_file(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """As in Jupyter."""

    class Page:
        text = ""

        def write(self, text: str) -> int:
            self.text += text
            return len(text)

        def flush(self) -> None:
            raise OSError("nothing to flush")

    page = Page()
    monkeypatch.setattr(sys, "stderr", page)
    with silence_stderr():
        sys.stderr.write("for the page\n")
        write_banner()
    assert page.text == "for the page\n" and sys.stderr is page
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_denoising_in_a_new_process_prints_nothing() -> None:
    for engine in ("litert", "tensorflow"):
        assert run(DENOISE.format(engine=engine)) == ("", "")
    in_two_threads = (
        "import threading\nfrom amsd_astro.network.engines.starting import start\n"
        "threads = [threading.Thread(target=start, args=(1,)) for _ in range(2)]\n"
        "[one.start() for one in threads]; [one.join() for one in threads]\n"
        "import os; os.write(2, b'after'); print(os.environ.get('TF_CPP_MIN_LOG_LEVEL'))"
    )
    assert run(in_two_threads) == ("None\n", "after")


@pytest.mark.slow
def test_what_the_caller_imported_stays_as_it_is() -> None:
    code = (
        "import tensorflow, os; os.write(2, b'imported\\n'); before = os.fstat(2)\n"
        "from amsd_astro.network.silent_import import import_tensorflow; import_tensorflow()\n"
        "print(os.fstat(2) == before)"
    )
    out, err = run(code)
    assert out == "True\n" and err.endswith("imported\n") and err != "imported\n"


@pytest.mark.slow
def test_it_is_shown_where_the_log_tells_every_detail() -> None:
    code = "import logging; logging.getLogger('amsd_astro').setLevel('DEBUG')" + DENOISE.format(engine="tensorflow")
    assert "cpu_feature_guard" in run(code)[1]
