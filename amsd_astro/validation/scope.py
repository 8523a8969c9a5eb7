"""How far a validation goes on a frame: what nothing was tested of, and whether that leaves the verdict open."""

from __future__ import annotations

import math
import warnings

from amsd_astro.errors import AmsdWarning
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.measurement import Stated
from amsd_astro.noise.model import NoiseModel
from amsd_astro.validation.measurements import Measurements
from amsd_astro.validation.measures.psf import MeasuredPsf
from amsd_astro.validation.parts import Check

__all__ = ["scope_checks", "stated_photon_noise", "untested_in_words"]

_TOLD = 0.01  # share of the frame's light from which what is not tested is told
_UNKNOWN = ("assumed", "none")


def stated_photon_noise(frame: Frame, noise: NoiseModel, stated: Stated) -> float:
    """Return the photon noise that a caller states over that of the frame itself.

    Parameters
    ----------
    frame : Frame
        As observed.
    noise : NoiseModel
        What its noise is taken for.
    stated : NoiseModel, mapping or None
        What the caller stated.

    Returns
    -------
    float
        NaN where nothing was stated, or where neither pixels nor header tell.
    """
    if stated is None or (not isinstance(stated, NoiseModel) and stated.get("gain") is None):
        return math.nan
    with warnings.catch_warnings():  # of a noise that stands aside
        warnings.simplefilter("ignore", AmsdWarning)
        own = measure_noise(frame)
    slope = own.slopes.get("data", math.nan if own.source in _UNKNOWN else own.slope)
    return noise.slope / slope if slope > 0 else math.nan


def scope_checks(measurements: Measurements, psf: MeasuredPsf, photon_noise: float) -> list[Check]:
    """Doubts: beyond their limits nothing failed, but the verdict is left open.

    Parameters
    ----------
    measurements : Measurements
        From `measure_experiment`.
    psf : MeasuredPsf
        By which sources were put in.
    photon_noise : float
        From `stated_photon_noise`.
    """
    light = 100 * measurements.coverage.light
    return [
        Check(
            "untested_light", "The sources put in should stand for most of the frame's light", light, unit="%",
            sentence="Light of the frame's sources in crowds and in objects larger than any that was put in.",
            verb="they tell nothing of", is_doubt=True,
        ),
        Check(
            "psf_stars", "The PSF should be measured on stars of the frame",
            math.nan if psf.source == "stated" else float(psf.n_stars), verb="stars that show it:", is_doubt=True,
            sentence="Stars are put in by that PSF, and all checks of stars, widths and depth rest on it.",
        ),
        Check(
            "photon_noise", "The photon noise stated should be what the frame shows", photon_noise,
            sentence="By the gain that was stated, over what pixels or header tell. Not judged where none was stated.",
            verb="stated over shown:", is_doubt=True,
        ),
    ]  # fmt: skip


def untested_in_words(measurements: Measurements, psf: MeasuredPsf) -> list[str]:
    """Say what was not tested, a sentence each."""
    coverage, extended = measurements.coverage, measurements.extended
    said = []
    if coverage.light >= _TOLD:
        said.append(
            f"Not tested: sources in crowds and objects larger than those put in, {_percent(coverage.frame)} of the "
            f"frame and {_percent(coverage.light)} of the light of its sources, the brightest around "
            f"x {coverage.x + 1:.0f}, y {coverage.y + 1:.0f}: the sources put in stand on open sky."
        )
    if math.isnan(extended.change):
        said.append("Not tested: faint extended light, such as halos; too little of it lies beside open sky.")
    if psf.source == "assumed":
        said.append(
            f"Not tested: sources of the frame's own PSF. Too few isolated stars show it: one of FWHM "
            f"{psf.fwhm:.2f} px was assumed. State its width (--fwhm)."
        )
    return said


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= _TOLD else "under 1 %"
