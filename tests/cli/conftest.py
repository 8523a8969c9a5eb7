"""A stand-in for the network, an exposure of known noise, and a way to run command lines."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

import amsd_astro
from amsd_astro.cli import main
from amsd_astro.cli.commands import train as command_train
from amsd_astro.frames import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.network.files.array_archive import pack_arrays
from amsd_astro.version import __version__

GAIN, READ_NOISE, SKY = 2.0, 6.0, 400.0


def write_image(path: Path, *, seed: int = 1, **cards: Any) -> Path:
    """Write an empty sky of known noise, in adu."""
    rng = np.random.default_rng(seed)
    data = (rng.poisson(SKY * GAIN, (96, 80)) + rng.normal(0, READ_NOISE, (96, 80))) / GAIN
    hdu = fits.PrimaryHDU(data.astype(np.float32))
    hdu.header.update({"BUNIT": "adu", "GAIN": GAIN, "RDNOISE": READ_NOISE, "OBJECT": "empty sky", **cards})
    hdu.writeto(path)
    return path


@pytest.fixture(name="write_image")
def write_image_fixture() -> Callable[..., Path]:
    """Give `write_image` to a test."""
    return write_image


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return write_image(tmp_path / "sky.fits")


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Three exposures of twelve stars on one grid."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:120, :130]
    stars = [(rng.uniform(10, 120), rng.uniform(10, 110), rng.uniform(300, 3000)) for _ in range(12)]
    light = sum(peak * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 5) for x0, y0, peak in stars)
    for number in range(3):
        data = rng.poisson(100 + light) + rng.normal(0, 3, (120, 130))
        fits.PrimaryHDU(data.astype("f4"), fits.Header({"GAIN": 1.0})).writeto(tmp_path / f"{number}.fits")
    return [str(tmp_path / f"{number}.fits") for number in range(3)]


class StandIn:
    """Stands in for `Denoiser`, without a network: the result is the frame's median. Remembers what it was asked."""

    made: list[StandIn] = []  # noqa: RUF012
    on_fit: Callable[[], None] | None = None
    n_kept = 3  # steps of the weights that are kept

    def __init__(self, recipe: str = "amsd", **settings: Any) -> None:
        self.recipe, self.settings, self.noise = recipe, settings, "not asked"
        self.frames: list[Frame] = []
        self.saved: Path | None = None
        self.adaptation = types.SimpleNamespace(n_steps=StandIn.n_kept)
        self.made.append(self)

    def __copy__(self) -> StandIn:
        return self

    @classmethod
    def load(cls, path: str, **settings: Any) -> StandIn:
        return cls(f"loaded from {path}", **settings)

    def fit(
        self,
        frames: Any,
        *,
        noise: Any = None,
        progress: Any = None,
        checkpoint: Any = None,
        repeats: bool = False,
        force: bool = False,
    ) -> StandIn:
        self.frames, self.noise = frames, noise
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        if self.checkpoint is not None:
            self.checkpoint.write_bytes(pack_arrays({"description": np.zeros(3, np.uint8)}))
        if StandIn.on_fit is not None:
            StandIn.on_fit()
        for done in range(3):
            progress(done + 1, 3, "training")
        return self

    def fit_denoise(
        self, frame: Frame, *, noise: Any = None, progress: Any = None, checkpoint: Any = None, force: bool = False
    ) -> Frame:
        self.fit([frame], noise=noise, progress=progress, checkpoint=checkpoint)
        data = np.full_like(frame.data, np.nanmedian(frame.data))
        result = frame.with_arrays(data, frame.uncertainty, frame.flags, None)
        assert frame.source is not None
        cards = {
            "AMSDVERS": __version__,
            "AMSDRCP": self.recipe,
            "AMSDMODE": "standard",
            "AMSDSRC": frame.source.fingerprint,
            "AMSDSTEP": 3,
        }
        result.header.update({**cards, "AMSDSEED": self.settings["seed"], "AMSDRISK": 0.04})
        result.noise = measure_noise(frame, stated=noise)
        return result

    def save(self, path: str, *, overwrite: bool = False) -> None:
        self.saved = Path(path)
        self.saved.write_bytes(b"a model")


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> type[StandIn] | None:
    """Put the stand-in in the network's place; those in `made` tell how often a network was needed."""
    if "real_network" in request.keywords:
        return None
    module = types.ModuleType("amsd_astro.denoiser")
    module.Denoiser, module.RECIPES = StandIn, ("amsd",)  # type: ignore[attr-defined]
    module.__path__ = [str(Path(amsd_astro.__file__).parent / "denoiser")]  # its other modules are the real ones
    monkeypatch.setitem(sys.modules, "amsd_astro.denoiser", module)
    monkeypatch.setattr(command_train, "import_tensorflow", lambda **_: None)
    monkeypatch.setattr(StandIn, "made", [])
    monkeypatch.setattr(StandIn, "on_fit", None)
    return StandIn


@pytest.fixture
def run() -> Callable[..., int]:
    """Run a command line in this process."""
    return lambda *words: main([str(word) for word in words])


@pytest.fixture
def json_lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Parse what was printed since the last time."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
