"""What the help says first, and what is meant by words that are none."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.cli.arguments import build_parser
from amsd_astro.cli.exit_statuses import describe_failure
from amsd_astro.errors import OutputExistsError


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield one
                yield from commands(one)


@pytest.mark.parametrize("command", list(commands(build_parser())), ids=lambda command: command.prog)
def test_a_help_page_begins_with_two_examples(command: argparse.ArgumentParser) -> None:
    title, *examples, blank, rest = command.format_help().split("\n", 4)
    assert title == "examples:" and blank == "" and rest.startswith(f"usage: {command.prog} ")
    assert "exit status" not in rest
    assert len(set(examples)) == 2 and max(map(len, examples)) < 80
    for line in examples:
        words = shlex.split(line, comments=True)
        assert line.startswith(f"  {command.prog} ")
        assert build_parser().parse_args(words[1:]).parser.prog.startswith(command.prog)


@pytest.mark.parametrize("words", ["", "pairs"])
def test_without_a_command_there_is_the_help(words: str, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words.split()) == 2
    seen = capsys.readouterr()
    assert seen.out == "" and "examples:\n" in seen.err and "usage: amsd-astro" in seen.err


def test_commands_stand_in_groups() -> None:
    text = build_parser().format_help()
    first, second, options = (text.index(f"\n{title}") for title in ("commands:", "folders of images", "options:"))
    assert first < second < options
    places = {name: text.index(f"\n  {name} ") for name in ("denoise", "simulate", "pairs", "test-images", "pretrain")}
    assert [name for name, place in places.items() if second < place < options] == ["pairs", "test-images", "pretrain"]
    assert [name for name, place in places.items() if first < place < second] == ["denoise", "simulate"]
    assert text.count("exit status: 0 done") == 1


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("denoize a.fits", "denoise"),
        ("pairs nois a -o b", "noisy"),
        ("combine a.fits b.fits -o c.fits --weights varance", "variance"),
        ("denoise a.fits --error-kind Sigm", "sigma"),
        ("denoise a.fits --recipe ams", "amsd"),
        ("denoise a.fits --gian 1", "--gain"),
        ("denoise a.fits --readnoise=3", "--read-noise"),
        ("denoise a.fits --overwrit --gian 2", "--overwrite, --gain"),
        ("denoise a.fits --zzz", ""),
    ],
)
def test_what_was_meant(words: str, meant: str, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*words.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert (f"; did you mean {meant}? (see amsd-astro" in line) if meant else ("did you mean" not in line)


def test_what_is_left_over_is_told_by_its_command(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("inspect", "a.fits", "--gian", "1")
    assert capsys.readouterr().err.startswith("amsd-astro inspect: error: unrecognized arguments: --gian 1; ")


def write_two(path: Path) -> Path:
    images = [fits.ImageHDU(np.ones((9, 9), np.float32), name=name) for name in ("LEFT", "RIGHT")]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(path)
    return path


def test_messages_name_what_helps(
    image: Path, tmp_path: Path, run: Any, write_image: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    two, there = write_two(tmp_path / "two.fits"), tmp_path / "there.fits"
    done = write_image(tmp_path / "done.fits", AMSDVERS="1.0")
    there.touch()
    folder = tmp_path / "a night"
    for words, end in (
        (["denoise", image, "-o", there], "exists already; use --overwrite"),
        (["denoise", done], "denoised already (AMSDVERS = 1.0); use the exposure itself, or --force"),
        (["compare", done, "-o", tmp_path / "a.png"], "denoised already (AMSDVERS = 1.0); use the exposure itself"),
        (["denoise", two], "; use --ext 1 for the first of them"),
        (["denoise", two, "--ext", "rihgt"], "Received: 'rihgt'; use --ext RIGHT"),
        (["denoise", image, "-d", folder], f"there is no folder {folder}; make it first: mkdir -p '{folder}'"),
        (["denoise", image, "-o", tmp_path], "is a directory, the output must be a file; name one in it."),
    ):
        assert run(*words) in (65, 73)
        (line,) = capsys.readouterr().err.splitlines()
        assert line.endswith(end), line


def test_the_command_line_names_options_and_python_keywords(image: Path) -> None:
    error = OutputExistsError("a.fits: exists already.", cure="overwrite=True")
    assert str(error) == "a.fits: exists already; use overwrite=True"
    assert describe_failure(error).message == "a.fits: exists already; use --overwrite"
    other = OutputExistsError("a.fits: is the input.")
    assert describe_failure(other).message == str(other) == "a.fits: is the input."


def test_what_helps_crosses_processes() -> None:
    import pickle

    from amsd_astro.errors import FrameError

    for error in (FrameError("no", path="a.fits", cure="ext=1"), OutputExistsError("there.", cure="overwrite=True")):
        again = pickle.loads(pickle.dumps(error))
        assert str(again) == str(error) and again.cure == error.cure != ""
        assert os.fspath(getattr(again, "path", "a.fits")) == "a.fits"
