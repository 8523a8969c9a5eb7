"""`denoise` in one call: what it takes of the command line, its stages, and that nothing is denoised twice unasked."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import AlreadyDenoisedError, Denoiser, Frame, NoiseModel, as_frame, denoise
from amsd_astro.cli.arguments import build_parser

IN_PYTHON = {"threads": "n_threads", "orientations": "n_orientations", "noise_model": "noise"}
OF_FILES = {"command", "files", "output", "directory", "overwrite", "skip_existing", "jobs", "scheduler"}
OF_THE_PROGRAM = {"parser", "json", "verbose", "quiet"}


def test_it_takes_what_the_command_line_takes() -> None:
    options = set(vars(build_parser().parse_args(["denoise", "a.fits"]))) - OF_FILES - OF_THE_PROGRAM
    assert {IN_PYTHON.get(name, name) for name in options} <= set(inspect.signature(denoise).parameters)
    assert len(options) > 15


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Frame, Any]]:
    """Remember the frame and the noise that a denoiser is given, which does nothing."""
    given: list[tuple[Frame, Any]] = []
    monkeypatch.setattr(Denoiser, "fit_denoise", lambda self, frame, *, noise, **_: given.append((frame, noise)))
    return given


def test_the_noise_is_stated_in_one_way(exposure: np.ndarray, asked: list[tuple[Frame, Any]]) -> None:
    whole = NoiseModel(1.0, 25.0)
    for stated in ({"gain": 1.0, "read_noise": 5.0}, {"read_noise": 5.0}, {"noise": (1.0, 25.0)}, {"noise": whole}, {}):
        denoise(exposure, **stated)
    names, read_noise, pair, model, nothing = [noise for _, noise in asked]
    assert names == {"gain": 1.0, "read_noise": 5.0} and read_noise == {"gain": None, "read_noise": 5.0}
    assert (pair.slope, pair.floor) == (1.0, 25.0) and model is whole and nothing is None
    for other in ({"gain": 1.0}, {"read_noise": 2.0}):
        with pytest.raises(ValueError, match="without gain and read_noise"):
            denoise(exposure, noise=(1.0, 25.0), **other)


def test_planes_are_named_as_for_files(exposure: np.ndarray, tmp_path: Path, asked: list[tuple[Frame, Any]]) -> None:
    bad = np.zeros(exposure.shape, np.int16)
    bad[3, 4], bad[5, 6] = 2, 1
    fits.HDUList([fits.PrimaryHDU(exposure), fits.ImageHDU(bad, name="FLAWS")]).writeto(tmp_path / "a.fits")
    fits.HDUList([fits.PrimaryHDU(bad)]).writeto(tmp_path / "flaws.fits")
    for planes in ({"mask_ext": "FLAWS"}, {"mask_file": f"{tmp_path / 'flaws.fits'}[0]"}):
        denoise(tmp_path / "a.fits", ext=0, mask_bits=2, **planes)
        assert np.argwhere(asked[-1][0].mask).tolist() == [[3, 4]]
    with pytest.raises(TypeError, match=r"mask_file is for files. Received: ndarray"):
        denoise(exposure, mask_file="flaws.fits")
    with pytest.raises(TypeError, match=r"companions is for files. Received: HDUList"):
        as_frame(fits.HDUList([fits.PrimaryHDU(exposure)]), companions=True)


def test_a_model_has_its_own_recipe(exposure: np.ndarray, fitted: Denoiser, tmp_path: Path) -> None:
    fitted.save(tmp_path / "m.npz")
    result = denoise(exposure, model=tmp_path / "m.npz", seed=2)
    np.testing.assert_array_equal(result.data, fitted.denoise(exposure).data)
    with pytest.raises(ValueError, match="recipe and model"):
        denoise(exposure, model=tmp_path / "m.npz", recipe="amsd")


def test_nothing_is_denoised_twice_unasked(exposure: np.ndarray, fitted: Denoiser, tmp_path: Path) -> None:
    once = fitted.denoise(exposure)
    once.write(tmp_path / "once.fits")
    for again in (once, tmp_path / "once.fits"):
        for deed in (fitted.denoise, fitted.fit_denoise, fitted.fit, denoise):
            with pytest.raises(
                AlreadyDenoisedError, match=r"denoised already.*; use the exposure itself, or force=True"
            ):
                deed(again)
    assert fitted.denoise(once, force=True).header["AMSDVERS"] == once.header["AMSDVERS"]
    fitted.denoise(once.multiply(1.0))  # other pixels than those that were denoised


def test_stages_are_told_in_their_order(exposure: np.ndarray, fitted: Denoiser, tmp_path: Path) -> None:
    fits.PrimaryHDU(exposure).writeto(tmp_path / "a.fits")
    fitted.save(tmp_path / "m.npz")
    seen: list[tuple[int, int, str]] = []
    denoise(tmp_path / "a.fits", model=tmp_path / "m.npz", progress=lambda *state: seen.append(state))
    assert all(0 <= done <= total and total >= 1 for done, total, _ in seen)
    assert list(dict.fromkeys(stage for *_, stage in seen)) == [
        "reading",
        "loading the network",
        "measuring the noise",
        "measuring the error that is left",
        "denoising",
    ]
    moves = [(done, total) for done, total, stage in seen if stage == "measuring the error that is left"]
    n_steps = moves[0][1]
    assert moves == sorted(set(moves)) and moves[0] == (0, n_steps) and moves[-1] == (n_steps, n_steps)
    assert len(moves) > 3


def test_a_bar_is_shown_for_true(exposure: np.ndarray, fitted: Denoiser, capsys: pytest.CaptureFixture[str]) -> None:
    fitted.denoise(exposure, progress=True)
    drawn = capsys.readouterr()
    assert drawn.out == "" and "denoising: measuring the noise" in drawn.err and "denoising: denoising" in drawn.err
    fitted.denoise(exposure, progress=False)
    assert capsys.readouterr().err == ""
