"""What the exposures tell of the noise of their mean, whatever their own noise models say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from astropy.nddata import StdDevUncertainty
from made_exposures import Shot, made_exposures

from amsd_astro import Frame
from amsd_astro.combination.confirmed_risk import ConfirmedError, ConfirmedRisk
from amsd_astro.combination.told_by_exposures import (
    corrected_noise,
    error_told_by_exposures,
    with_scaled_sigma,
    with_seeing_error,
)
from amsd_astro.exposures.coaddition import align, mean_of
from amsd_astro.noise.model import NoiseModel


@pytest.mark.parametrize(("wrong", "n"), [(0.6, 4), (1.0, 7), (1.6, 4)])
def test_a_wrong_noise_model_gives_way(wrong: float, n: int) -> None:
    made = made_exposures([Shot(), *(Shot(shift=(1.3 * k, -0.7 * k)) for k in range(1, n))])
    true = mean_of(align(*made.arguments)).noise
    for i, one in enumerate(made.exposures):
        noise = one.noise
        model = replace(noise, slope=wrong * noise.slope, floor=wrong * noise.floor, sky_variance=float("nan"))
        made.exposures[i] = replace(one, noise=model)
    stack = align(*made.arguments)
    image = mean_of(stack)
    assert image.noise.sky_variance == pytest.approx(wrong * true.sky_variance, rel=0.02)
    told, parts = corrected_noise(stack, image)
    assert told.sky_variance == pytest.approx(true.sky_variance, rel=0.06)
    assert told.agreement == pytest.approx(wrong, rel=0.06)
    assert told.slope >= 0
    at_sky = np.median(told.slope * told.sky + told.floor)
    assert at_sky == pytest.approx(true.sky_variance, rel=0.06)
    risks = [error_told_by_exposures(stack, image, told, Untouched(), known) for known in (None, parts)]
    assert risks[0] is not None and risks[0] == risks[1], "parts that are known change nothing"


def test_three_exposures_tell_nothing() -> None:
    made = made_exposures([Shot(), Shot(), Shot()])
    stack = align(*made.arguments)
    image = mean_of(stack)
    told, parts = corrected_noise(stack, image)
    assert parts is None
    assert told.sky_variance == image.noise.sky_variance
    assert np.isnan(told.agreement)


def test_the_map_is_scaled_and_it_is_recorded() -> None:
    result = Frame(np.zeros((8, 8), np.float32), uncertainty=StdDevUncertainty(np.full((8, 8), 2.0, np.float32)))
    told = ConfirmedRisk({"all": ConfirmedError(0.08, 0.001, 2.25, 0.001, 4096)})
    with_scaled_sigma(result, told)
    assert np.allclose(result.uncertainty.array, 3.0, rtol=1e-3)
    assert result.header["AMSDXFAC"] == pytest.approx(2.25, rel=1e-3)
    assert result.header["AMSDXALL"] == 0.08


@dataclass
class Untouched:
    """A denoiser that leaves a frame as it is: the error of its result is the noise."""

    recipe: str = "amsd"
    steps: int | None = None

    def fit_denoise(self, frame: Frame, *, noise: NoiseModel) -> Frame:
        sigma = np.sqrt(noise.variance(np.asarray(frame.data))).astype(np.float32)
        return Frame(frame.data, mask=frame.mask, uncertainty=StdDevUncertainty(sigma))


def test_another_seeing_is_not_told_as_an_error() -> None:
    for seeing, strata in (((3.0, 3.0, 3.0, 3.0), {"sky", "faint", "all"}), ((2.2, 4.0, 4.2, 4.4), {"sky"})):
        stack = align(*made_exposures([Shot(fwhm=fwhm) for fwhm in seeing], n_stars=120).arguments)
        image = mean_of(stack)
        told = error_told_by_exposures(stack, image, image.noise, Untouched())
        assert told is not None and set(told.strata) == strata
        assert told.factor == pytest.approx(1.0, abs=0.15)


def test_the_error_by_the_seeing_is_in_the_map() -> None:
    plain = mean_of(align(*made_exposures([Shot(), Shot()]).arguments))
    result = Frame(plain.data, uncertainty=StdDevUncertainty(np.full(plain.data.shape, 3.0, np.float32)))
    unsure = np.zeros_like(plain.data)
    unsure[5, 6] = 4.0
    with_seeing_error(result, replace(plain, unsure=unsure))
    assert result.uncertainty.array[5, 6] == 5.0 and result.uncertainty.array[6, 5] == 3.0
