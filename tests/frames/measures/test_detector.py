"""What stands behind a noise model: gain, read noise and pedestal, where they can be told."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro import Frame, NoiseModel
from amsd_astro.frames.measures.detector import Detector, detector_of

PIXELS = np.full((20, 20), 1300.0)


def found(noise: NoiseModel, read_noise: float | None = None, **cards: float) -> Detector:
    return detector_of(Frame(PIXELS, header=cards, unit="adu"), noise, read_noise=read_noise)


def test_what_the_read_noise_leaves_over_is_a_pedestal() -> None:
    raw = NoiseModel(0.5, (4 / 2) ** 2 - 0.5 * 1000, sky=1300.0)
    told = found(raw, GAIN=2.0, RDNOISE=4.0)
    assert (told.gain, told.read_noise_source, told.pedestal_is_known) == (2.0, "header", True)
    assert told.read_noise == pytest.approx(4) and told.pedestal == pytest.approx(1000)
    assert told.sky_electrons == pytest.approx(600)
    assert found(raw, read_noise=0.0).pedestal == pytest.approx(992)


def test_without_a_read_noise_there_are_bounds() -> None:
    low = found(NoiseModel(0.5, -496.0, sky=1300.0))
    assert low.pedestal == pytest.approx(992) and not low.pedestal_is_known and low.read_noise is None
    high = found(NoiseModel(0.5, 4.0, sky=300.0))
    assert high.read_noise == pytest.approx(4) and high.read_noise_source == "data" and high.pedestal is None


def test_what_cannot_be_told_is_not_told() -> None:
    assert found(NoiseModel(0.0, 25.0, sky=1300.0)) == Detector()
    assert found(NoiseModel(0.5, 400.0, sky=0.3), GAIN=2.0, RDNOISE=4.0) == Detector(2.0), "the sky was taken off"
    assert found(NoiseModel(0.5, 4.0, sky=300.0, source="assumed"), RDNOISE=4.0) == Detector(2.0)
