"""The examples of public names: each has one, and it says what comes."""

from __future__ import annotations

import doctest
import importlib
import inspect
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

import amsd_astro

SAMPLES = Path(__file__).parent.parent / "data_samples"
HOMES = (
    "amsd_astro",
    "amsd_astro.frames.noise",
    "amsd_astro.images",
    "amsd_astro.many",
    "amsd_astro.many.hosts.arrays",
    "amsd_astro.plotting",
    "amsd_astro.simulation",
    "amsd_astro.validation.parts",
)
HEAVY = {
    *("ModelError", "Report", "combine", "denoise", "denoise_many", "large_galaxy", "plot_calibration"),
    *("plot_comparison", "plot_residual", "run", "score_images", "validate", "write_samples"),
    *(f"Denoiser.{name}" for name in ("denoise", "denoise_image", "fit", "fit_denoise", "fit_pairs", "load", "save")),
}
"""Those that run the network or take seconds."""


def methods(kind: type) -> Iterator[str]:
    """Yield the public methods of a class that are ours."""
    for name in dir(kind) if kind is not amsd_astro.Frame else ("with_arrays", "convert_unit_to"):
        static = inspect.getattr_static(kind, name)
        function = getattr(static, "__func__", static)
        if not name.startswith("_") and inspect.isfunction(function) and function.__module__.startswith("amsd_astro"):
            yield name


def public() -> Iterator[tuple[str, Any]]:
    """Yield what is documented, and of the package's own classes the methods, too."""
    for home in HOMES:
        module = importlib.import_module(home)
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value):
                continue
            yield name, value
            if home == "amsd_astro" and inspect.isclass(value) and not issubclass(value, Exception):
                yield from ((f"{name}.{method}", getattr(value, method)) for method in methods(value))


PUBLIC = dict(public())


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that examples name: two exposures of 96 x 96 pixels, and a folder with one image."""
    folder = tmp_path_factory.mktemp("night")
    for number, name in ((1, "exposure"), (2, "another")):
        with fits.open(SAMPLES / f"galaxy_field_{number}.fits", memmap=False) as hdus:
            for hdu in hdus:
                hdu.data = hdu.data[:96, :96]
            hdus.writeto(folder / f"{name}.fits")
    y, x = np.mgrid[:64, :64]
    star = 0.2 + 0.7 * np.exp(-((y - 30) ** 2 + (x - 33) ** 2) / 50)
    (folder / "images").mkdir()
    np.save(folder / "images" / "star.npy", star[..., None].astype(np.float32))
    return folder


def test_all_that_is_documented_has_an_example() -> None:
    assert len(PUBLIC) > 90 and set(PUBLIC) >= HEAVY
    assert [name for name, value in PUBLIC.items() if "Examples\n" not in (inspect.getdoc(value) or "")] == []


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in HEAVY else name for name in PUBLIC]
)
def test_examples_say_what_comes(name: str, night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(night, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    text = inspect.getdoc(PUBLIC[name]) or ""
    if "denoised.fits" in text:
        amsd_astro.denoise("exposure.fits", mode="fast").write("denoised.fits")
    case = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", amsd_astro.AmsdWarning)  # so small a frame is odd
        failed = doctest.DocTestRunner(verbose=False).run(case, out=said.append).failed
    assert case.examples and not failed, "".join(said)
