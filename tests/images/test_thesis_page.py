"""What the page on the thesis recipe tells people to type works."""

from __future__ import annotations

import csv
import dataclasses
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from amsd_astro.cli import main
from amsd_astro.cli.arguments import build_parser

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "thesis.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("amsd-astro ")]


OF_PHOTOS, OF_FRAMES, PAIRS_OF_FRAMES, FIGURES = blocks("console")
ALL = [words for block in blocks("console") for words in commands(block)]


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_commands_are_understood(words: list[str]) -> None:
    assert build_parser().parse_args(words).command == words[0]


def test_all_stages_are_told_in_order() -> None:
    stages = [words[1] if words[0] == "pairs" else words[0] for words in commands(OF_PHOTOS)]
    assert stages == ["noisy", "targets", "pack", "train", "test-images"]
    assert len(ALL) == 11


def test_benchmarks_are_called_as_they_are() -> None:
    for line in FIGURES.splitlines():
        python, as_module, module, *words = shlex.split(line)
        assert (python, as_module) == ("python", "-m"), line
        text = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        assert all(f'"{word}"' in text for word in words if word.startswith("-")), line


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_files_that_are_named_exist(path: str) -> None:
    assert (ROOT / "docs" / path).exists()


def test_facts_are_those_of_the_code() -> None:
    from amsd_astro.network.recipes import THESIS
    from amsd_astro.network.thesis.interpolation import SCALES
    from amsd_astro.network.thesis.noisy_versions import SIGMA_RANGES

    first, second, third = (f"{low:g}..{high:g}" for low, high in SIGMA_RANGES)
    assert f"sigma {first}, {second} and {third} of 255" in TEXT
    factors, parameters = zip(*SCALES, strict=True)
    assert "cells of {}, {} and {} pixels".format(*factors) in TEXT
    assert "a = {}, {} and {} |".format(*parameters) in TEXT
    assert f"batches of {THESIS.n_patches} at {THESIS.patch} x {THESIS.patch}" in TEXT
    assert f"({THESIS.frame_patch} x {THESIS.frame_patch} on frames)" in TEXT
    assert (
        f"{THESIS.held_out:.0%}".replace("%", " %") + f" of the pixels held out (seed {THESIS.held_out_seed})" in TEXT
    )
    assert f"{THESIS.n_epochs} epochs of packed pairs, {THESIS.n_steps} steps on frames" in TEXT
    steps = round(300 * 500 * 500 * (1 - THESIS.held_out) / (THESIS.n_patches * THESIS.patch**2)) * THESIS.n_epochs
    assert f"{steps:,} steps" in TEXT


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: Any, write_frame_file: Any) -> Path:
    """The folders that the page names, with small images, and a recipe of next to no work."""
    from amsd_astro.network import recipes

    small = dataclasses.replace(recipes.THESIS, n_patches=1, patch=16, frame_patch=16, n_validated=1)
    monkeypatch.setattr(recipes, "THESIS", small)
    monkeypatch.chdir(tmp_path)
    for name in ("photos", "frames"):
        Path(name).mkdir()
    for name, picture in (("one", scene()), ("two", scene()[::-1])):
        Image.fromarray((picture * 255).astype(np.uint8)).save(f"photos/{name}.png")
    write_frame_file(Path("frames/sky.fits"))
    for name in ("exposure", "a", "b", "c"):
        write_frame_file(Path(f"{name}.fits"), ny=64, nx=64)
    return tmp_path


@pytest.mark.slow
def test_stages_run_in_order(folders: Path) -> None:
    for words in commands(OF_PHOTOS):
        assert main(words + (["--steps", "2"] if words[0] == "train" else [])) == 0, words
    rows = list(csv.DictReader((folders / "scores" / "scores.csv").open()))
    assert len(rows) == 9 and all(float(row["psnr"]) > 0 for row in rows)
    assert (folders / "scores" / "two_sigma50.png").exists()
    (snippet,) = blocks("python")
    exec(compile(snippet, "thesis.md", "exec"), {"__name__": "page"})
    with Image.open("clean.png") as picture:
        assert picture.size == (32, 32) and picture.mode == "RGB"


@pytest.mark.slow
def test_frames_are_trained_on_and_denoised(folders: Path) -> None:
    for words in commands(OF_FRAMES):
        assert main(words + (["--steps", "2"] if "--steps" in words else [])) == 0, words
    assert sorted(path.name for path in folders.glob("*_amsd.fits")) == ["c_amsd.fits", "exposure_amsd.fits"]


def test_pairs_of_frames_are_made(folders: Path) -> None:
    for words in commands(PAIRS_OF_FRAMES):
        assert main(words) == 0, words
    assert np.load("frames_packed/target.npy").shape == (3, 96, 80, 1)
