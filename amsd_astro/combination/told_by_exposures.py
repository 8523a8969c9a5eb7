"""What independent parts of the exposures tell of the noise of their mean, and of the error of what is made of it."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from astropy.nddata import StdDevUncertainty

from amsd_astro.combination.confirmed_risk import (
    FEWEST_EXPOSURES,
    STRATA,
    ConfirmedRisk,
    Roles,
    confirm_risk,
    roles_of_parts,
)
from amsd_astro.denoiser import Denoiser
from amsd_astro.errors import AmsdWarning
from amsd_astro.exposures.coaddition import AlignedStack, Coadd, mean_of
from amsd_astro.exposures.noise_ratio import measure_noise_ratio
from amsd_astro.frames import Frame
from amsd_astro.noise.model import NoiseModel

__all__ = ["Parts", "corrected_noise", "error_told_by_exposures", "with_scaled_sigma", "with_seeing_error"]

_log = logging.getLogger(__name__)

_BEYOND, _KNOWN = 2.0, 0.01  # standard errors, and how well a variance is known anyway
_SIDE = 512  # pixels of the part of a large image on which the error is told
_ALIKE = 1.05  # ratio of the seeings of parts whose differences tell errors on sources too

Parts = tuple[Coadd, Coadd, Coadd]
"""Means of independent parts of the exposures: what is to be denoised, and the two that it is compared with."""


def corrected_noise(stack: AlignedStack, image: Coadd) -> tuple[NoiseModel, Parts | None]:
    """Return the noise of a mean, so far as it differs from what the exposures' own models say as they themselves tell.

    Parameters
    ----------
    stack : AlignedStack
        The exposures; with fewer than four their models stand.
    image : Coadd
        Their mean.

    Returns
    -------
    model : NoiseModel
        The noise.
    parts : Parts or None
        The middles of the first parts, which `error_told_by_exposures` looks at too; None with fewer than four.
    """
    model = replace(image.noise, source="exposures")
    if len(stack.placements) < FEWEST_EXPOSURES:
        return model, None
    means = _means(stack, roles_of_parts(stack.weights.tolist(), n_rotations=1)[0])
    part, first, second = means
    parts = _middles(means)
    ratio = measure_noise_ratio(
        part.data - part.sky,
        np.stack([one.data - one.sky for one in (first, second)]),
        part.noise.variance(part.sky),
    )
    if ratio is None or not ratio.value > 0:
        return model, parts
    _log.info("noise of the sky: %.3f +- %.3f of the variance that was expected", ratio.value, ratio.error)
    if abs(ratio.value - 1) <= _BEYOND * ratio.error + _KNOWN:
        return replace(model, agreement=1 / ratio.value), parts
    return replace(_times(model, ratio.value), agreement=1 / ratio.value), parts


def _times(model: NoiseModel, ratio: float) -> NoiseModel:
    """The model with so much of its variance on the sky; what is more has nothing to do with the signal."""
    slope = model.slope * min(ratio, 1.0)
    floor = ratio * (model.slope * model.sky + model.floor) - slope * model.sky
    return replace(model, slope=slope, floor=floor, sky_variance=ratio * model.sky_variance)


def error_told_by_exposures(
    stack: AlignedStack, image: Coadd, noise: NoiseModel, denoiser: Denoiser, first_parts: Parts | None = None
) -> ConfirmedRisk | None:
    """Denoise parts of the exposures and let the others tell the error.

    Parameters
    ----------
    stack : AlignedStack
        The exposures.
    image : Coadd
        Their mean.
    noise : NoiseModel
        Its noise, as `corrected_noise` returns it.
    denoiser : Denoiser
        What denoises the mean.
    first_parts : Parts, optional
        As `corrected_noise` returns them; else they are made anew.

    Returns
    -------
    ConfirmedRisk or None
        None with fewer than four exposures, or where the denoiser is trained on what it denoises: what it learned from
        the mean has seen the noise of all parts.
    """
    if len(stack.placements) < FEWEST_EXPOSURES:
        return None
    if denoiser.recipe != "amsd" or denoiser.steps not in (None, 0):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmsdWarning)  # what matters was told of the mean of all
        ratio = float(noise.sky_variance / image.noise.sky_variance)
        told = confirm_risk(
            _frames(stack, ratio, first_parts),
            lambda frame: copy.copy(denoiser).fit_denoise(frame, noise=frame.noise),
            strata=STRATA if _seeings_are_alike(stack) else STRATA[:1],
        )
    for name, one in told.strata.items():
        _log.info("%s: error told by the exposures %.3f +- %.3f of what is claimed", name, one.ratio, one.ratio_error)
    return told


def _seeings_are_alike(stack: AlignedStack) -> bool:
    """Whether all parts have stars of one width: else their differences on sources are those of the seeing."""
    fwhm = np.array([one.fwhm for one in stack.placements])
    if not np.isfinite(fwhm).all():
        return True
    for role in roles_of_parts(stack.weights.tolist()):
        members = (list(one) for one in (role.denoised, role.first, role.second))
        widths = [float(np.average(fwhm[one], weights=stack.weights[one])) for one in members]
        if max(widths) > _ALIKE * min(widths):
            return False
    return True


def _frames(stack: AlignedStack, ratio: float, known: Parts | None) -> Iterator[tuple[Frame, Frame, Frame]]:
    """Yield parts of the exposures as frames, the first of what is known; their noise has so much of the variance."""
    for number, role in enumerate(roles_of_parts(stack.weights.tolist())):
        parts = _middles(_means(stack, role)) if known is None or number else known
        part, first, second = (_frame(one, ratio) for one in parts)
        yield part, first, second


def _means(stack: AlignedStack, role: Roles) -> Parts:
    return mean_of(stack, role.denoised), mean_of(stack, role.first), mean_of(stack, role.second)


def _middles(parts: Parts) -> Parts:
    part, first, second = (_middle(one) for one in parts)
    return part, first, second


def _middle(image: Coadd) -> Coadd:
    """The middle of an image, without the rest."""
    where = tuple(slice(max(0, (n - _SIDE) // 2), max(0, (n - _SIDE) // 2) + _SIDE) for n in image.data.shape)
    planes = ("data", "floor", "n_exposures", "mask", "flags")
    return replace(image, **{name: getattr(image, name)[where].copy() for name in planes}, unsure=None)


def _frame(image: Coadd, ratio: float) -> Frame:
    model = image.noise if ratio == 1 else _times(image.noise, ratio)
    data = np.where(image.mask, np.float32(image.sky), image.data)
    return Frame(data, mask=image.mask, noise=replace(model, source="exposures"))


def with_scaled_sigma(result: Frame, told: ConfirmedRisk) -> None:
    """Scale the 1-sigma map of a result by what the exposures tell of such maps, and record it; in place."""
    if result.uncertainty is not None:
        deviation = np.asarray(result.uncertainty.array) * np.float32(np.sqrt(told.factor))
        result.uncertainty = StdDevUncertainty(deviation, unit=result.unit, copy=False)
    for keyword, card in told.cards().items():
        result.header[keyword] = card


def with_seeing_error(result: Frame, image: Coadd) -> None:
    """Add to the 1-sigma map of a result what its mean may be wrong by for the seeing of its exposures; in place."""
    if image.unsure is None or result.uncertainty is None:
        return
    deviation = np.hypot(np.asarray(result.uncertainty.array), image.unsure)
    result.uncertainty = StdDevUncertainty(deviation, unit=result.unit, copy=False)
