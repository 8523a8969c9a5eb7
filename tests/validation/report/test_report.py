"""Checks, verdicts, and the files of a report."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro.errors import OutputExistsError
from amsd_astro.validation.parts import Chart, Check, Picture, Section, Series, Table
from amsd_astro.validation.report.report import Report
from amsd_astro.validation.report.verdict import SCHEMA
from amsd_astro.validation.wording import statement

GOOD = Check("good", "Good", 0.5, 0.1, 0.0, 1.0, "px", "It is small.")
BAD = Check("bad", "Bad", 2.0, None, None, 1.0)
OPEN = Check("open", "Open", math.nan, None, 0.0, 1.0)
UNSURE = Check("unsure", "Unsure", 0.9, 0.2, 0.0, 1.0)


def strict(path: Path) -> Any:
    """Read JSON that has neither NaN nor Infinity."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


@pytest.mark.parametrize(
    ("value", "low", "high", "passed"),
    [
        (0.5, 0.0, 1.0, True),
        (0.0, 0.0, 1.0, True),
        (1.0, 0.0, 1.0, True),
        (-0.01, 0.0, 1.0, False),
        (1.01, 0.0, 1.0, False),
        (5.0, 1.0, None, True),
        (0.5, 1.0, None, False),
        (-9.0, None, 1.0, True),
        (2.0, None, 1.0, False),
        (math.inf, None, 1.0, False),
        (-math.inf, None, 1.0, True),
        (math.nan, 0.0, 1.0, None),
        (math.nan, None, None, None),
        (0.5, None, None, None),
        (np.float32(0.5), 0.0, 1.0, True),
    ],
)
def test_a_check_passes_within_its_limits(
    value: float, low: float | None, high: float | None, passed: bool | None
) -> None:
    assert Check("name", "Title", value, None, low, high).passed is passed


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [
        (0.5, 0.2, "passed"),
        (0.5, 0.3, "inconclusive"),
        (0.5, 5.0, "inconclusive"),
        (1.3, 0.2, "inconclusive"),
        (1.5, 0.2, "failed"),
        (-0.5, 0.2, "failed"),
        (1.1, 0.0, "failed"),
        (1.1, math.nan, "failed"),
        (math.nan, 0.1, "not judged"),
    ],
)
def test_limits_do_not_widen_with_the_error(value: float, error: float, verdict: str) -> None:
    check = Check("name", "Title", value, error, 0.0, 1.0)
    assert check.verdict == verdict
    assert check.passed is {"passed": True, "failed": False}.get(verdict)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (
            Check("sky", "The sky level should not change", -0.2, 0.031, -0.06, 0.06, "sigma", verb="moved by"),
            "The sky level should not change: moved by -0.20 \N{PLUS-MINUS SIGN} 0.03 sigma, allowed 0.06 sigma",
        ),
        (GOOD, "Good: 0.50 \N{PLUS-MINUS SIGN} 0.10 px, allowed 0 to 1 px"),
        (BAD, "Bad: 2, allowed at most 1"),
        (Check("low", "Low", 2.34567, 23.4, 1.0, None), "Low: 0 \N{PLUS-MINUS SIGN} 20, allowed at least 1"),
        (OPEN, "Open: could not be measured"),
        (Check("told", "Told", 0.98765), "Told: 0.988"),
    ],
)
def test_a_check_says_what_should_be(check: Check, said: str) -> None:
    assert statement(check) == said


@pytest.mark.parametrize("checks", [(), (GOOD,), (BAD, GOOD), (GOOD, replace(UNSURE, matters=True))])
def test_a_verdict_is_two_sentences(checks: tuple[Check, ...]) -> None:
    report = Report("Title", checks=checks)
    assert len(report.summary) == 2
    assert all(sentence.endswith(".") for sentence in report.summary)
    for check in report.failures or [check for check in checks if check.matters]:
        assert check.title in " ".join(report.summary)


@pytest.mark.parametrize(
    ("checks", "verdict", "failures"),
    [
        ((), "not judged", ()),
        ((OPEN,), "not judged", ()),
        ((GOOD,), "passed", ()),
        ((GOOD, OPEN), "passed", ()),
        ((GOOD, BAD, OPEN), "failed", (BAD,)),
        ((BAD,), "failed", (BAD,)),
        ((GOOD, UNSURE), "passed", ()),
        ((GOOD, replace(UNSURE, matters=True)), "inconclusive", ()),
        ((GOOD, replace(OPEN, matters=True)), "inconclusive", ()),
        ((BAD, replace(UNSURE, matters=True)), "failed", (BAD,)),
        ((UNSURE,), "not judged", ()),
    ],
)
def test_a_report_passes_where_something_was_judged_and_nothing_failed(
    checks: tuple[Check, ...], verdict: str, failures: tuple[Check, ...]
) -> None:
    report = Report("Title", checks=checks)
    assert (report.verdict, report.passed, report.failures) == (verdict, verdict == "passed", failures)


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"in order\. Received: 1 and 0"):
        Check("name", "Title", 0.5, None, 1, 0)
    with pytest.raises(ValueError, match="in order"):
        Check("name", "Title", 0.5, None, math.nan, 1)
    with pytest.raises(ValueError, match="'flux' must be of one length"):
        Series("flux", [1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="one length"):
        Series("flux", [1, 2], [1, 2], y_error=[1])
    with pytest.raises(ValueError, match="Received: 'dots'"):
        Series("flux", [1], [1], style="dots")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="as long as its columns"):
        Table("numbers", ("a", "b"), [(1, 2), (1,)])
    with pytest.raises(ValueError, match="two axes"):
        Picture("before", np.zeros((2, 2, 2)), "Before")
    with pytest.raises(ValueError, match="two axes"):
        Picture("before", np.zeros((0, 2)), "Before")
    with pytest.raises(ValueError, match="mask of picture before"):
        Picture("before", np.zeros((2, 2)), "Before", mask=np.zeros((2, 3), bool))
    with pytest.raises(ValueError, match="stretch must be"):
        Picture("before", np.zeros((2, 2)), "Before", stretch="log")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="of one shape"):
        Report("Title", pictures=[Picture(str(n), np.zeros((2, n)), "Before") for n in (1, 2)])
    with pytest.raises(ValueError, match="names of checks must be unique"):
        Report("Title", checks=[GOOD, GOOD])
    with pytest.raises(TypeError, match="diagnosis must be a sequence"):
        Report("Title", diagnosis="blurred")


def test_the_json_tells_verdict_thresholds_and_all_numbers(tmp_path: Path) -> None:
    data = {
        "magnitudes": np.array([20.0, np.nan, 22.0]),
        "counts": (np.int64(3), 4),
        "nested": {"scatter": np.float32(0.25), "infinite": math.inf, "found": np.bool_(True), "none": None},
    }
    report = Report("Title", "Sub", [GOOD, BAD, OPEN], ["It is blurred."], facts={"recipe": "amsd"}, data=data)
    report.to_json(tmp_path / "report.json")
    record = strict(tmp_path / "report.json")
    assert record == report.to_dict()
    assert record["schema"] == SCHEMA
    assert (record["passed"], record["verdict"], record["failures"]) == (False, "failed", ["bad"])
    assert record["diagnosis"] == ["It is blurred."]
    assert record["facts"] == {"recipe": "amsd"}
    assert record["data"] == {
        "magnitudes": [20.0, None, 22.0],
        "counts": [3, 4],
        "nested": {"scatter": 0.25, "infinite": None, "found": True, "none": None},
    }
    told = {check["name"]: check for check in record["checks"]}
    assert told["good"] == {
        "name": "good",
        "title": "Good",
        "value": 0.5,
        "error": 0.1,
        "low": 0.0,
        "high": 1.0,
        "unit": "px",
        "sentence": "It is small.",
        "verb": "",
        "matters": False,
        "opposite": "",
        "is_doubt": False,
        "passed": True,
        "verdict": "passed",
    }
    assert len(record["summary"]) == 2
    assert (told["bad"]["low"], told["bad"]["high"], told["bad"]["passed"]) == (None, 1.0, False)
    assert (told["open"]["value"], told["open"]["passed"]) == (None, None)


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    def report(*, turned: bool) -> Report:
        pixels = np.random.default_rng(3).normal(100, 5, (20, 30))
        chart = Chart("Flux", "Zero.", [Series("after", [1, 2], [0.1, 0.2], [0.1, 0.1])], "x", "y")
        data = {"a": 1, "b": 2} if not turned else {"b": 2, "a": 1}
        return Report("Title", checks=[GOOD], sections=[Section("Flux", [chart])], pictures=[
            Picture("before", pixels, "Before")
        ], data=data)  # fmt: skip

    for name, turned in (("first", False), ("second", True)):
        report(turned=turned).to_html(tmp_path / f"{name}.html")
        report(turned=turned).to_json(tmp_path / f"{name}.json")
    for kind in ("html", "json"):
        assert (tmp_path / f"first.{kind}").read_bytes() == (tmp_path / f"second.{kind}").read_bytes()


@pytest.mark.parametrize("kind", ["html", "json"])
def test_a_file_is_replaced_only_where_that_is_asked_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"report.{kind}"
    path.write_text("mine")
    write = getattr(Report("Title", checks=[GOOD]), f"to_{kind}")
    with pytest.raises(OutputExistsError):
        write(path)
    assert path.read_text() == "mine"
    write(path, overwrite=True)
    assert "Good" in path.read_text(encoding="utf-8")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Report) -> str:
        raise MemoryError

    monkeypatch.setattr("amsd_astro.validation.report.report.page_of", fail)
    with pytest.raises(MemoryError):
        Report("Title").to_html(tmp_path / "report.html")
    with pytest.raises(TypeError, match=r"data\.parts\[1\] cannot be told in JSON\. Received: set"):
        Report("Title", data={"parts": [1, {2}]}).to_json(tmp_path / "report.json")
    with pytest.raises(TypeError, match="keys of data must be str"):
        Report("Title", data={1: 2}).to_json(tmp_path / "report.json")  # type: ignore[dict-item]
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_verdict_and_checks() -> None:
    shown = Report("<Title>", checks=[GOOD, BAD, OPEN], diagnosis=["a < b"])._repr_html_()
    assert "&lt;Title&gt;: not passed." in shown
    assert "1 of 3 checks passed, 1 failed, 1 not judged." in shown
    assert "a &lt; b" in shown
    assert shown.count("<tr>") == 4
    for word in ("Good", "0.50 \N{PLUS-MINUS SIGN}&nbsp;0.10&nbsp;px", "at most 1", "no value", "not judged"):
        assert word in shown
