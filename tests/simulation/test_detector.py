"""Detector and cosmic rays: what is counted, clipped and marked."""

import numpy as np
import pytest

from amsd_astro.simulation import (
    BAD_COLUMN,
    COSMIC_RAY,
    SATURATED,
    BadColumn,
    Detector,
    draw_bad_columns,
    draw_cosmic_rays,
    sky_background,
)


@pytest.mark.parametrize(
    ("electrons", "detector"),
    [
        (3.0, Detector(gain=0.5, read_noise=0.0, pedestal=100.0)),
        (40.0, Detector(gain=2.0, read_noise=8.0, pedestal=300.0)),
        (20_000.0, Detector(gain=1.3, read_noise=4.0, pedestal=1000.0)),
        (3.0, Detector(gain=4.0, read_noise=2.0, pedestal=0.0, n_bits=None)),
    ],
)
def test_mean_and_variance_are_the_model(electrons: float, detector: Detector) -> None:
    expected = np.full((400, 400), electrons)
    data, mask = detector.read_out(expected, np.random.default_rng(0))
    assert not mask.any()
    adu = float(detector.to_adu(electrons))
    variance = float(detector.variance(adu))
    assert data.mean() == pytest.approx(adu, abs=5.0 * np.sqrt(variance) / 400.0)
    assert data.astype(float).var() == pytest.approx(variance, rel=0.02)
    assert float(detector.to_electrons(adu)) == pytest.approx(electrons)


def test_charge_spills_along_the_column_and_is_kept() -> None:
    detector = Detector(gain=2.0, read_noise=0.0, pedestal=10.0, full_well=1000.0)
    electrons = np.zeros((41, 5))
    electrons[20, 2] = 8000.0
    data, mask = detector.read_out(electrons, np.random.default_rng(1))
    charge = (data.astype(float) - 10.0) * 2.0
    assert charge.max() == 1000.0
    assert charge.sum() == pytest.approx(8000.0, abs=6.0 * np.sqrt(8000.0))
    assert not charge[:, [0, 1, 3, 4]].any()
    assert np.array_equal(charge[:, 2] > 0.0, (mask[:, 2] & SATURATED) > 0)
    np.testing.assert_allclose(charge[20 - np.arange(3), 2], charge[20 + np.arange(3), 2])


def test_sixteen_bits_clip_at_both_ends() -> None:
    detector = Detector(gain=1.0, read_noise=50.0, pedestal=0.0, full_well=1e6, blooming=False)
    electrons = np.zeros((50, 50))
    electrons[:, 25:] = 70_000.0
    data, mask = detector.read_out(electrons, np.random.default_rng(2))
    assert data.dtype == np.uint16
    assert (data[:, 25:] == 65535).all()
    assert (mask[:, 25:] == SATURATED).all()
    assert (data[:, :25] == 0).mean() == pytest.approx(0.5, abs=0.06)
    assert not mask[:, :25].any()


def test_bad_columns_are_bad_and_marked() -> None:
    columns = (BadColumn(3, 10), BadColumn(7, 0, 1.0, 900.0))
    detector = Detector(gain=1.0, read_noise=0.0, pedestal=100.0, bad_columns=columns)
    data, mask = detector.read_out(np.full((30, 12), 400.0), np.random.default_rng(3))
    assert (data[10:, 3] == 100).all()
    assert data[:10, 3].mean() == pytest.approx(500.0, abs=40.0)
    assert data[:, 7].mean() == pytest.approx(1400.0, abs=40.0)
    expected = np.zeros((30, 12), dtype=np.uint8)
    expected[10:, 3] = expected[:, 7] = BAD_COLUMN
    assert np.array_equal(mask, expected)


def test_drawn_bad_columns_are_distinct_and_inside() -> None:
    columns = draw_bad_columns(np.random.default_rng(4), (40, 30), 12)
    assert len({c.x for c in columns}) == 12
    assert all(0 <= c.x < 30 and 0 <= c.first_row < 40 for c in columns)


def test_cosmic_rays_are_sparse_sharp_and_marked() -> None:
    rays = draw_cosmic_rays(np.random.default_rng(5), (256, 256), 20)
    struck = rays > 0.0
    assert 40 < struck.sum() < 1500
    assert rays.min() == 0.0
    # About the path lengths times the charge of a pixel's path.
    assert 20 * 2000.0 < rays.sum() < 20 * 40_000.0
    _, mask = Detector().read_out(np.full((256, 256), 50.0), np.random.default_rng(6), cosmic_rays=rays)
    assert np.array_equal((mask & COSMIC_RAY) > 0, np.rint(rays) > 0.0)
    assert not draw_cosmic_rays(np.random.default_rng(5), (8, 8), 0).any()


def test_the_sky_has_its_level_and_gradient() -> None:
    sky = sky_background((50, 81), 200.0, gradient=0.1, angle=0.0, bowl=0.02)
    assert sky.mean() == pytest.approx(200.0)
    assert (sky[:, -1] - sky[:, 0]).mean() == pytest.approx(20.0)
    assert sky[0, 0] + sky[0, -1] > sky[25, 0] + sky[25, -1]
    assert sky_background((1, 1), 5.0) == pytest.approx(5.0)


@pytest.mark.parametrize(("name", "value"), [("gain", 0.0), ("full_well", -1.0), ("read_noise", -1.0), ("n_bits", 17)])
def test_nonsense_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must .*Received"):
        Detector(**{name: value})
