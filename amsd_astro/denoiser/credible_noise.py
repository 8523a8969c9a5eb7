"""Noise models that the result refutes: others are tried, and what remains refuted is told."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from amsd_astro.denoiser.preparation import Prepared, with_noise
from amsd_astro.errors import NoiseWarning
from amsd_astro.frames import Frame
from amsd_astro.frames.denoising_record import is_credible, read_record
from amsd_astro.frames.other_noises import other_noises

if TYPE_CHECKING:
    from amsd_astro.network.calibrated import Calibrated
    from amsd_astro.network.held_out_risk import Adaptation

__all__ = ["calibrate_credibly", "tell_where_noise_is_refuted"]

_MOST_OTHERS = 2

Calibrate = Callable[[Prepared, "Adaptation | None"], "Calibrated"]


def calibrate_credibly(
    calibrate: Calibrate, prepared: Prepared, trained: Adaptation | None, *, seed: int
) -> tuple[Prepared, Calibrated, int]:
    """Calibrate a model on a frame, by another noise model where the risk refutes the first.

    Parameters
    ----------
    calibrate : callable
        From a prepared frame, and what training on it found, to what it teaches.
    prepared : Prepared
        The frame. A noise model that the caller gave as a whole is not replaced.
    trained : Adaptation or None
        What training on this very frame found.
    seed : int
        As for `prepare`.

    Returns
    -------
    prepared, found, n_tried
        The frame by the first model that is not refuted, of at most three; else by that of the least noise, as too
        little costs less than too much. What it teaches, and how many models were tried.
    """
    found = calibrate(prepared, trained)
    risk = found.risk
    if risk is None or _is_credible(found) or prepared.is_given:
        return prepared, found, 1
    tried = [(prepared, found)]
    for noise in islice(other_noises(prepared.bare, prepared.noise, is_too_high=risk.value < 0), _MOST_OTHERS):
        other = with_noise(prepared, noise, seed=seed)
        tried.append((other, calibrate(other, None)))
        if _is_credible(tried[-1][1]):
            before, after = (float(np.sqrt(one.noise.sky_variance)) for one in (prepared, other))
            message = (
                f"the noise that was found first, {before:.4g} on the sky, is refuted by the estimated error "
                f"({risk.value:.3f} +- {risk.error:.3f} of its variance): {after:.4g} is used. Better state the noise"
            )
            warnings.warn(message, NoiseWarning, stacklevel=5)
            return *tried[-1], len(tried)
    return *min(tried, key=lambda one: one[0].noise.sky_variance), len(tried)


def _is_credible(found: Calibrated) -> bool:
    risk = found.risk
    return risk is None or is_credible(risk.value / risk.noise, risk.error / risk.noise)


def tell_where_noise_is_refuted(denoised: Frame, *, stacklevel: int) -> None:
    """Warn where the estimated error of a denoised frame cannot be."""
    record = read_record(denoised.header)
    if record is None or record.is_trusted:
        return
    below = record.risk is not None and record.risk < 0
    what = "the noise is not what it was taken for" + ("" if below else ", or the weights do not suit the frame")
    message = (
        f"{what}: the estimated error that is left, {record.risk:.3f} +- {record.risk_error:.3f} of the noise's "
        f"variance, is {'below zero' if below else 'more than there was'}. Trust neither the result nor its 1-sigma "
        "map before the noise model is right: state gain and read noise, a plane of errors, or slope and floor"
    )
    warnings.warn(message, NoiseWarning, stacklevel=stacklevel + 1)
