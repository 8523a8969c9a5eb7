"""Blemishes found between exposures, and places that disagree without being one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from amsd_astro.exposures.coaddition.aligned_stack import AlignedStack, StandIns
from amsd_astro.exposures.coaddition.blemishes import find_beside_others, find_blemishes, find_on_stars
from amsd_astro.exposures.coaddition.candidates import Candidates, find_candidates
from amsd_astro.exposures.coaddition.differences import Difference
from amsd_astro.exposures.coaddition.kernels import WELL_SAMPLED, kernel_for
from amsd_astro.exposures.coaddition.linked_places import linked, times_of
from amsd_astro.exposures.coaddition.neighbour_filling import fill_from_neighbours
from amsd_astro.exposures.coaddition.psf_fits import fit_psf
from amsd_astro.exposures.coaddition.reference_image import ReferenceImage, median_of
from amsd_astro.exposures.coaddition.resampling import Resampler, offset_grid
from amsd_astro.exposures.coaddition.seeing_match import MISFIT_SPREAD, UNMATCHED, SeeingMatch, match_seeing
from amsd_astro.exposures.coaddition.straight_trails import find_trails
from amsd_astro.exposures.coaddition.variables import (
    StarFluxes,
    Transient,
    flag_disks,
    list_transients,
    list_variable_stars,
)
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.frames.masks import FLAG_REJECTED

__all__ = ["reject_blemishes"]

_MOST_STARS = 5000
_USUAL_FWHM = 3.0  # pixels, where no exposure shows stars
_SHARPER = 0.95  # FWHM over that of what is compared with
_MATTERS = 0.2  # errors of the mean
_TRUSTED = 1.0  # misfit up to which an expectation stands in for an exposure
_UNDERSAMPLED = 1.2  # misfit of undersampled stars
_AGREED = 0.15  # misfit up to which what differs on a star is told from the match's errors
_FLAGGED = 1.5  # FWHM around a place that disagrees


def reject_blemishes(
    stack: AlignedStack,
    reference: Exposure,
    exposures: Sequence[Exposure],
    *,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Leave the blemishes out of a stack, flag and count them, and list what varies or moves.

    Parameters
    ----------
    stack : AlignedStack
        As `bring_together` returns it; it is changed.
    reference : Exposure
        Its stars are looked at.
    exposures : sequence of Exposure
        Those of the stack.
    progress : callable, optional
        Told the part that is done.
    """
    if len(exposures) < 2:
        stack.rejected[:] = [0.0] * len(exposures)
        return
    stars = reference.stars.x[:_MOST_STARS], reference.stars.y[:_MOST_STARS]
    image = median_of(stack.values, stack.calibrations, [one.fwhm for one in stack.placements])
    known = [one.fwhm for one in stack.placements if math.isfinite(one.fwhm)]
    fwhm = float(np.median(known)) if known else _USUAL_FWHM
    judge = _Judge(stack, image, stars, fwhm, times_of(exposures))
    for i, exposure in enumerate(exposures):
        judge.look_at(i, exposure)
        if progress is not None:
            progress((i + 1) / len(exposures))
    judge.leave_out_of_two()
    judge.list_variables()


class _Judge:
    """Looks at one exposure after the other."""

    def __init__(
        self,
        stack: AlignedStack,
        image: ReferenceImage,
        stars: tuple[NDArray[np.float64], NDArray[np.float64]],
        fwhm: float,
        times: NDArray[np.float64],
    ) -> None:
        self.stack, self.image, self.stars, self.fwhm, self.times = stack, image, stars, fwhm, times
        n = len(stack.placements)
        self.expected, self.changes, self.errors = (np.full((n, stars[0].size), np.nan) for _ in range(3))
        self.transients: list[Transient] = []
        self.sky_errors = np.zeros(n)
        self.original_values = None if n > 2 else [stack.values.read(i) for i in range(n)]
        self.looked_at: list[tuple[NDArray[np.float32], SeeingMatch]] = []  # of two

    def look_at(self, i: int, exposure: Exposure) -> None:
        """Find and leave out the blemishes of an exposure."""
        stack, placement = self.stack, self.stack.placements[i]
        seen = stack.originals.read(i)
        side, fwhm = math.sqrt(placement.grid.area), self._fwhm_of(i)
        places = placement.grid.to_exposure(*self.stars)
        blot, n_values, margin = self._blot(i, exposure.shape)
        inner = (slice(margin, margin + seen.shape[0]), slice(margin, margin + seen.shape[1]))
        variance = stack.calibrations[i].variance(blot[inner])
        other = self.fwhm if self.original_values is None else stack.placements[1 - i].fwhm
        compared = (other if math.isfinite(other) else self.fwhm) * side
        match = match_seeing(blot[inner], seen, variance, places, (compared, fwhm))
        if fwhm < WELL_SAMPLED:  # where in a pixel a star's middle lies changes all
            match = replace(match, misfit=max(match.misfit, _UNDERSAMPLED))
        expected, blot = blot[inner], match.apply(blot)
        difference = Difference.between(
            seen, blot[inner], n_values, stack.calibrations[i], match.misfit, reference_variance=self.image.variance
        )
        candidates = find_candidates(difference, fwhm)
        trails = find_trails(candidates, seen.shape, fwhm)
        blemished = find_blemishes(difference, candidates, trails, fwhm)
        told, width = difference, fwhm
        if fwhm < _SHARPER * compared:
            told, width = self._widened(i, seen, blemished, blot[inner], expected, n_values, places, (fwhm, compared))
            if told.misfit < _AGREED:
                blemished |= find_on_stars(told, find_candidates(told, width), width)
        self._measure_stars(i, told, blemished, places, width)
        self._note_transients(i, candidates, trails)
        n_good = max(1, int(np.count_nonzero(np.isfinite(seen))))
        blemished &= np.isfinite(seen)
        stack.rejected.append(float(np.count_nonzero(blemished) / n_good))
        seen[blemished] = np.nan
        if self.original_values is None:
            stack.stand_ins.append(self._stand_ins(i, match.misfit, *stack.put(i, seen, blot)))
        else:
            self.looked_at.append((seen, match))
        stack.flags[stack.touched(i, blemished)] |= FLAG_REJECTED
        change = difference.change(fwhm)
        change[~np.isfinite(difference.light) | blemished] = np.nan
        self.sky_errors[i] = float(np.median(difference.change_error(fwhm)[::7, ::7]))
        stack.originals.write(i, change)

    def leave_out_of_two(self) -> None:
        """Leave the blemishes of two out once those of both are known: the other stands in without its own."""
        if self.original_values is None:
            return
        for i, (seen, _) in enumerate(self.looked_at):
            self.stack.put(i, seen)
        for i, fill in enumerate(self._fills()):
            self._look_again(i, fill)
        for i, fill in enumerate(self._fills()):
            seen, match = self.looked_at[i]
            self.stack.stand_ins.append(self._stand_ins(i, match.misfit, *self.stack.put(i, seen, fill)))

    def _fills(self) -> list[NDArray[np.float32]]:
        """What each of two is expected to show by the other, without the blemishes of that, on its own pixels."""
        others = [fill_from_neighbours(self.stack.values.read(1 - i)) for i in range(2)]
        return [
            match.apply(self._on_pixels_of(i, seen.shape, others[i])) for i, (seen, match) in enumerate(self.looked_at)
        ]

    def _look_again(self, i: int, fill: NDArray[np.float32]) -> None:
        """Leave out what lies where the other's blemishes do: it was compared with those."""
        assert self.original_values is not None
        stack, (seen, match) = self.stack, self.looked_at[i]
        resampler = stack.resamplers[i]
        untold = np.isnan(stack.values.read(1 - i)) & np.isfinite(self.original_values[1 - i])
        if resampler is not None:
            margin = resampler.margin
            inner = slice(margin, margin + seen.shape[0]), slice(margin, margin + seen.shape[1])
            untold, fill = self._back(i, seen.shape).nearest(untold, outside=False)[inner], fill[inner]
        variance = stack.calibrations[i].variance(fill)
        left = find_beside_others(seen, fill, untold, variance, match.misfit, self._fwhm_of(i))
        seen[left] = np.nan
        stack.rejected[i] += np.count_nonzero(left) / max(1, int(np.count_nonzero(np.isfinite(seen) | left)))
        stack.flags[stack.touched(i, left)] |= FLAG_REJECTED
        stack.put(i, seen)

    def _fwhm_of(self, i: int) -> float:
        """FWHM of an exposure in its pixels."""
        placement = self.stack.placements[i]
        return (placement.fwhm if math.isfinite(placement.fwhm) else self.fwhm) * math.sqrt(placement.grid.area)

    def _blot(self, i: int, shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.uint16], int]:
        """What is compared with, on the exposure's pixels and some around it; how many exposures tell each pixel."""
        if self.original_values is None:
            light, n_values = self.image.light, self.image.n_values
        else:  # the other one
            light = self.original_values[1 - i]
            n_values = np.where(np.isfinite(light), self.image.n_values, np.uint16(0))
        blot = self._on_pixels_of(i, shape, fill_from_neighbours(light.copy()))
        resampler = self.stack.resamplers[i]
        if resampler is None:
            return blot, n_values, 0
        margin = resampler.margin
        told = self._back(i, shape).nearest(n_values, outside=0)
        return blot, told[margin : margin + shape[0], margin : margin + shape[1]], margin

    def _on_pixels_of(self, i: int, shape: tuple[int, int], light: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring an image on the reference's pixels to those of an exposure, and the resampler's margin around it."""
        return light if self.stack.resamplers[i] is None else self._back(i, shape).apply(light)

    def _back(self, i: int, shape: tuple[int, int]) -> Resampler:
        resampler, grid = self.stack.resamplers[i], self.stack.placements[i].grid
        assert resampler is not None
        margin = resampler.margin
        return Resampler(
            offset_grid(grid.to_reference, margin),
            self.stack.shape,
            (shape[0] + 2 * margin, shape[1] + 2 * margin),
            kernel_for(self.fwhm, 1 / math.sqrt(grid.area)),
        )

    def _widened(
        self,
        i: int,
        seen: NDArray[np.float32],
        blemished: NDArray[np.bool_],
        matched: NDArray[np.float32],
        expected: NDArray[np.float32],
        n_values: NDArray[np.uint16],
        places: tuple[NDArray[np.float64], NDArray[np.float64]],
        fwhm: tuple[float, float],
    ) -> tuple[Difference, float]:
        """The difference at the seeing of the others, for an exposure of sharper stars, and the FWHM of that.

        The others' stars cannot be made as sharp as one would need; but its own as wide.
        """
        spoilt = ~np.isfinite(seen) | blemished
        whole = np.where(spoilt, matched, seen)
        calibration = self.stack.calibrations[i]
        match = match_seeing(whole, np.where(spoilt, np.nan, expected), calibration.variance(matched), places, fwhm)
        wide = match.apply(whole)
        wide[~np.isfinite(seen)] = np.nan
        power = 1.0 if match.kernel is None else float(np.sum(match.kernel**2))
        difference = Difference.between(
            wide, expected, n_values, calibration, match.misfit, reference_variance=self.image.variance, power=power
        )
        return difference, fwhm[1]

    def _stand_ins(self, i: int, misfit: float, pixels: NDArray[np.intp], light: NDArray[np.float32]) -> StandIns:
        """Those by which the mean changes: an exposure of another seeing is missed in the middle of a star."""
        weights, others = self.stack.weights, self.image.light.ravel()[pixels]
        error = math.sqrt(float(np.sum(weights**2 * [one.typical for one in self.stack.calibrations])))
        off = np.abs(light) * np.float32(misfit / MISFIT_SPREAD if misfit < UNMATCHED else misfit)
        with np.errstate(invalid="ignore"):
            matter = weights[i] * np.maximum(np.abs(light - others), off) > _MATTERS * error
            matter &= np.abs(others) > _MATTERS * error
        shown = light[matter] if misfit < _TRUSTED else np.full(np.count_nonzero(matter), np.nan, np.float32)
        return StandIns(pixels[matter], shown, off[matter])

    def _measure_stars(
        self,
        i: int,
        difference: Difference,
        blemished: NDArray[np.bool_],
        places: tuple[NDArray[np.float64], NDArray[np.float64]],
        fwhm: float,
    ) -> None:
        variance = difference.width**2  # what the match may be wrong by counts once, in the error of the flux
        light = np.where(blemished, np.float32(np.nan), difference.light)
        change = fit_psf(light, variance, places, fwhm)
        expected = fit_psf(difference.expected, variance, places, fwhm)
        self.changes[i], self.expected[i] = change.flux, expected.flux
        self.errors[i] = np.hypot(change.error, difference.misfit / MISFIT_SPREAD * np.nan_to_num(expected.flux))

    def _note_transients(self, i: int, candidates: Candidates, trails: NDArray[np.bool_]) -> None:
        new = candidates.is_star & ~candidates.was_there & (candidates.significance > 0)
        new &= ~trails[np.rint(candidates.y).astype(int), np.rint(candidates.x).astype(int)]
        if not new.any():
            return
        grid = self.stack.placements[i].grid
        x, y = grid.to_reference(candidates.x[new], candidates.y[new])
        for one_x, one_y, significance in zip(x, y, candidates.significance[new], strict=True):
            self.transients.append(Transient(float(one_x), float(one_y), float(significance), i))

    def list_variables(self) -> None:
        """Fill the stack's list and flags from what the exposures showed."""
        stack = self.stack
        if self.original_values is not None:
            self._compare_once()
        stack.stars = StarFluxes.of(self.stars, self.expected, self.changes, self.errors)
        varying, doubtful = list_variable_stars(stack.stars)
        paths = linked(self.transients, self.times, stack.shape, self.fwhm)
        new = list_transients(paths, varying, partial(stack.changes_at, sky_errors=self.sky_errors), self.fwhm)
        if self.original_values is None:  # of two, none tells which is right
            stack.variables = varying + new
        places = [(one.x, one.y) for one in varying + doubtful] + [(one.x, one.y) for one in self.transients]
        flag_disks(stack.flags, places, _FLAGGED * self.fwhm)

    def _compare_once(self) -> None:
        """Of two exposures, tell fluxes by the one of wider stars, as which the other can be made to look."""
        fwhm = [one.fwhm for one in self.stack.placements]
        told = int(fwhm[1] > fwhm[0])
        self.expected[1 - told], self.changes[1 - told] = self.expected[told], 0.0
        self.changes[1 - told][np.isnan(self.changes[told])] = np.nan
        self.errors[:] = self.errors[told] / math.sqrt(2)
