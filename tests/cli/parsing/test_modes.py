"""`--mode`: what it stands for, where it is told, and that it finds what was made without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro import Frame
from amsd_astro.plotting.captions import facts_line


@pytest.mark.parametrize(("mode", "steps"), [("fast", 0), ("standard", None), ("adapt", 400)])
def test_a_mode_stands_for_steps(
    mode: str, steps: int | None, image: Path, tmp_path: Path, run: Any, stand_in: Any
) -> None:
    out = tmp_path / "out.fits"
    stated = [] if steps is None else ["--steps", steps]
    assert run("denoise", image, "-o", out, *stated) == 0
    assert run("denoise", image, "-o", out, "--mode", mode, *stated, "--overwrite") == 0
    assert [one.settings["steps"] for one in stand_in.made] == [steps, steps]
    before = out.read_bytes()
    assert run("denoise", image, "-o", out, "--mode", mode, "--skip-existing") == 0, "made without the name"
    assert len(stand_in.made) == 2 and out.read_bytes() == before


def test_another_mode_is_another_output(image: Path, tmp_path: Path, run: Any) -> None:
    out = tmp_path / "out.fits"
    assert run("denoise", image, "-o", out, "--mode", "fast") == 0
    assert run("denoise", image, "-o", out, "--mode", "adapt", "--skip-existing") == 73
    assert run("denoise", image, "-o", out, "--skip-existing") == 73


@pytest.mark.parametrize(
    "words", ["--mode fast --steps 5", "--mode standard --steps 0", "--mode adapt --steps 5", "--mode slow"]
)
@pytest.mark.parametrize("command", ["denoise a.fits", "compare a.fits -o b.png", "combine a.fits b.fits -o c.fits"])
def test_a_mode_and_steps_that_disagree(
    command: str, words: str, run: Any, stand_in: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*command.split(), *words.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert "argument --mode: " in line and stand_in.made == []


def test_the_mode_is_told(image: Path, run: Any, capsys: pytest.CaptureFixture[str], json_lines: Any) -> None:
    assert run("denoise", image) == 0
    assert f"{image.with_name('sky_amsd.fits')}: mode standard, noise of the sky" in capsys.readouterr().out
    assert run("denoise", image, "--json", "--overwrite") == 0
    assert json_lines()[0]["mode"] == "standard"


def test_a_figure_of_what_is_done_has_no_mode(image: Path, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("compare", image, image, "-o", "a.png", "--mode", "fast")
    assert "argument --mode: not allowed with DENOISED" in capsys.readouterr().err


def test_the_figure_tells_the_mode() -> None:
    frame = Frame(np.ones((4, 5)), header={"AMSDVERS": "1", "AMSDRCP": "amsd", "AMSDMODE": "fast", "AMSDSTEP": 0})
    assert facts_line(frame).startswith("recipe amsd, mode fast, 0 steps")
