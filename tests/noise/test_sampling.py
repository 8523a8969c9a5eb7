"""The noise of a large frame is measured on a sample of it, that of a small one on all of it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from astropy.nddata import StdDevUncertainty

from amsd_astro.frames import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise import sampling
from amsd_astro.noise.sampling import spread_sample

GAIN, READ_NOISE, SIDE = 1.5, 5.0, 640


def take_a_third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_LARGEST_WHOLE", 2**17)
    monkeypatch.setattr(sampling, "_PIECE", 64)


@cache
def exposure() -> np.ndarray:
    """Sky of 300 e under a bright galaxy and stars, in adu."""
    rng = np.random.default_rng(11)
    y, x = np.mgrid[:SIDE, :SIDE]
    scene = 300 + 4000 * np.exp(-np.hypot(y - 250, x - 350) / 25)
    star = np.exp(-(np.hypot(*np.mgrid[-10:11, -10:11]) ** 2) / 4)
    for row, column in rng.integers(0, SIDE - 21, (60, 2)):
        scene[row : row + 21, column : column + 21] += rng.pareto(1.5) * 300 * star
    return (rng.poisson(scene) + rng.normal(0, READ_NOISE, scene.shape)) / GAIN


def test_small_frames_are_taken_whole() -> None:
    array = np.arange(600 * 600).reshape(600, 600)
    sample = spread_sample(np.zeros(array.shape, bool))
    assert sample.of(array) is array
    assert sample.inner(array.shape).all()


def test_pieces_are_spread_and_their_rims_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    take_a_third(monkeypatch)
    shape = (640, 900)
    y, x = np.mgrid[: shape[0], : shape[1]]
    sample = spread_sample(np.zeros(shape, bool))
    rows, columns = sample.of(y), sample.of(x)
    inner = sample.inner(rows.shape)
    assert inner.sum() == len(sample.places) * 64**2 <= 2**17
    assert len(set(zip(rows[inner].tolist(), columns[inner].tolist(), strict=True))) == inner.sum()
    for coordinate, n in ((rows, shape[0]), (columns, shape[1])):
        counts = np.histogram(coordinate[inner], 4, (0, n))[0]
        assert counts.min() > 0.15 * inner.sum()


def test_pieces_without_good_pixels_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    take_a_third(monkeypatch)
    mask = np.ones((640, 640), bool)
    mask[200:450, 200:450] = False
    sample = spread_sample(mask)
    assert sample.of(mask)[sample.inner(sample.of(mask).shape)].mean() < 0.5


def test_a_sample_tells_what_the_frame_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = Frame(exposure(), unit="adu")
    whole = measure_noise(frame)
    take_a_third(monkeypatch)
    part = measure_noise(frame)
    assert part.variance(whole.sky) == pytest.approx(whole.sky_variance, rel=0.03)
    assert part.sky == pytest.approx(whole.sky, abs=0.2 * np.sqrt(whole.sky_variance))
    assert part.source == whole.source == "data"
    assert part.slope == pytest.approx(whole.slope, rel=0.2)
    assert part.slope == pytest.approx(1 / GAIN, rel=0.25)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_map_of_errors_is_made_for_the_whole_frame(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    sigma = np.where(np.arange(SIDE) < share * SIDE, 4.0, 8.0) * np.ones((SIDE, 1))
    data = rng.normal(100, sigma)
    frame = Frame(data, uncertainty=StdDevUncertainty(3 * sigma))  # off by a factor
    whole = measure_noise(frame)
    take_a_third(monkeypatch)
    part = measure_noise(frame)
    assert part.source == whole.source == "variance plane"
    assert np.shape(part.floor) == data.shape
    np.testing.assert_allclose(part.floor, whole.floor, rtol=0.03)
    np.testing.assert_allclose(part.variance(100)[:, 20], 16, rtol=0.05)


def test_a_plane_without_the_photons_of_sources_gets_them() -> None:
    data = exposure()
    flat = np.full(data.shape, np.sqrt(300 + READ_NOISE**2) / GAIN)
    model = measure_noise(Frame(data, uncertainty=StdDevUncertainty(flat), unit="adu"))
    assert model.source == "data"
    assert model.slope == pytest.approx(1 / GAIN, rel=0.25)
    stated = Frame(data, uncertainty=StdDevUncertainty(flat), unit="adu", header={"GAIN": GAIN, "RDNOISE": READ_NOISE})
    assert measure_noise(stated).source == "header"
    assert measure_noise(stated).slope == pytest.approx(1 / GAIN)
    variance = measure_noise(stated).variance(300 / GAIN)
    assert float(np.median(variance)) == pytest.approx((300 + READ_NOISE**2) / GAIN**2, rel=0.05)
