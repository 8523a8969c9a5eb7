"""What the README tells people to type works."""

from __future__ import annotations

import dataclasses
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from astropy.io import fits

from amsd_astro.cli.arguments import build_parser

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def console_lines() -> list[str]:
    return [line for block in blocks("console") for line in block.splitlines()]


def amsd_commands() -> list[str]:
    """Return all commands of ours, those at the end of a chain too, without their comments."""
    parts = [part for line in console_lines() for part in line.split("&&") if "amsd-astro" in part]
    return [shlex.join(shlex.split(part, comments=True)[1:]) for part in parts]


SETUP = [line for line in console_lines() if "python3 -m venv" in line]
SNIPPETS = blocks("python")


def test_readme_has_the_two_commands() -> None:
    assert len(SETUP) == 2
    assert "amsd-astro denoise data_samples/" in SETUP[0]
    assert SETUP[1].endswith("-m pytest")
    assert len(amsd_commands()) > 5
    assert len(SNIPPETS) >= 2


def test_nothing_is_left_to_be_filled_in() -> None:
    assert not re.findall(r"^[A-Z]{4,}$", TEXT, re.MULTILINE)


def test_ci_runs_the_test_command_as_it_stands() -> None:
    assert SETUP[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("command", amsd_commands())
def test_commands_are_understood(command: str) -> None:
    args = build_parser().parse_args(shlex.split(command))
    assert args.command == command.split()[0]


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#:]+)\)", TEXT) + re.findall(r"data_samples/\w+\.fits", TEXT))
def test_files_that_are_named_exist(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sample frames, to work in."""
    shutil.copytree(ROOT / "data_samples", tmp_path / "data_samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_main_command_denoises_the_sample(clone: Path) -> None:
    words = shlex.split(SETUP[0].split("&&")[-1])
    assert words[0] == ".venv/bin/amsd-astro"
    command = [sys.executable, "-m", "amsd_astro", *words[1:], "--steps", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=clone)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("denoised.fits: ")
    with fits.open(clone / "denoised.fits") as hdus, fits.open(clone / words[2]) as source:
        assert hdus[0].data.shape == source[0].data.shape
        assert "AMSD_SIGMA" in hdus


@pytest.mark.slow
@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_snippets_run(snippet: str, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from amsd_astro.network import recipes

    short = dataclasses.replace(recipes.AMSD, n_adapted=3)
    monkeypatch.setattr(recipes, "AMSD", short)
    exec(compile(snippet, "README.md", "exec"), {"__name__": "readme"})
    assert any(file for ending in ("fits", "npz", "html") for file in clone.glob(f"*.{ending}"))
