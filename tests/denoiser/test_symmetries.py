"""What is done to a frame is done to its result: moved, mirrored, turned, scaled, lifted. Weights as they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amsd_astro import Denoiser, Frame, NoiseModel
from amsd_astro.network.amsd import calibrate
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.held_out_risk import Adaptation

SLOPE, FLOOR, SKY, STRIDE = 0.5, 30.0, 400.0, 8
SIGMA = np.sqrt(SLOPE * SKY + FLOOR)
TOLERANCE = 2e-4  # of the sky's noise
REACH = 80  # pixels from the edge that the mirror image beyond it touches

FEW = settings(max_examples=4, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def _unmeasured() -> Iterator[None]:
    """Flux and risk are measured with noise that does not turn with the frame: both are left out."""
    with pytest.MonkeyPatch.context() as patch:
        known = Adaptation(0, None, FrameCalibration(variance_scale=1.0))
        patch.setattr(calibrate, "measure_on", lambda *args, **options: known)
        yield


@cache
def untrained() -> Denoiser:
    denoiser = Denoiser(steps=0, n_orientations=8, flux_tolerance=1)
    architecture = AmsdArchitecture((4, 8, 8), 4)
    first = MultiscaleModel(architecture, seed=1).get_weights()
    rng = np.random.default_rng(2)  # the last layer begins as zero: it would do nothing
    weights = [w if w.any() else rng.normal(0, 0.3, w.shape) for w in first]
    denoiser._model = MultiscaleModel(architecture, weights=weights)
    return denoiser


@cache
def exposure() -> np.ndarray:
    rng = np.random.default_rng(9)
    y, x = np.mgrid[:240, :200]
    scene = SKY + 3000 * np.exp(-np.hypot(y - 120, x - 90) / 12)
    return rng.normal(scene, np.sqrt(SLOPE * scene + FLOOR))


def denoised(data: np.ndarray, *, scale: float = 1.0, pedestal: float = 0.0) -> Frame:
    noise = NoiseModel(
        scale * SLOPE,
        scale**2 * FLOOR - scale * SLOPE * pedestal,
        sky=scale * SKY + pedestal,
        sky_variance=scale**2 * SIGMA**2,
    )
    return untrained().denoise(data, noise=noise)


@cache
def plain() -> Frame:
    result = denoised(exposure())
    assert 0.2 * SIGMA < np.std(result.data - exposure()) < 3 * SIGMA  # it does something
    return result


def check(one: np.ndarray, other: np.ndarray, unit: float = SIGMA) -> None:
    # float32 rounds what is far from the sky
    bound = TOLERANCE * unit + 1e-6 * np.abs(other)
    assert np.all(np.abs(one - other) <= bound), float(np.max(np.abs(one - other) / bound))


@FEW
@given(dy=st.integers(0, 8), dx=st.integers(0, 5))
def test_a_moved_frame_gives_the_moved_result(dy: int, dx: int) -> None:
    rows, columns = slice(STRIDE * dy, 240), slice(STRIDE * dx, 200)
    moved = denoised(exposure()[rows, columns])
    inner = slice(REACH, -REACH), slice(REACH, -REACH)
    check(moved.data[inner], plain().data[rows, columns][inner])
    assert moved.uncertainty is not None and plain().uncertainty is not None
    check(moved.uncertainty.array[inner], plain().uncertainty.array[rows, columns][inner])


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_flipped_or_turned_frame_gives_the_flipped_or_turned_result(turns: int, flipped: bool) -> None:
    def turned(array: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.rot90(array[:, ::-1] if flipped else array, turns))

    result = denoised(turned(exposure()))
    check(result.data, turned(plain().data))
    assert result.uncertainty is not None and plain().uncertainty is not None
    check(result.uncertainty.array, turned(plain().uncertainty.array))


@FEW
@given(exponent=st.floats(-12, 12))
def test_a_frame_in_another_unit_gives_the_result_in_that_unit(exponent: float) -> None:
    scale = 10.0**exponent
    result = denoised(scale * exposure(), scale=scale)
    check(result.data / scale, plain().data)
    assert result.uncertainty is not None and plain().uncertainty is not None
    check(result.uncertainty.array / scale, plain().uncertainty.array)
    np.testing.assert_array_equal(result.flags, plain().flags)


@FEW
@given(pedestal=st.floats(-1e6, 1e6))
def test_a_pedestal_comes_through(pedestal: float) -> None:
    result = denoised(exposure() + pedestal, pedestal=pedestal)
    check(result.data - pedestal, plain().data)


def test_the_test_sees_what_it_should_see() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(untrained(), "n_orientations", 1)
        once = denoised(exposure())
        turned = denoised(exposure()[::-1])
    with pytest.raises(AssertionError):
        check(turned.data[::-1], once.data)
