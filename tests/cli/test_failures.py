"""Runs that fail, are stopped, or are taken up again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from amsd_astro.cli.exit_statuses import describe_failure
from amsd_astro.errors import (
    FrameChangedError,
    FrameError,
    FrameNotFoundError,
    ModelError,
    OutputError,
    OutputExistsError,
)
from amsd_astro.printable import one_line


def test_skip_existing(
    image: Path, tmp_path: Path, stand_in: Any, capsys: pytest.CaptureFixture[str], run: Any, json_lines: Any
) -> None:
    words = ["denoise", image, "-o", tmp_path / "out.fits", "--skip-existing"]
    assert run(*words, "--steps", 5) == 0
    made = (tmp_path / "out.fits").read_bytes()
    capsys.readouterr()
    assert run(*words, "--steps", 5, "--json") == 0
    (line,) = json_lines()
    assert line["kind"] == "skipped" and line["cards"]["AMSDSEED"] == 0 and line["shape"] == [96, 80]
    assert run(*words, "--steps", 5, "--threads", 1) == 0, "threads are no setting of the result"
    assert len(stand_in.made) == 1
    assert run(*words) == 73
    assert run(*words, "--steps", 5, "--gain", 3) == 73
    assert run(*words, "--steps", 5, "--orientations", 8) == 73
    assert run(*words, "--steps", 5, "--flux-tolerance", 0.1) == 73
    assert len(stand_in.made) == 1
    assert (tmp_path / "out.fits").read_bytes() == made


def test_skip_existing_does_not_trust(image: Path, tmp_path: Path, stand_in: Any, run: Any, write_image: Any) -> None:
    out = tmp_path / "out.fits"
    words = ["denoise", image, "-o", out, "--skip-existing", "--overwrite"]
    assert run(*words) == run(*words) == 0
    assert len(stand_in.made) == 1
    image.unlink()
    write_image(image, seed=9)
    assert run(*words) == 0
    assert len(stand_in.made) == 2, "another input"
    out.write_bytes(out.read_bytes()[:-6000])
    assert run(*words) == 0
    assert len(stand_in.made) == 3, "an output that was cut"


@pytest.mark.parametrize(
    ("card", "value", "told"),
    [
        ("AMSDVERS", "0.0.1", "was made by version 0.0.1, and this is "),
        ("AMSDHASH", "0" * 16, "was made with other weights; use --overwrite"),
        ("AMSDOPTS", "0" * 16, "was made with other options; use --overwrite"),
        ("AMSDSRC", "0" * 64, "was made from another input; use --overwrite"),
        ("", "", "does not record what it was made of and how; use --overwrite"),
    ],
)
def test_what_differs_of_an_existing_output_is_told(
    image: Path, tmp_path: Path, run: Any, capsys: pytest.CaptureFixture[str], card: str, value: str, told: str
) -> None:
    out = tmp_path / "out.fits"
    words = ["denoise", image, "-o", out, "--skip-existing"]
    assert run(*words) == 0
    if card:
        fits.setval(out, card, value=value)
    else:
        fits.writeto(out, fits.getdata(image), overwrite=True)
    assert run(*words) == 73
    assert f"out.fits: exists already, but {told}" in capsys.readouterr().err
    assert run(*words, "--overwrite") == 0


def test_a_damaged_output_is_told(image: Path, tmp_path: Path, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.fits"
    words = ["denoise", image, "-o", out, "--skip-existing"]
    assert run(*words) == 0
    out.write_bytes(out.read_bytes()[:-6000])
    assert run(*words) == 73
    assert "out.fits: exists already, but is damaged (the data are cut" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (FrameError("no image", path="a.fits"), "input", 65),
        (FrameNotFoundError("not there", path="a.fits"), "input", 65),
        (FrameChangedError("it changed", path="a.fits"), "io", 74),
        (ModelError("no model"), "input", 65),
        (OutputError("no folder"), "output", 73),
        (OutputExistsError("there"), "output", 73),
        (OSError(5, "Input/output error", "a.fits"), "io", 74),
        (OSError(28, "No space left on device", "a.fits"), "resources", 71),
        (MemoryError(), "resources", 71),
        (type("ResourceExhaustedError", (Exception,), {})("OOM\nwhen allocating"), "resources", 71),
        (ZeroDivisionError("division\nby zero"), "internal", 70),
        (KeyboardInterrupt(), "interrupted", 130),
    ],
)
def test_statuses(error: BaseException, kind: str, status: int) -> None:
    failure = describe_failure(error)
    assert (failure.kind, failure.status) == (kind, status)
    assert failure.message
    assert "\n" not in failure.message
    if getattr(error, "filename", None):
        assert "a.fits" in failure.message


def test_traceback_only_when_asked_for(
    image: Path, capsys: pytest.CaptureFixture[str], run: Any, stand_in: Any
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("of ours")

    stand_in.on_fit = fail
    assert run("denoise", image) == 70
    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError: of ours" in line
    assert run("denoise", image, "-v") == 70
    text = capsys.readouterr().err
    assert "Traceback" in text
    assert text.splitlines()[-1] == line
    assert not image.with_name("sky_amsd.fits").exists()


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Let SIGINT interrupt: programs started in the background inherit that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(
    number: int,
    status: int,
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    run: Any,
    write_image: Any,
    stand_in: Any,
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    stand_in.on_fit = lambda: signal.raise_signal(number)
    other = write_image(tmp_path / "other.fits")
    assert run("denoise", image, other, "--json") == status
    seen = capsys.readouterr()
    assert [json.loads(line)["kind"] for line in seen.out.splitlines()] == ["interrupted"]
    assert len(seen.err.splitlines()) == 1
    assert "sky_amsd.fits.checkpoint: the same command goes on from there" in seen.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.fits", "sky.fits", "sky_amsd.fits.checkpoint"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_reader_that_goes_away(image: Path) -> None:
    command = f"{sys.executable} -m amsd_astro inspect {image} --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 74)
    assert done.stderr == ""


def test_a_checkpoint_is_there_while_the_output_is_not(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any, stand_in: Any
) -> None:
    output, model = tmp_path / "out.fits", tmp_path / "model.npz"
    stand_in.on_fit = lambda: output.mkdir()  # the output cannot be written once the training is done
    assert run("denoise", image, "-o", output) == 73
    checkpoint = tmp_path / "out.fits.checkpoint"
    assert stand_in.made[-1].checkpoint == checkpoint and checkpoint.exists()
    assert "the training so far is kept" in capsys.readouterr().err
    output.rmdir()
    stand_in.on_fit = None
    assert run("denoise", image, "-o", output) == 0
    assert output.exists() and not checkpoint.exists()
    assert run("train", image, "-o", model) == 0
    assert stand_in.made[-1].checkpoint == tmp_path / "model.npz.checkpoint"
    assert model.exists() and not stand_in.made[-1].checkpoint.exists()


def test_nothing_in_a_file_reaches_the_terminal_as_it_is(
    image: Path, capsys: pytest.CaptureFixture[str], run: Any
) -> None:
    body = image.read_bytes().replace(b"BUNIT   = 'adu     '", b"EXTNAME = '\x1b]0;x\x07\x9b '")
    image.write_bytes(body)
    assert run("inspect", image) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 5 and all(line.isprintable() for line in lines)
    assert "\\x1b]0;X\\x07\\x9b" in lines[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  b", "a  b"),
        (" a.fits: no", " a.fits: no"),
        ("one\n  two\r\n\nthree", "one two three"),
        ("\x1b[31mé☄\x7f", "\\x1b[31mé☄\\x7f"),
        ("lat\udcee", "lat\\udcee"),
        ("", ""),
    ],
)
def test_text_for_the_terminal(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_a_file_in_the_place_of_the_checkpoint_that_is_none_is_left_alone(
    image: Path, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch, stand_in: Any
) -> None:
    mine = tmp_path / "out.fits.checkpoint"
    mine.write_bytes(b"mine")
    monkeypatch.setattr(stand_in, "fit", lambda self, *frames, **options: self)  # a model that is not trained
    assert run("denoise", image, "-o", tmp_path / "out.fits") == 0
    assert mine.read_bytes() == b"mine"


def test_a_name_as_long_as_names_can_be_leaves_room_for_a_checkpoint(image: Path, tmp_path: Path, run: Any) -> None:
    output = tmp_path / ("a" * 250 + ".fits")
    assert run("denoise", image, "-o", output) == 0
    assert sorted(tmp_path.iterdir()) == sorted([image, output])
