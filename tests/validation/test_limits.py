"""Limits of checks, and what failed checks are said to mean."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from astropy.io import fits

from amsd_astro.frames.denoising_record import read_record
from amsd_astro.validation.diagnosis import diagnose
from amsd_astro.validation.limits import DEFAULT_LIMITS, ESSENTIAL, checked_limits, held
from amsd_astro.validation.parts import Check
from amsd_astro.validation.wording import statement

FINE = {
    "flux_bright": 0.1, "flux_middle": -0.5, "flux_faint": -3.0, "fwhm": 0.2, "depth": 0.1, "false_detections": 0.0,
    "false_mirrored": 0.0, "unsupported": 0.0, "residual_mean": 0.0, "residual_width": 0.98, "sigma_width": 1.0,
    "residual_faint": 0.1, "residual_slope": 0.0,
}  # fmt: skip


def said(*, risk: float = 0.05, **values: float) -> list[str]:
    limits = checked_limits(None)
    record = read_record(fits.Header({"AMSDVERS": "0", "AMSDRISK": risk, "AMSDRERR": 0.01}))
    return diagnose([held(Check(name, name, value), limits) for name, value in {**FINE, **values}.items()], record)


def test_nothing_is_said_of_what_passes() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"fwhm": 8.0, "flux_bright": -3.0, "flux_faint": -20.0, "unsupported": 9.0}, "blurs"),
        ({"false_detections": 20.0, "depth": -1.0}, "invents"),
        ({"false_mirrored": 20.0}, "invents"),
        ({"unsupported": 20.0}, "invents"),
        ({"flux_faint": -60.0, "depth": -0.5}, "removes faint"),
        ({"depth": -0.5}, "removes faint"),
        ({"flux_bright": -2.0, "flux_middle": -2.5, "flux_faint": -14.0}, "lose 2.0 %"),
        ({"flux_bright": 2.0, "flux_middle": 2.1}, "gain 2.0 %"),
        ({"residual_width": 0.3}, "little of the noise"),
        ({"residual_mean": 0.2}, "level of the sky"),
        ({"sigma_width": 2.0}, "too narrow"),
        ({"sigma_width": 0.5}, "too wide"),
    ],
)
def test_one_fault_is_given_one_name(values: dict[str, float], word: str) -> None:
    sentences = said(**values)
    assert len(sentences) == 1 and word in sentences[0]


def test_a_noise_model_that_is_refuted_is_the_reason() -> None:
    too_high = said(risk=-0.4, residual_width=0.3, flux_faint=-60.0)
    assert "noise was taken for more than it is" in too_high[0]
    assert not any("little of the noise" in sentence for sentence in too_high)
    (too_low,) = said(risk=1.4)
    assert "the estimated error is more than the noise" in too_low


def test_what_could_not_be_measured_is_no_fault() -> None:
    assert said(depth=math.nan, sigma_width=math.nan, fwhm=math.nan) == []


def test_limits_are_those_given_and_the_usual_ones() -> None:
    limits = checked_limits({"fwhm": (None, 5), "flux_faint": (-1.0, None)})
    assert limits["fwhm"] == (None, 5.0) and limits["flux_faint"] == (-1.0, None)
    assert {name: pair for name, pair in limits.items() if name not in ("fwhm", "flux_faint")} == {
        name: pair for name, pair in DEFAULT_LIMITS.items() if name not in ("fwhm", "flux_faint")
    }


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"size": (0, 1)}, "limits must be of"),
        ({"fwhm": (2, 1)}, "in order"),
        ({"fwhm": 3}, "two numbers"),
        ({"fwhm": (1, 2, 3)}, "two numbers"),
        ({"fwhm": ("a", None)}, "two numbers"),
        ({"fwhm": (float("nan"), None)}, "in order"),
    ],
)
def test_wrong_limits_are_refused(limits: dict[str, tuple[float, float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked_limits(limits)


def test_a_limit_does_not_give_way() -> None:
    limits = {"a": (-1.0, None)}
    assert held(Check("a", "", -1.3, 0.2), limits).verdict == "inconclusive"
    assert held(Check("a", "", -1.5, 0.2), limits).passed is False
    assert held(Check("a", "", -1.3, math.nan), limits).passed is False
    assert held(Check("b", "", -1.3), limits).passed is None
    assert held(Check("a", "", -0.9, 9.0), limits).low == -1.0


def test_what_matters_is_what_is_asked_for() -> None:
    assert set(DEFAULT_LIMITS) >= ESSENTIAL
    limits = checked_limits({"fwhm": (None, None)})
    for name in ESSENTIAL:
        assert held(Check(name, "", 1.0, 99.0), limits).verdict == ("not judged" if name == "fwhm" else "inconclusive")
    assert not held(Check("sigma_width", "", math.nan), limits).matters, "there is no map to judge"
    assert held(Check("flux_bright", "", math.nan), limits).verdict == "inconclusive"


def test_what_is_said_agrees_with_the_figures() -> None:
    (said_of_map,) = said(sigma_width=1.44)
    assert "1.44 times" in said_of_map
    (faint,) = said(flux_faint=-23.0)
    assert "lose 23 % of their flux, while bright ones keep theirs" in faint
    assert "keep" not in said(depth=-0.5)[0] and "0.5 mag" in said(depth=-0.5)[0]
    (share,) = said(residual_faint=1.1)
    assert "takes a share of faint light: 1.1 %" in share
    assert "stays" not in share, "nobody looked at extended light"
    assert "halos and outskirts, stays" in said(residual_faint=1.1, extended_light=0.3)[0]
    limits = checked_limits(None)
    values = {**FINE, "flux_bright": -2.0, "fwhm": math.nan}
    (scaled,) = diagnose([held(Check(name, name, value), limits) for name, value in values.items()])
    assert "shape" not in scaled, "nobody knows of the shape"


def test_directions_are_words_and_not_signs() -> None:
    limits = checked_limits(None)

    def told(name: str, value: float, **words: str) -> str:
        return statement(held(Check(name, "T", value, 0.001, **words), limits))  # type: ignore[arg-type]

    words = {"verb": "lowered by", "opposite": "raised by", "unit": "sigma"}
    assert told("residual_mean", -0.006, **words).startswith("T: raised by 0.0060 ")
    assert told("residual_mean", 0.006, **words).startswith("T: lowered by 0.0060 ")
    words = {"verb": "deeper by", "opposite": "less deep by", "unit": "mag"}
    assert told("depth", 0.2, **words).endswith("mag, allowed less deep by at most 0.1 mag")
    assert told("false_detections", 0.0, verb="more than chance makes:").endswith(", none allowed")


def test_a_check_beyond_its_limits_that_is_a_doubt_has_not_failed() -> None:
    (doubt, fault) = (Check("a", "A", 9.0, high=1.0, matters=True, is_doubt=one) for one in (True, False))
    assert (doubt.verdict, fault.verdict) == ("inconclusive", "failed")
    assert replace(doubt, value=0.5).passed is True
