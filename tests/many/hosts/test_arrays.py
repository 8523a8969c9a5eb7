"""Image, mask and variance as arrays, as a task of the LSST pipelines has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from amsd_astro.denoiser import Denoiser
from amsd_astro.many.hosts import arrays
from amsd_astro.many.hosts.arrays import run

PLANES = {"BAD": 0, "SAT": 1, "INTRP": 2, "CR": 3, "EDGE": 4, "DETECTED": 5, "SUSPECT": 7, "NO_DATA": 8}


class Exposure:
    """A flat sky of known noise with a source, its mask and its variance."""

    def __init__(self) -> None:
        rng = np.random.default_rng(3)
        self.truth = np.full((96, 80), 50.0)
        self.truth[40:44, 30:34] += 100
        self.variance = np.full((96, 80), 4.0, np.float32)
        self.image = (self.truth + rng.normal(0, 2, (96, 80))).astype(np.float32)
        self.mask = np.zeros((96, 80), np.int32)
        self.mask[40:44, 30:34] = 1 << PLANES["DETECTED"]
        self.mask[10, 10], self.image[10, 10] = 1 << PLANES["SAT"], 1e5
        self.mask[11, 10], self.image[11, 10] = 1 << PLANES["NO_DATA"], np.nan

    def given(self) -> tuple[Any, ...]:
        return self.image, self.mask, self.variance, PLANES


@pytest.fixture
def masks(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """What was taken for bad, where a network would have been needed."""
    seen: list[np.ndarray] = []

    def stop(image: Any, bad: np.ndarray, *rest: Any, **named: Any) -> Any:
        seen.append(bad)
        raise InterruptedError

    monkeypatch.setattr(arrays, "denoise_planes", stop)
    return seen


@pytest.mark.parametrize(("bad", "n_expected"), [(None, 2), (("SAT",), 1), (("DETECTED", "NO_DATA"), 17), ((), 0)])
def test_planes_of_the_mask_make_pixels_bad(bad: Any, n_expected: int, masks: list[np.ndarray]) -> None:
    with pytest.raises(InterruptedError):
        run(*Exposure().given(), bad=bad)
    assert masks[0].sum() == n_expected


def test_what_does_not_fit_is_refused() -> None:
    exposure = Exposure()
    with pytest.raises(ValueError, match=r"bad must be among the planes of the mask\. Received: CROSSTALK"):
        run(*exposure.given(), bad=["BAD", "CROSSTALK"])
    with pytest.raises(ValueError, match=r"errors must have the shape of the image, \(96, 80\)"):
        run(exposure.image, exposure.mask, exposure.variance[:9], PLANES)


@pytest.mark.slow
def test_an_exposure_of_three_planes() -> None:
    exposure = Exposure()
    before = [plane.copy() for plane in exposure.given()[:3]]
    denoised = run(*exposure.given(), denoiser=Denoiser(steps=0), unit="nJy")
    assert all(np.array_equal(*pair, equal_nan=True) for pair in zip(before, exposure.given()[:3], strict=True))
    good = denoised.mask & ((1 << PLANES["SAT"]) | (1 << PLANES["NO_DATA"])) == 0
    error = (denoised.image - exposure.truth)[good]
    assert np.std(error) < 0.7 * 2
    assert 0 < np.nanmedian(denoised.variance) < 4
    assert denoised.image[10, 10] == np.float32(1e5) and np.isnan(denoised.image[11, 10])
    assert denoised.flags[10, 10] & 1 and not denoised.flags[60, 60] & 1
    assert denoised.cards["AMSDSTEP"] == 0
