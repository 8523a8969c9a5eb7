"""What objects say of themselves at a prompt, and what tab completion offers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import Denoiser, Frame, NoiseModel, Report, measure_noise, read_frame
from amsd_astro.validation.parts import Check

CARDS = {"AMSDVERS": "1.0", "AMSDRCP": "amsd", "AMSDMODE": "fast", "AMSDSTEP": 0, "AMSDRISK": 0.04, "AMSDFLUX": -1.0}


@pytest.fixture
def frame(tmp_path: Path) -> Frame:
    data = np.random.default_rng(1).normal(100, 5, (60, 50)).astype(np.float32)
    data[3, 4] = np.nan
    fits.PrimaryHDU(data, fits.Header({"BUNIT": "adu", "OBJECT": "M 31"})).writeto(tmp_path / "night.fits")
    return read_frame(tmp_path / "night.fits")


def report() -> Report:
    checks = [Check("sky", "Level of the sky", 0.1, high=1.0), Check("flux_faint", "Faint flux", -20.0, low=-5.0)]
    return Report("What denoising did to a.fits", "50 x 60 pixels", checks, diagnosis=["Too strong."] * 40)


def objects(frame: Frame) -> dict[str, Any]:
    described = Frame(frame, header=fits.Header({**dict(frame.header), **CARDS}))
    described.noise = measure_noise(frame)
    model = NoiseModel(0.5, np.full((60, 50), -3.0), sky=100.0, correlation=np.outer([0.2, 1, 0.2], [0.3, 1, 0.3]))
    return {
        "Frame": described,
        "NoiseModel": model,
        "Denoiser": Denoiser(mode="fast", seed=3, flux_tolerance=0.02),
        "Report": report(),
    }


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Frame", ["M 31", "night.fits[0]", "50 x 60 pixels", "adu", "masked: 1 pixels", "sky: ", "amsd", "mode fast"]),
        ("NoiseModel", ["0.5 * signal - 3", "caller", "sky: 100", "0.300 along x", "0.200 along y"]),
        ("Denoiser", ["recipe amsd", "mode fast", "1 orientation,", "0.02", "seed 3", "those of the package"]),
        ("Report", ["a.fits: failed", "2 checks, 1 failed: flux_faint", "Too strong."]),
    ],
)
def test_ten_lines_say_what_it_is(kind: str, said: list[str], frame: Frame) -> None:
    text = repr(objects(frame)[kind])
    assert 2 < len(text.splitlines()) <= 10 and max(map(len, text.splitlines())) < 160
    assert all(line.isprintable() for line in text.splitlines())
    assert [word for word in said if word not in text] == []
    assert text.startswith("<") and text.endswith(">") and kind in text.replace("Denoised frame", "Frame")


def test_a_bare_frame_has_a_repr_too() -> None:
    for odd in (Frame(np.ones((3, 4))), Frame(np.ones((3, 4)))[1], Frame(np.full((2, 2), np.nan))):
        assert repr(odd).startswith("<Frame\n size: ")
    spoiled = Frame(np.ones((3, 4)), header=fits.Header.fromstring("AMSDVERS= no quotes".ljust(80)))
    assert "size: 4 x 3" in repr(spoiled)


def test_a_denoiser_says_where_its_weights_are_from() -> None:
    assert "weights: none yet" in repr(Denoiser("thesis"))


@pytest.mark.parametrize("kind", ["Frame", "NoiseModel", "Denoiser", "Report"])
def test_completion_offers_public_names_alone(kind: str, frame: Frame) -> None:
    one = objects(frame)[kind]
    offered = dir(one)
    assert not [name for name in offered if name.startswith("_")]
    wanted = {
        "Frame": {"data", "mask", "noise", "write", "wcs"},
        "NoiseModel": {"slope", "floor", "from_gain", "variance"},
        "Denoiser": {"fit", "denoise", "save", "load", "mode", "steps", "adaptation"},
        "Report": {"verdict", "passed", "to_html", "checks"},
    }
    assert wanted[kind] <= set(offered)


def test_completion_of_the_package() -> None:
    import amsd_astro.fits.scanning

    assert dir(amsd_astro) == sorted(amsd_astro.__all__)
    assert {"plan_injection", "inject", "detect", "measure_noise", "measure_psf"} <= set(dir(amsd_astro))
