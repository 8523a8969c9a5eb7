"""A program that raises on every floating-point error can use the package; pixels that are no numbers are no errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import Denoiser, Frame, as_frame, denoise, read_frame, validate
from amsd_astro.frames import refuse_unsuitable
from amsd_astro.frames.noise import measure_noise
from amsd_astro.frames.suitability import tell_doubts
from amsd_astro.plotting import plot_comparison, plot_residual, save_figure

SAMPLE = Path(__file__).parents[1] / "data_samples" / "star_cluster_1.fits"


def _frame() -> Frame:
    return read_frame(SAMPLE)[100:260, 60:230]


def _plain() -> np.ndarray:
    return np.random.default_rng(0).normal(50, 5, (80, 90)).astype(np.float32)


@pytest.mark.parametrize(
    "use",
    [
        lambda folder: measure_noise(read_frame(SAMPLE)),
        lambda folder: as_frame(np.where(np.eye(80, 90), np.nan, _plain())),
        lambda folder: denoise(_frame(), steps=0).write(folder / "a.fits"),
        lambda folder: Denoiser(steps=0).fit_denoise(_frame())._repr_html_(),
        lambda folder: plot_residual(_frame(), denoise(_frame(), steps=0)),
        lambda folder: Denoiser(steps=2).fit(_plain()),
        lambda folder: validate(_frame(), denoiser=lambda frame: frame)._repr_html_(),
    ],
    ids=["noise", "frame", "write", "html", "plot", "fit", "validate"],
)
def test_floating_point_errors_of_ours_are_not_the_callers(use: Callable[[Path], Any], tmp_path: Path) -> None:
    with np.errstate(all="raise"):
        use(tmp_path)
        assert np.geterr() == dict.fromkeys(("divide", "over", "under", "invalid"), "raise")


def _with_signals(pixels: np.ndarray, dtype: str) -> np.ndarray:
    """Pixels some of which are NaN that signal: an invalid value for whoever computes with them."""
    pixels = pixels.astype(dtype)
    bits, signal = ("u4", 0x7FA00001) if dtype == "f4" else ("u8", 0x7FF4000000000001)
    pixels.view(bits)[3::20, 5::30] = signal
    return pixels


def _show(frame: Frame, folder: Path) -> None:
    result = denoise(frame, steps=0)
    for plot in (plot_residual, plot_comparison):
        save_figure(plot(frame, result), folder / f"{plot.__name__}.png")
    assert result._repr_html_()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    "use",
    [
        lambda frame, folder: tell_doubts(frame, measure_noise(frame), stacklevel=2),
        lambda frame, folder: refuse_unsuitable(frame),
        lambda frame, folder: validate(frame, denoiser=lambda frame: frame, repeat=frame[:, ::-1]).to_html(
            folder / "a.html"
        ),
        _show,
    ],
    ids=["noise", "suitability", "report", "figures"],
)
def test_signalling_nan_are_bad_pixels_like_others(
    use: Callable[[Frame, Path], Any], dtype: str, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).normal(50, 5, (230, 240))
    pixels[100:104, 100:104] += 400
    planes = {"SCI": pixels, "ERR": np.full(pixels.shape, 5.0)}
    hdus = [fits.ImageHDU(_with_signals(values, dtype), name=name) for name, values in planes.items()]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(tmp_path / "a.fits")
    frame = read_frame(tmp_path / "a.fits")
    n_nan = np.count_nonzero(np.isnan(frame.data))
    assert n_nan == 96 == frame.mask.sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        use(frame, tmp_path)
