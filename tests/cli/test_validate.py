"""`amsd-astro validate`: the verdict as an exit status, the report, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from amsd_astro.validation.parts import Check
from amsd_astro.validation.report.report import Report


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Remember what `validate` is asked; its report holds one check, of the value that stands here."""
    import amsd_astro.validation

    asked: dict[str, Any] = {"value": 0.5}

    def validate(frame: Any, **options: Any) -> Report:
        asked.update(options, frame=frame)
        check = Check("flux_bright", "Flux", asked["value"], 0.1, -1.0, 1.0, "%", matters=True)
        return Report("A title", checks=[check], diagnosis=[] if check.passed else ["It scales flux."])

    monkeypatch.setattr(amsd_astro.validation, "validate", validate)
    return asked


def test_a_report_that_passes(
    image: Path, tmp_path: Path, run: Any, validated: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("validate", image, "-o", tmp_path / "r.html") == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'r.html'}: passed, ")
    assert "A title" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["passed"] is True
    assert validated["repeat"] is None and validated["noise"] is None and validated["limits"] == {}


def test_a_report_that_fails_is_written_and_told(
    image: Path, tmp_path: Path, run: Any, validated: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    validated["value"] = -2.0
    assert run("validate", image, "-o", tmp_path / "r.html", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True and told["status"] == 1 and told["verdict"] == "failed"
    assert told["failures"] == ["flux_bright"] and told["diagnosis"] == ["It scales flux."]
    assert run("validate", image, "-o", tmp_path / "r.html", "--overwrite") == 1
    out = capsys.readouterr().out
    assert (
        "  flux_bright: Flux: -2.00 \N{PLUS-MINUS SIGN} 0.10 %, allowed 1 %\n" in out and "  It scales flux.\n" in out
    )
    assert ".html: not passed, " in out


def test_what_cannot_be_judged_has_not_passed(
    image: Path, tmp_path: Path, run: Any, validated: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    validated["value"] = 0.95
    assert run("validate", image, "-o", tmp_path / "r.html") == 1
    out = capsys.readouterr().out
    assert ".html: inconclusive, " in out and "too little is known" in out and "  flux_bright: Flux: 0.95" in out


def test_options_reach_the_validation(
    image: Path, write_image: Any, tmp_path: Path, run: Any, validated: dict[str, Any], stand_in: Any
) -> None:
    other = write_image(tmp_path / "other.fits", seed=2)
    command = ["validate", image, "-o", tmp_path / "r.html", "--repeat", other, "--limit", "fwhm=:5", "--sources", "40"]
    assert (
        run(*command, "--limit", "flux_faint=-1:", "--fwhm", "2.5", "--gain", "2", "--seed", "3", "--steps", "0") == 0
    )
    assert validated["limits"] == {"fwhm": (None, 5.0), "flux_faint": (-1.0, None)}
    assert (validated["n_sources"], validated["fwhm"], validated["seed"]) == (40, 2.5, 3)
    assert validated["noise"] == {"gain": 2.0, "read_noise": None}
    assert validated["repeat"].source.path == other
    assert validated["denoiser"] is stand_in.made[-1] and stand_in.made[-1].settings["steps"] == 0


def test_of_several_the_mean_is_validated(
    paths: list[str], tmp_path: Path, run: Any, validated: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing.fits")
    given, options = [missing, *paths[:2]], ["-o", tmp_path / "r.html", "--gain", "2", "--json"]
    assert run("validate", *given, *options) == 1, "one is left out"
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == given and told["passed"] is True
    assert {row["name"]: bool(row["left_out"]) for row in told["exposures"]} == dict(zip(given, (1, 0, 0), strict=True))
    assert validated["frame"].header["AMSDEGAI"] == pytest.approx(4, rel=0.1), "two exposures of the gain stated"
    assert validated["noise"] is None, "it follows from what is stated of each"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "r.pdf"], "a report is .html"),
        (["-o", "r.html", "--limit", "flux_fant=1:2"], "Received: 'flux_fant'; did you mean flux_faint?"),
        (["-o", "r.html", "--limit", "fwhm=2:1"], "must be numbers in order"),
        (["-o", "r.html", "--limit", "fwhm"], "must be NAME=LOW:HIGH"),
        (["-o", "r.html", "--limit", "fwhm=a:b"], "must be NAME=LOW:HIGH"),
        (["-o", "r.html", "--model", "m.npz", "--recipe", "amsd"], "a model has its own recipe"),
        ([], "required: -o"),
    ],
)
def test_wrong_usage(
    image: Path, run: Any, options: list[str], said: str, validated: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("validate", image, *options)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
    assert "frame" not in validated


@pytest.mark.parametrize("name", ["r.html", "r.json"])
def test_a_report_that_exists_is_not_replaced(
    image: Path, tmp_path: Path, run: Any, name: str, validated: dict[str, Any]
) -> None:
    (tmp_path / name).write_text("mine")
    assert run("validate", image, "-o", tmp_path / "r.html") == 73
    assert (tmp_path / name).read_text() == "mine"
    assert "frame" not in validated, "refused before anything is computed"
