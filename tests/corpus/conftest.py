"""The command line with all of the package but the network, which is replaced by one that costs nothing."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The tests are no package: this is how their shared modules are found.
sys.path.insert(0, str(Path(__file__).parent))

from round_trip import RoundTrip, unpacked
from still_network import StillNetwork

import amsd_astro.denoiser.methods  # noqa: F401 - it asks for TensorFlow, which is barred later
from amsd_astro import denoiser
from amsd_astro.cli import main

Report = dict[str, Any]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Report]:
    """Run `amsd-astro denoise` in this process and return its report; TensorFlow cannot be imported meanwhile."""
    for name in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, name, None)

    def load(cls: type[denoiser.Denoiser], path: str, /, **settings: Any) -> denoiser.Denoiser:
        made = cls(**settings)
        made._model, made.engine = StillNetwork(), "litert"  # type: ignore[assignment]
        return made

    monkeypatch.setattr(denoiser.Denoiser, "load", classmethod(load))
    model = tmp_path_factory.getbasetemp() / "model.npz"
    model.write_bytes(b"weights")

    def run(*words: str) -> Report:
        capsys.readouterr()
        status = main(["denoise", "--model", str(model), "--steps", "0", "--json", "-q", *words])
        seen = capsys.readouterr()
        assert "Traceback" not in seen.err and "internal error" not in seen.err
        report: Report = json.loads(seen.out)
        assert report["status"] == status and report["ok"] == (status == 0)
        return report

    return run


@pytest.fixture
def travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Report]) -> Callable[..., RoundTrip]:
    """Send a file through the command line, twice, in a folder of its own."""

    def travel(name: str, body: bytes, image: int, *words: str) -> RoundTrip:
        folder = tmp_path / "in"
        folder.mkdir()
        monkeypatch.chdir(folder)
        Path(name).write_bytes(body)
        before = os.stat(name)
        report, again = (run(f"./{name}", "-o", out, *words) for out in ("out.fits", "again.fits"))
        assert report["ok"] and again["ok"], report["message"] + again["message"]
        assert sorted(os.listdir()) == sorted([name, "out.fits", "again.fits"])
        after = os.stat(name)
        assert Path(name).read_bytes() == body and after.st_mtime_ns == before.st_mtime_ns
        result = Path("out.fits").read_bytes()
        assert Path("again.fits").read_bytes() == result
        return RoundTrip(unpacked(body), result, image, tuple(of_the_file(report["warnings"])))

    return travel


def of_the_file(warned: list[str]) -> list[str]:
    """What was warned of the file: that most of these frames have no gain is of their noise."""
    return [text for text in warned if not text.startswith("nothing tells the gain")]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Pass over what astropy says of odd files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
