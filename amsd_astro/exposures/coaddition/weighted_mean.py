"""The weighted mean of exposures, with its variance and the correlation of its noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import typical
from amsd_astro.exposures.coaddition.aligned_stack import AlignedStack, bring_together
from amsd_astro.exposures.coaddition.background_match import match_backgrounds
from amsd_astro.exposures.coaddition.rejection import reject_blemishes
from amsd_astro.exposures.coaddition.resampled_noise import VarianceFactors, mean_covariance
from amsd_astro.exposures.coaddition.variables import Variable
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.placement import Placement
from amsd_astro.noise.covariance import nearest_correlation
from amsd_astro.noise.model import NoiseModel

__all__ = ["Coadd", "align", "mean_of"]

_LEAST_POWER, _SIZE = 0.01, 32  # as of correlations that are measured
_WHITE_BELOW = 1e-6


@dataclass(frozen=True, eq=False)
class Coadd:
    """The mean of exposures on the reference's grid.

    Attributes
    ----------
    data : ndarray of float32, shape (ny, nx)
        In the reference's unit, flux scale and with its sky; NaN where there is no exposure.
    slope : float
        Variance per unit of signal, typical of the frame.
    floor : ndarray of float32, shape (ny, nx)
        Variance at a signal of zero: exact at the level of the sky.
    sky : float
        Level of the sky.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Of the noise.
    n_exposures : ndarray of uint16, shape (ny, nx)
        Exposures that count at each pixel.
    mask : ndarray of bool, shape (ny, nx)
        Where there is none.
    flags : ndarray of uint8, shape (ny, nx)
        FLAG_REJECTED and FLAG_VARIABLE of `frames.masks`.
    rejected, weights : tuple of float
        Of each exposure: share of its good pixels that was rejected, and its weight, of unit sum.
    variables : tuple of Variable
        Places at which exposures disagree, and it is no blemish.
    unsure : ndarray of float32, shape (ny, nx), or None
        Error that is no noise: where a star is left to exposures of another seeing. None where there is none.
    """

    data: NDArray[np.float32]
    slope: float
    floor: NDArray[np.float32]
    sky: float
    correlation: NDArray[np.float64]
    n_exposures: NDArray[np.uint16]
    mask: NDArray[np.bool_]
    flags: NDArray[np.uint8]
    rejected: tuple[float, ...]
    weights: tuple[float, ...]
    variables: tuple[Variable, ...]
    unsure: NDArray[np.float32] | None = None

    @property
    def noise(self) -> NoiseModel:
        """The noise of the data."""
        return NoiseModel(self.slope, self.floor, self.sky, correlation=self.correlation, source="data")


def align(
    reference: Exposure,
    exposures: Sequence[Exposure],
    placements: Sequence[Placement],
    *,
    weights: str = "variance",
    progress: Callable[[float], None] | None = None,
) -> AlignedStack:
    """Bring exposures together and leave their blemishes out.

    Parameters
    ----------
    reference : Exposure
        Its grid, unit, flux scale and sky are those of the result.
    exposures, placements : sequence
        Those to be brought together, the reference among them, and where each lies.
    weights : str, optional
        "variance", the inverse of the variance of the sky, or "depth", which counts the seeing too.
    progress : callable, optional
        Told the part that is done, 0 to 1.
    """
    halves = [None if progress is None else lambda part, h=h: progress(0.5 * (h + part)) for h in (0, 1)]
    stack = bring_together(reference, exposures, placements, weights=weights, progress=halves[0])
    number = next((i for i, one in enumerate(exposures) if one is reference), 0)
    match_backgrounds(stack, number)
    reject_blemishes(stack, reference, exposures, progress=halves[1])
    return stack


def mean_of(stack: AlignedStack, members: Sequence[int] | None = None) -> Coadd:
    """Return the weighted mean of some exposures of a stack, of all by default.

    Weights are those of the exposures' skies, or of their planes of errors; never those of a pixel's own value, which
    would bias fluxes.

    Parameters
    ----------
    stack : AlignedStack
        As `align` returns it.
    members : sequence of int, optional
        Their numbers.
    """
    chosen = list(range(len(stack.placements))) if members is None else list(members)
    ny, nx = stack.shape
    light, at_sky, slope = (np.zeros((ny, nx), np.float32) for _ in range(3))
    weight, count = np.zeros((ny, nx), np.float32), np.zeros((ny, nx), np.uint16)
    for i in chosen:
        _Adding(stack, i).add(light, at_sky, slope, weight, count)
    mask = count == 0
    stood_in, unsure = _stand_in(stack, chosen, light)
    with np.errstate(invalid="ignore", divide="ignore"):
        if stood_in is None:
            light /= weight
        else:
            light /= weight + stood_in
        if unsure is not None:
            unsure /= weight + (0 if stood_in is None else stood_in)
        weight *= weight
        at_sky /= weight
        slope /= weight
    light += np.float32(stack.sky)
    light[mask] = np.nan
    typical_slope = typical(slope[~mask]) if not mask.all() else 0.0
    typical_sky = typical(at_sky[~mask]) if not mask.all() else 0.0
    at_sky[mask] = typical_sky
    at_sky -= np.float32(typical_slope * stack.sky)
    if unsure is not None:
        unsure[mask] = 0
    weights = stack.weights[chosen] / stack.weights[chosen].sum()
    return Coadd(
        light,
        float(typical_slope),
        at_sky,
        stack.sky,
        _correlation(stack, chosen),
        count,
        mask,
        stack.flags.copy(),
        tuple(stack.rejected[i] for i in chosen) if stack.rejected else (0.0,) * len(chosen),
        tuple(float(one) for one in weights),
        tuple(stack.variables),
        unsure,
    )


def _stand_in(
    stack: AlignedStack, members: Sequence[int], light: NDArray[np.float32]
) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """Add to the weighted light what exposures are expected to show; return its weight, and the weighted errors."""
    weight: NDArray[np.float32] | None = None
    unsure: NDArray[np.float32] | None = None
    for i in members:
        if stack.stand_ins and stack.stand_ins[i].pixels.size:
            share, one = np.float32(stack.weights[i]), stack.stand_ins[i]
            unsure = np.zeros(stack.shape, np.float32) if unsure is None else unsure
            unsure.ravel()[one.pixels] += share * one.errors
            known = np.isfinite(one.light)
            if known.any():
                weight = np.zeros(stack.shape, np.float32) if weight is None else weight
                light.ravel()[one.pixels[known]] += share * one.light[known]
                weight.ravel()[one.pixels[known]] += share
    return weight, unsure


class _Adding:
    """One exposure's share in the sums."""

    def __init__(self, stack: AlignedStack, number: int) -> None:
        self._stack, self._number = stack, number
        self._calibration, self._resampler = stack.calibrations[number], stack.resamplers[number]
        self._weight = float(stack.weights[number])

    def add(
        self,
        light: NDArray[np.float32],
        at_sky: NDArray[np.float32],
        slope: NDArray[np.float32],
        weight: NDArray[np.float32],
        count: NDArray[np.uint16],
    ) -> None:
        """Add weighted light, its variance at the sky and by its signal, and the weights."""
        calibration, resampler, nx = self._calibration, self._resampler, self._stack.shape[1]
        factors = None if resampler is None else VarianceFactors(resampler, calibration.correlation)
        variance = None if np.ndim(calibration.at_sky) == 0 else np.asarray(calibration.at_sky)
        typical_variance = calibration.typical
        if variance is not None and resampler is not None:
            variance = resampler.padded(variance).ravel()
        step = max(1, 32 * 1024 // nx)
        for start in range(0, self._stack.shape[0], step):
            rows = slice(start, min(start + step, self._stack.shape[0]))
            value = self._stack.values.read(self._number, rows)
            good = np.isfinite(value)
            share, factor, here = (np.full(value.shape, one, np.float32) for one in (self._weight, 1, typical_variance))
            if resampler is not None and factors is not None:
                places = resampler.places(rows)
                factor = factors.at(places)
                share *= resampler.coverage(places)
                if variance is not None:
                    here = variance.take(places.nearest)
            elif variance is not None:
                here = variance[rows]
            if variance is not None:
                share *= np.float32(typical_variance) / np.maximum(here, np.float32(1e-6 * typical_variance))
            share = np.where(good, share, np.float32(0))
            light[rows] += share * np.where(good, value, np.float32(0))
            weight[rows] += share
            count[rows] += good
            square = share * share * factor
            at_sky[rows] += square * here
            slope[rows] += square * np.float32(calibration.slope)


def _correlation(stack: AlignedStack, members: Sequence[int]) -> NDArray[np.float64]:
    """Correlation of the mean's noise: that of its members, by their share in its variance."""
    total: NDArray[np.float64] | None = None
    for i in members:
        calibration = stack.calibrations[i]
        part = float(stack.weights[i]) ** 2 * max(calibration.typical, 1e-300)
        covariance = part * mean_covariance(stack.resamplers[i], calibration.correlation)
        total = covariance if total is None else total + covariance
    assert total is not None
    k = total.shape[0] // 2
    correlation = total / total[k, k]
    correlation[k, k] = 0
    if np.abs(correlation).max() < _WHITE_BELOW:
        return np.ones((1, 1))
    correlation[k, k] = 1
    return nearest_correlation(correlation, least=_LEAST_POWER, size=_SIZE)
