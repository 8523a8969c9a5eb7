"""The variance-stabilizing transform against Monte Carlo truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsd_astro.noise.stabilization import Stabilizer


def _exposures(mean: float, slope: float, read_noise: float, n: int = 400_000) -> np.ndarray:
    rng = np.random.default_rng(1)
    return slope * rng.poisson(mean / slope, n) + rng.normal(0, read_noise, n)


@pytest.mark.parametrize("mean", [30.0, 100.0, 3000.0, 1e6])
@pytest.mark.parametrize("slope", [0.3, 1.0, 2.0])
def test_noise_becomes_unit_gaussian(mean: float, slope: float) -> None:
    values = Stabilizer(slope, 9.0, mean).forward(_exposures(mean, slope, 3.0))
    assert np.std(values) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("mean", [5.0, 20.0, 100.0, 1e5])
def test_inverse_of_the_expected_value_is_unbiased(mean: float) -> None:
    slope, read_noise = 1.0, 4.0
    stabilizer = Stabilizer(slope, read_noise**2, 50.0)
    values = stabilizer.forward(_exposures(mean, slope, read_noise)).astype(float)
    sigma = np.sqrt(slope * mean + read_noise**2)
    assert stabilizer.inverse(values.mean()) == pytest.approx(mean, abs=0.02 * sigma)


def test_posterior_variance_restores_the_mean_of_uncertain_estimates() -> None:
    stabilizer = Stabilizer(1.0, 0.0, 100.0)
    scatter = np.random.default_rng(2).normal(3.0, 1.5, 200_000)
    truths = stabilizer.inverse(scatter)
    assert stabilizer.inverse(3.0, 1.5**2) == pytest.approx(truths.mean(), rel=1e-3)


@given(
    slope=st.floats(1e-6, 50),
    floor=st.floats(1e-3, 1e6),
    reference=st.floats(-100, 1e7),
    z=st.floats(-50, 1e4),
)
def test_forward_and_inverse_are_monotone_and_agree(slope: float, floor: float, reference: float, z: float) -> None:
    stabilizer = Stabilizer(slope, floor + 4 * slope**2 + slope * abs(reference), reference)
    step = 1e-3 * max(1.0, abs(z))
    low, high = stabilizer.inverse(z), stabilizer.inverse(z + step)
    assert high > low
    assert (high - low) / step == pytest.approx(float(stabilizer.derivative(z + step / 2)), rel=0.35)


def test_no_slope_is_division_by_sigma() -> None:
    stabilizer = Stabilizer(0.0, 16.0, 1000.0)
    values = np.array([900.0, 1000.0, 1e6])
    np.testing.assert_allclose(stabilizer.forward(values), (values - 1000) / 4, rtol=1e-6)
    np.testing.assert_allclose(stabilizer.inverse((values - 1000) / 4), values)


def test_small_slopes_pass_smoothly_into_none() -> None:
    values = np.linspace(900, 1100, 5)
    almost = Stabilizer(1e-9, 16.0, 1000.0).forward(values)
    np.testing.assert_allclose(almost, Stabilizer(0.0, 16.0, 1000.0).forward(values), rtol=1e-5)


def test_pedestals_cost_no_digits() -> None:
    values = np.linspace(-5, 5, 11)
    plain = Stabilizer(0.0, 1.0, 0.0).forward(values)
    raised = Stabilizer(0.0, 1.0, 1e7).forward(values + 1e7)
    np.testing.assert_allclose(raised, plain, atol=1e-6)


def test_values_far_below_zero_are_not_clipped() -> None:
    stabilizer = Stabilizer(1.0, 1.0, 10.0)
    values = stabilizer.forward(np.array([-100.0, -50.0, -10.0]))
    assert np.all(np.diff(values) > 1)
    assert np.all(np.isfinite(stabilizer.inverse(values)))
    assert np.all(np.diff(stabilizer.inverse(values)) > 1)


def test_steps_of_a_floor_map_do_not_show_on_the_sky() -> None:
    floor = np.where(np.arange(64) < 32, 4.0, 100.0) * np.ones((64, 1))
    stabilizer = Stabilizer(0.5, floor, 20.0)
    assert np.all(stabilizer.forward(np.full((64, 64), 20.0)) == 0)
    np.testing.assert_allclose(stabilizer.derivative(np.zeros((64, 64))) ** 2, 10 + floor + 0.375 * 0.25)


@pytest.mark.parametrize("slope", [0.0, 1.0])
@pytest.mark.parametrize("value", [1e300, -1e300, float(np.finfo(np.float32).min)])
def test_no_value_becomes_infinite(slope: float, value: float) -> None:
    z = Stabilizer(slope, 9.0, 100.0).forward(np.array([[value, 100.0]]))
    assert np.isfinite(z).all() and np.isfinite(z * z.dtype.type(1e6)).all() and z[0, 1] == 0
