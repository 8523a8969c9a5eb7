"""`validate` of several exposures: their mean is validated, and the report shows each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import Frame, validate
from amsd_astro.denoiser import Denoiser
from amsd_astro.frames.extensions.combination import COMBINED_KEYWORD

SHAPE = (150, 160)


def exposures() -> list[Frame]:
    """Two exposures of some stars, the second through clouds."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    stars = [(rng.uniform(10, 150), rng.uniform(10, 140), rng.uniform(300, 4000)) for _ in range(20)]
    light = sum(peak * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 5) for x0, y0, peak in stars)
    header = fits.Header({"GAIN": 1.0})
    return [Frame((rng.poisson(300 + share * light)).astype("f4"), unit="adu", header=header) for share in (1.0, 0.5)]


@pytest.mark.slow
def test_a_report_of_several(tmp_path: Path) -> None:
    report = validate(exposures(), denoiser=Denoiser(steps=0), n_sources=20)
    told = report.to_dict()
    assert [row["NAME"] for row in told["data"]["exposures"]] == ["exposure 1", "exposure 2"]
    assert told["data"]["exposures"][1]["LIGHT"] == pytest.approx(0.5, abs=0.05)
    assert told["data"]["noise"]["source"] == "exposures"
    report.to_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "exposure 2" in page
    assert COMBINED_KEYWORD not in exposures()[0].header


def test_ext_and_mask_are_for_one() -> None:
    with pytest.raises(TypeError, match="list"):
        validate(exposures(), ext=1)
