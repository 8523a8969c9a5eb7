"""Names and values that are commands to a terminal, or lines of their own: spelled out wherever they are shown."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u

from amsd_astro.cli import main
from amsd_astro.cli.console import Console
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.errors import AmsdWarning, FrameError, ModelError, OutputError
from amsd_astro.frames import Frame, read_frame
from amsd_astro.printable import printable
from amsd_astro.version import __version__

HOSTILE = "a\namsd-astro: error: b\x1b[31m\r\u202egnp\u2028\x9bm"
SPELLED = r"a\namsd-astro: error: b\x1b[31m\r\u202egnp\u2028\x9bm"


@pytest.fixture
def hostile(image: Path) -> Path:
    """Return the exposure under a name that forges a line and turns the direction of writing."""
    return image.rename(image.with_name(HOSTILE + ".fits"))


def _seen(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    seen = capsys.readouterr()
    for line in (seen.out + seen.err).split("\n"):
        assert line.isprintable(), line
        assert not line.startswith("amsd-astro: error: b"), "a forged line"
    return seen.out, seen.err


def test_spelled_out_as_python_does() -> None:
    assert printable(HOSTILE) == SPELLED
    assert printable("a  é☄\\n") == "a  é☄\\n"
    assert printable("m\udcee") == r"m\udcee"


def test_a_name_that_is_no_utf_8(image: Path) -> None:
    # in a process of its own: what collects the tests' output cannot carry such a name
    path = image.rename(os.fsdecode(os.path.join(os.fsencode(image.parent), b"m\xee\x1b[31m.fits")))
    words = [sys.executable, "-m", "amsd_astro", "inspect", os.fsencode(path)]
    done = subprocess.run(words, capture_output=True, check=True)
    assert rb"m\udcee\x1b[31m.fits" in done.stdout and b"\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["inspect"],
        ["denoise"],
        ["denoise", "-vv"],
        ["denoise", "-o", f"{HOSTILE}/none/x.fits"],
        ["compare", "-o", f"{HOSTILE}.bmp"],
        ["train", "-o", f"{HOSTILE}/none/x.npz"],
        ["inspect", "--ext", HOSTILE],
        ["inspect", "-v", "--ext", HOSTILE],
    ],
)
def test_names_on_both_streams(
    words: list[str], hostile: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hostile.parent)
    with contextlib.suppress(SystemExit):  # wrong usage
        main([*words, hostile.name])
    assert SPELLED in "".join(_seen(capsys))


def test_wrong_usage_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["simulate", "-o", "a", HOSTILE],
        [HOSTILE],
        ["denoise", "a", "--steps", HOSTILE],
        ["inspect", "a", "--x\x1b[31m\r\u202e"],
    ):
        with pytest.raises(SystemExit):
            main(words)
        out, err = _seen(capsys)
        assert out == "" and len(err.splitlines()) == 1 and r"\x1b[31m\r\u202e" in err


def test_json_has_the_true_name(hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "--json", str(hostile)]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == str(hostile)
    assert main(["inspect", "--json", "--ext", "9", str(hostile)]) == 65
    seen = capsys.readouterr()
    record = json.loads(seen.out)
    assert record["file"] == str(hostile) and SPELLED in record["message"] and SPELLED in seen.err


def test_tracebacks(hostile: Path, capsys: pytest.CaptureFixture[str], stand_in: Any) -> None:
    def fail() -> None:
        error = ZeroDivisionError(HOSTILE)
        error.add_note("a note\n  File " + HOSTILE)
        raise error from KeyError(HOSTILE)

    stand_in.on_fit = fail
    assert main(["denoise", "-v", str(hostile)]) == 70
    _, err = _seen(capsys)
    lines = err.splitlines()
    assert lines[0] == "Traceback (most recent call last):" or "KeyError" in err
    assert f"ZeroDivisionError: {SPELLED}" in lines and any(line.startswith("    ") for line in lines)


def test_warnings_and_logs(capsys: pytest.CaptureFixture[str]) -> None:
    with Console(verbose=2) as console, console.collect_warnings() as notes:
        warnings.warn(f"{HOSTILE}: odd", AmsdWarning, stacklevel=1)
        warnings.warn(HOSTILE, UserWarning, stacklevel=1)
        logging.getLogger("amsd_astro.x").info("read %s", HOSTILE)
        console.result("one", HOSTILE)
        console.note(HOSTILE)
    out, err = _seen(capsys)
    assert notes == [f"{SPELLED}: odd"]
    assert out == f"one\n{SPELLED}\n" and f"read {SPELLED}" in err


def test_what_the_library_raises_and_warns_is_printable(tmp_path: Path) -> None:
    path = tmp_path / (HOSTILE + ".fits")
    path.write_bytes(b"no fits")
    with pytest.raises(FrameError) as caught:
        read_frame(path)
    assert caught.value.path == path and str(caught.value).isprintable() and SPELLED in str(caught.value)
    for error in (ModelError(HOSTILE), OutputError(HOSTILE), AmsdWarning(HOSTILE), FrameError(HOSTILE, hdu=HOSTILE)):
        assert SPELLED in str(error) and str(error).isprintable()
        assert "\n" not in "".join(traceback.format_exception_only(error)).rstrip("\n")


def test_the_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    with ProgressBar(HOSTILE) as bar:
        bar(1, 2, "a stage")
    drawn = sys.stderr.getvalue()
    assert f"{SPELLED}: a stage" in drawn
    assert "\n" not in drawn.rstrip("\n") and "\u202e" not in drawn and "[31m\r" not in drawn


def test_a_frame_as_text_and_as_html(hostile: Path) -> None:
    frame = read_frame(hostile)
    frame.unit = u.Unit("adu\n\x1b[31m\u202e", parse_strict="silent")
    for text in (repr(frame), str(frame)):
        assert all(line.isprintable() for line in text.split("\n")) and r"adu\n\x1b[31m\u202e" in text
    for cards in ({}, {"AMSDVERS": "0", "AMSDRCP": "amsd"}):
        frame.header.update(cards)
        frame.header["OBJECT"] = "M 31"
        page = frame._repr_html_()
        assert page.isprintable() and SPELLED in page and r"adu\n\x1b[31m\u202e" in page
    assert r"a\x07b" in Frame(np.ones((3, 4)), unit=u.def_unit("a\x07b"))._repr_html_()


def test_a_card_of_ours_that_cannot_be_parsed(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = b"OBJECT  = 'empty sky'"
    image.write_bytes(image.read_bytes().replace(old, b"AMSDNOTE= no quotes".ljust(len(old))))
    assert main(["denoise", "--json", "--force", str(image), "-o", str(tmp_path / "out.fits")]) == 0
    assert json.loads(capsys.readouterr().out)["cards"]["AMSDVERS"] == __version__
