"""Gain and read noise as quantities."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u

from amsd_astro.frames import Frame
from amsd_astro.frames.measures.stated_quantities import without_units
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.model import NoiseModel


def test_quantities_are_converted_to_the_unit_of_the_frame() -> None:
    for unit in (u.adu, u.ct, u.dimensionless_unscaled, None):
        stated = without_units({"gain": 2.1 * u.electron / u.adu, "read_noise": 5 * u.electron}, unit)
        assert stated == {"gain": 2.1, "read_noise": 5.0}
    stated = without_units({"gain": 2 * u.electron / u.Jy, "read_noise": 5 * u.dimensionless_unscaled}, u.mJy)
    assert stated == {"gain": pytest.approx(0.002), "read_noise": 5}
    for plain in (None, NoiseModel(0.5, 3.0), {"gain": 2.1, "read_noise": None}):
        assert without_units(plain, u.adu) is plain or without_units(plain, u.adu) == plain


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("gain", 2 * u.adu / u.electron, r"gain must be in electron / adu\. Received: 2\.0 adu / electron"),
        ("read_noise", 3 * u.adu, r"read_noise must be in electron\. Received: 3\.0 adu"),
    ],
)
def test_quantities_of_other_units_are_refused_by_name(name: str, value: u.Quantity, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        without_units({name: value}, u.adu)


def test_the_noise_is_that_of_plain_numbers() -> None:
    frame = Frame(np.random.default_rng(0).poisson(400.0, (64, 64)) / 2.0, unit="adu")
    stated = {"gain": 2.0, "read_noise": 3.0}
    quantities = {"gain": 2.0 * u.electron / u.adu, "read_noise": 3.0 * u.electron}
    assert measure_noise(frame, stated=quantities) == measure_noise(frame, stated=stated)
