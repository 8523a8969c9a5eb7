"""What is said of the noise before a frame is denoised."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

from amsd_astro.denoiser import Denoiser
from amsd_astro.denoiser.preparation import prepare
from amsd_astro.denoiser.provenance import asked_cards
from amsd_astro.errors import NoiseWarning
from amsd_astro.frames import Frame, read_frame
from benchmarks.scenes.structured_frames import structured_frame


def test_a_frame_that_is_denoised_already_has_errors_that_are_too_small() -> None:
    pixels = np.random.default_rng(0).normal(100, 5, (64, 64))
    with pytest.warns(NoiseWarning, match="denoised already, .* several times too small. Begin with the exposure"):
        prepare(Frame(pixels, header=fits.Header({"AMSDVERS": "0"})), None, seed=0)


def test_the_log_names_the_frame(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pixels = np.random.default_rng(0).normal(100, 5, (64, 70)).astype(np.float32)
    fits.PrimaryHDU(pixels).writeto(tmp_path / "night.fits")
    with caplog.at_level("INFO", logger="amsd_astro"):
        for frame in (read_frame(tmp_path / "night.fits"), Frame(pixels)):
            prepare(frame, None, seed=0)
    starts = [line.split(": slope")[0] for line in caplog.messages if ": slope of the noise" in line]
    assert starts == [f"{tmp_path / 'night.fits'}[0]", "a frame of 70 x 64 pixels"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("n_threads", "1"), ("n_threads", True), ("steps", 1.5), ("seed", "1"), ("flux_tolerance", "1")],
)
def test_options_of_another_kind_are_refused_by_name(option: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"{option} must be .*Received: {value!r}"):
        Denoiser(**{option: value})


def test_what_was_asked_for_is_in_the_cards() -> None:
    pixels = np.random.default_rng(0).normal(100, 5, (64, 64))
    stated = {"gain": 2 * u.electron / u.adu, "read_noise": 3}
    frame = prepare(Frame(pixels, unit="adu"), stated, seed=0)
    cards = asked_cards(8, 0.02, frame.stated)
    assert {key: value for key, (value, _) in cards.items()} == {
        "AMSDORNT": 8, "AMSDTOLF": 0.02, "AMSDSGAI": 2.0, "AMSDSRON": 3.0,
    }  # fmt: skip
    assert asked_cards(1, None, prepare(Frame(pixels), None, seed=0).stated).keys() == {"AMSDORNT"}


def test_a_model_that_is_stated_is_not_asked_for_again() -> None:
    """Of a frame that would be told to state its noise, were none stated."""
    made = structured_frame("nebula", "nothing", 10)
    with pytest.warns(NoiseWarning, match="no sky is empty: .* Better state it"):
        prepare(made.frame, None, seed=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prepare(made.frame, made.model, seed=0)
    assert not [warning for warning in caught if "no sky is empty" in str(warning.message)]
    with pytest.warns(NoiseWarning, match=r"the noise model states \d+\.\d\d times the variance"):
        prepare(made.frame, replace(made.model, slope=9 * made.model.slope, sky_variance=float("nan")), seed=0)
