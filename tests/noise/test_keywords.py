"""What headers state of the noise, in the many ways they do."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.errors import AmsdWarning
from amsd_astro.frames import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.keywords import noises_by_keywords, zero_is_known


def stated(unit: str, **cards: Any) -> list[tuple[float, float]]:
    """Slopes and floors; of a card its value, or value and comment."""
    known = {key: value if isinstance(value, tuple) else (value, "") for key, value in cards.items()}
    return [(one.slope, float(one.floor)) for one in noises_by_keywords(known.get, unit)]


@pytest.mark.parametrize(
    ("unit", "cards", "slope", "read_noise"),
    [
        ("adu", {"GAIN": 2.0, "RDNOISE": 6.0}, 0.5, 3.0),
        ("", {"ADCGAIN": 5.4}, 1 / 5.4, 0.0),
        ("adu", {"GAINA": 3.8, "GAINB": 4.2, "RDNOISEA": 6.0, "RDNOISEB": 10.0}, 0.25, 2.0),
        ("adu", {"CELL.GAIN": 1.04, "CELL.READNOISE": 5.2}, 1 / 1.04, 5.0),
        ("adu", {"GAIN": "2.0 "}, 0.5, 0.0),
        ("electron", {"RDNOISE": 5.0}, 1.0, 5.0),
        ("electron / s", {"EXPTIME": 50.0, "RDNOISE": 5.0}, 1 / 50, 0.1),
        ("electron / s", {"EXPTIME": "50.0"}, 1 / 50, 0.0),
        ("ct / s", {"GAIN": 2.0, "EXPTIME": 50.0, "RDNOISE": 6.0}, 1 / 100, 0.06),
        ("adu / s", {"GAIN": 2.0, "EXPOSURE": (1.0, "[min] on source")}, 1 / 120, 0.0),
        ("electron / s", {"EXPOSURE": (0.0165, "[d] time on source")}, 1 / (0.0165 * 86400), 0.0),
        ("electron / s", {"EXPOSURE": (0.0165, "exposure in days")}, 1 / (0.0165 * 86400), 0.0),
        ("electron / s", {"EXPOSURE": 0.0165, "TELESCOP": "TESS"}, 1 / (0.0165 * 86400), 0.0),
        ("electron / s", {"EXPTIME": 30.0, "EXPOSURE": (1425.6, "(seconds)")}, 1 / 1425.6, 0.0),
        ("electron / s", {"EXPTIME": 30.0, "EXPOSURE": 29.9}, 1 / 30, 0.0),
    ],
)
def test_what_is_stated_is_found(unit: str, cards: dict[str, Any], slope: float, read_noise: float) -> None:
    (found,) = stated(unit, **cards)
    assert found == pytest.approx((slope, read_noise**2))


def test_nothing_is_found_where_nothing_is_stated() -> None:
    for unit, cards in (
        ("adu", {}), ("electron / s", {}), ("adu / s", {"GAIN": 2.0}), ("MJy / sr", {"GAIN": 2.0, "EXPTIME": 9.0}),
        ("Jy / beam", {"GAIN": 2.0}), ("nJy", {"GAIN": 2.0}),
    ):  # fmt: skip
        assert stated(unit, **cards) == []


def test_what_is_implausible_is_told_and_the_next_is_tried() -> None:
    with pytest.warns(
        AmsdWarning, match=r"GAIN must be a number above 0\.001 and below 1000, ignored\. Received: 'high'"
    ):
        assert stated("adu", GAIN="high", EGAIN=4.0) == [(0.25, 0.0)]


def test_of_two_gains_the_one_that_the_data_allow_is_used() -> None:
    rng = np.random.default_rng(1)
    scene = np.full((200, 220), 2000.0)
    scene[60:140, 60:160] += 8000 * rng.random((80, 100))
    data = (rng.poisson(scene) + rng.normal(0, 5, scene.shape)) / 4.0
    header = fits.Header({"GAIN": 180, "EGAIN": 4.0, "RDNOISE": 5.0, "BUNIT": "adu"})
    noise = measure_noise(Frame(data.astype(np.float32), unit="adu", header=header))
    assert noise.source == "header" and noise.slope == pytest.approx(0.25)


def test_radio_maps_have_no_photon_noise() -> None:
    rng = np.random.default_rng(2)
    data = rng.normal(0, 2e-4, (128, 128))
    data[40:44, 50:54] += 8
    noise = measure_noise(Frame(data, unit="Jy/beam", header=fits.Header({"GAIN": 2.0})))
    assert (noise.source, noise.slope) == ("unit", 0.0)
    assert noise.variance(8.0) == pytest.approx(noise.sky_variance)


def test_what_is_odd_behind_the_gain_that_is_used_is_not_told() -> None:
    data = np.random.default_rng(7).poisson(800, (96, 80)).astype(np.float32) / 2
    frame = Frame(data, unit="adu", header=fits.Header({"GAIN": 2.0, "EGAIN": "odd"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert measure_noise(frame).source == "header"


def test_the_mean_of_several_exposures_has_their_gain_times_their_number() -> None:
    plain, averaged = stated("adu", GAIN=2.0, RDNOISE=6.0, NCOMBINE=4)
    assert plain == pytest.approx((0.5, 9.0))
    assert averaged == pytest.approx((0.125, 2.25))
    assert len(stated("adu", GAIN=2.0, NCOMBINE=1)) == 1


@pytest.mark.parametrize(
    ("unit", "cards", "known"),
    [
        ("ct / s", {}, True), ("electron", {}, True), ("adu", {}, False), ("", {"OVERSCAN": 32}, False),
        ("adu", {"DARKCOR": "Done with: dark.fit[4]"}, True), ("adu", {"DARKCORR": "OMIT"}, False),
        ("", {"DESOSCN": "Sat Jul 13 01:15:08 2019"}, True), ("adu", {"BIASCORR": "PERFORM"}, False),
        ("adu", {"SUBBIAS": True}, True),
    ],
)  # fmt: skip
def test_where_zero_is_known_to_be_zero(unit: str, cards: dict[str, Any], known: bool) -> None:
    assert zero_is_known({key: (value, "") for key, value in cards.items()}.get, unit) is known


def _averaged(n: int, *, pedestal: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    return np.mean([rng.poisson(2000 * 4.5, (300, 300)) / 4.5 for _ in range(n)], axis=0) + pedestal


def test_level_and_variance_bound_the_slope_where_zero_is_known() -> None:
    cards = {"GAIN": 4.5, "DARKCOR": "Done"}
    noise = measure_noise(Frame(_averaged(2), unit="adu", header=fits.Header(cards)))
    assert noise.slope <= 1.01 * noise.sky_variance / noise.sky  # 0.111; the header has 0.222
    assert noise.source == "assumed"
    noise = measure_noise(Frame(_averaged(2), unit="adu", header=fits.Header({**cards, "NCOMBINE": 2})))
    assert (noise.source, noise.slope) == ("header", pytest.approx(1 / 9))
    plain = measure_noise(Frame(_averaged(1, pedestal=500), unit="adu", header=fits.Header({"GAIN": 4.5})))
    assert (plain.source, plain.slope) == ("header", pytest.approx(1 / 4.5))
