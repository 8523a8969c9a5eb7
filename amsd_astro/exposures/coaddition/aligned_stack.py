"""Exposures on the reference's grid, in its flux scale, without blemishes: what co-adds are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.exposures.coaddition.calibrations import Calibration, exposure_weights
from amsd_astro.exposures.coaddition.image_stack import ImageStack
from amsd_astro.exposures.coaddition.kernels import kernel_for
from amsd_astro.exposures.coaddition.neighbour_filling import fill_from_neighbours
from amsd_astro.exposures.coaddition.resampling import Resampler
from amsd_astro.exposures.coaddition.variables import StarFluxes, Variable
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.placing.placement import Placement

__all__ = ["AlignedStack", "StandIns", "bring_together"]

_BAD_SHARE = 0.2  # weight of bad pixels, from which a value is left out
_UNTOUCHED = 1e-3  # weight of them that is none


@dataclass(frozen=True, eq=False)
class StandIns:
    """What an exposure is expected to show where it shows nothing, so that the mean keeps its PSF.

    Attributes
    ----------
    pixels : ndarray of int
        Counted along the rows of the reference: those at which it makes a difference.
    light : ndarray of float32
        Above the sky; NaN where it is not known well enough to stand in.
    errors : ndarray of float32
        By what the exposure may have shown something else, as far as its seeing is not matched.
    """

    pixels: NDArray[np.intp]
    light: NDArray[np.float32]
    errors: NDArray[np.float32]

    @classmethod
    def none(cls) -> StandIns:
        """Return those of an exposure that needs none."""
        return cls(np.zeros(0, np.intp), np.zeros(0, np.float32), np.zeros(0, np.float32))


@dataclass(eq=False)
class AlignedStack:
    """Exposures brought together.

    Attributes
    ----------
    values : ImageStack
        Light above the sky on the reference's grid, NaN where there is none.
    originals : ImageStack
        The same on the exposures' own pixels.
    calibrations, placements, resamplers : list
        Of each exposure; no resampler where the grids are the same.
    weights : ndarray, shape (n,)
        Of unit sum.
    sky : float
        Of the reference, in its unit.
    shape : tuple of int
        (ny, nx) of the reference.
    flags : ndarray of uint8, shape (ny, nx)
        FLAG_REJECTED and FLAG_VARIABLE of `frames.masks`.
    stand_ins : list of StandIns
        Of each exposure.
    rejected : list of float
        Share of the good pixels of each exposure that was rejected.
    variables : list of Variable
        Places that disagree.
    stars : StarFluxes or None
        Fluxes of the reference's stars in each exposure.
    """

    values: ImageStack
    originals: ImageStack
    calibrations: list[Calibration]
    placements: list[Placement]
    resamplers: list[Resampler | None]
    weights: NDArray[np.float64]
    sky: float
    shape: tuple[int, int]
    flags: NDArray[np.uint8]
    stand_ins: list[StandIns] = field(default_factory=list)
    rejected: list[float] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    stars: StarFluxes | None = None

    def put(
        self, number: int, light: NDArray[np.float32], fill: NDArray[np.float32] | None = None
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Bring an exposure to the reference's grid.

        Parameters
        ----------
        number : int
            Which.
        light : ndarray of float32
            On its own pixels, NaN where they are bad.
        fill : ndarray of float32, optional
            Values for the bad ones, which count as no light of the exposure; by default those of their neighbours. With
            the resampler's margin.

        Returns
        -------
        pixels : ndarray of int
            Those of the reference that got no value, for bad pixels have too large a part in them.
        values : ndarray of float32
            What they would have got.
        """
        resampler = self.resamplers[number]
        if resampler is None:
            self.values.write(number, light)
            missing = np.flatnonzero(np.isnan(light))
            return missing, (np.zeros(missing.size, np.float32) if fill is None else fill.ravel()[missing])
        bad = resampler.padded(np.isnan(light), value=True)
        if fill is None:
            padded = resampler.padded(fill_from_neighbours(light.copy()))
        else:
            padded = np.where(bad, fill, resampler.padded(light))
        weight = bad.astype(np.float32)
        near = _widened(bad, resampler.kernel.n_taps).ravel()
        left_out: list[tuple[NDArray[np.intp], NDArray[np.float32]]] = []
        for rows in resampler.stripes():
            places = resampler.places(rows)
            value = resampler.gather(padded, places).ravel()
            beside = np.flatnonzero(near.take(places.nearest))
            if beside.size:
                chosen = resampler.places_of(beside + rows.start * self.shape[1])
                share = resampler.gather(weight, chosen, absolute=True)
                missing = beside[share > _BAD_SHARE]
                left_out.append((missing + rows.start * self.shape[1], value[missing]))
                value[missing] = np.nan
            self.values.write(number, value.reshape(-1, self.shape[1]), first_row=rows.start)
        pixels, values = ([one[k] for one in left_out] for k in (0, 1))
        return np.concatenate([np.zeros(0, np.intp), *pixels]), np.concatenate([np.zeros(0, np.float32), *values])

    def touched(self, number: int, pixels: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the pixels of the reference that some pixels of an exposure have a part in."""
        resampler = self.resamplers[number]
        if resampler is None:
            return pixels
        weight = resampler.padded(pixels.astype(np.float32), value=0.0)
        near = resampler.nearest(_widened(pixels, resampler.kernel.n_taps), outside=False)
        result = np.zeros(self.shape, bool)
        index = np.flatnonzero(near)
        if index.size:
            share = resampler.gather(weight, resampler.places_of(index), absolute=True)
            result.ravel()[index] = share > 10 * _UNTOUCHED
        return result

    def changes_at(
        self, x: float, y: float, *, sky_errors: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what `originals` holds at a place, once they are changes of flux, and its errors, given the sky's."""
        fluxes = np.full(len(self.placements), np.nan)
        for i, placement in enumerate(self.placements):
            place = placement.grid.to_exposure(np.array([x]), np.array([y]))
            column, row = (round(float(one[0])) for one in place)
            ny, nx = self.originals.shapes[i]
            if 0 <= row < ny and 0 <= column < nx:
                fluxes[i] = self.originals.read(i, slice(row, row + 1))[0, column]
        slopes = np.array([one.slope for one in self.calibrations])
        errors = np.sqrt(sky_errors**2 + slopes * np.maximum(np.nan_to_num(fluxes), 0))
        return fluxes, np.where(np.isfinite(fluxes), errors, np.nan)


def bring_together(
    reference: Exposure,
    exposures: Sequence[Exposure],
    placements: Sequence[Placement],
    *,
    weights: str = "variance",
    progress: Callable[[float], None] | None = None,
) -> AlignedStack:
    """Load exposures one after the other and bring each to the reference's grid and scale; blemishes stay.

    Parameters
    ----------
    reference : Exposure
        Its grid, flux scale and sky are those of the stack.
    exposures, placements : sequence
        Those to be brought together, the reference among them.
    weights : str, optional
        "variance" or "depth".
    progress : callable, optional
        Told the part that is done.
    """
    if len(exposures) != len(placements) or not exposures:
        raise ValueError(
            "exposures and placements must be as many, one at least. "
            f"Received: {len(exposures)} exposures, {len(placements)} placements"
        )
    calibrations = [Calibration.of(*pair) for pair in zip(exposures, placements, strict=True)]
    number = next((i for i, one in enumerate(exposures) if one is reference), None)
    stack = AlignedStack(
        ImageStack([reference.shape] * len(exposures)),
        ImageStack([one.shape for one in exposures]),
        calibrations,
        list(placements),
        [_resampler(*pair, reference.shape) for pair in zip(exposures, placements, strict=True)],
        exposure_weights(calibrations, placements, weights),
        reference.noise.sky if number is None else placements[number].sky,
        reference.shape,
        np.zeros(reference.shape, np.uint8),
    )
    for i, exposure in enumerate(exposures):
        frame = exposure.load()
        data = np.asarray(frame.data)
        light = calibrations[i].light(data, bad_pixels(data, frame.mask))
        del frame, data
        stack.originals.write(i, light)
        stack.put(i, light)
        if progress is not None:
            progress((i + 1) / len(exposures))
    return stack


def _resampler(exposure: Exposure, placement: Placement, shape: tuple[int, int]) -> Resampler | None:
    if placement.grid.is_identity and exposure.shape == shape:
        return None
    side = math.sqrt(placement.grid.area)
    fwhm = exposure.fwhm if math.isfinite(exposure.fwhm) else placement.fwhm * side
    return Resampler(placement.grid.to_exposure, exposure.shape, shape, kernel_for(fwhm, side))


def _widened(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Pixels of a mask and those next to them, so many along both axes."""
    for _ in range(2):
        wide = mask.copy()
        if mask.any():
            for step in range(1, reach + 1):
                wide[step:] |= mask[:-step]
                wide[:-step] |= mask[step:]
        mask = wide.T
    return mask
