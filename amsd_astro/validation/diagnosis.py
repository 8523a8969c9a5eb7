"""What is likely wrong with a denoiser, from the checks it failed."""

from __future__ import annotations

from collections.abc import Sequence

from amsd_astro.frames.denoising_record import Record
from amsd_astro.validation.measures.light.extended import EXTENDED_LEVELS
from amsd_astro.validation.parts import Check

__all__ = ["diagnose"]

_BLUR = "It blurs: stars are wider than they were."
_INVENTS = "It invents sources: there are detections where nothing is."
_REMOVES = "It removes faint sources: {what}{besides}."
_SCALES = "It scales flux: bright sources{kept} all {verb} {share:.1f} % of it."
_SHARE = "It takes a share of faint light: {share:.1f} % of what is 2 to 20 sigma above the sky."
_HALO_STAYS = "Faint extended light, halos and outskirts, stays, by a check of its own."
_HALO = "It {verb} faint extended light: {share:.1f} % of what is {low:g} to {high:g} sigma above the sky."
_TOO_HIGH = (
    "Its noise model is wrong: the estimated error is below zero, so the noise was taken for more than it is, and what "
    "was taken out holds structure. State the noise."
)
_TOO_LOW = (
    "Its noise model is wrong, or its weights do not suit the frame: the estimated error is more than the noise. State "
    "the noise."
)
_LITTLE = "It takes little of the noise out: what was taken is narrower than the noise."
_SKY = "It moves the level of the sky."
_SIGMA = "Its sigma map is {word}: errors are {value:.2f} times what it says."


def diagnose(checks: Sequence[Check], record: Record | None = None, *, where: str = "") -> list[str]:
    """Say in sentences what failed checks have in common; empty where none failed, and the noise model is credible.

    Parameters
    ----------
    checks : sequence of Check
        From `checks_of`.
    record : Record, optional
        Of the denoised frame.
    where : str, optional
        Where faint light was taken from, a sentence.

    Returns
    -------
    list of str
        The most telling first.
    """
    by_name = {check.name: check for check in checks}

    def below(name: str) -> bool:
        check = by_name.get(name)
        return check is not None and check.passed is False and check.low is not None and check.value < check.low

    def above(name: str) -> bool:
        check = by_name.get(name)
        return check is not None and check.passed is False and check.high is not None and check.value > check.high

    blurs = above("fwhm")
    bright = by_name["flux_bright"]
    keeps_shape = (shape := by_name.get("fwhm")) is not None and shape.passed is True
    found = []
    too_high = False
    if record is not None and not record.is_trusted:
        too_high = record.risk is not None and record.risk < 0
        found.append(_TOO_HIGH if too_high else _TOO_LOW)
    if blurs:
        found.append(_BLUR)
    # what blurs also smears masked pixels over their neighbours, and noise that is left in has peaks of its own
    invents = above("false_detections") or (not blurs and (above("false_mirrored") or above("unsupported")))
    invents = invents and not below("residual_width")
    if invents:
        found.append(_INVENTS)
    if bright.passed is False and not blurs:
        verb, kept = "gain" if bright.value > 0 else "lose", ", whose shape is kept," if keeps_shape else ""
        found.append(_SCALES.format(verb=verb, share=abs(bright.value), kept=kept))
    elif not blurs and (below("flux_faint") or (below("depth") and not invents)):
        besides = ", while bright ones keep theirs" if below("flux_faint") and bright.passed else ""
        found.append(_REMOVES.format(what=_lost(by_name, below("flux_faint")), besides=besides))
    elif not blurs and above("residual_faint") and not above("residual_slope"):
        extended = by_name.get("extended_light")
        stays = _HALO_STAYS if extended is not None and extended.passed else ""
        found.append(" ".join(filter(None, [_SHARE.format(share=by_name["residual_faint"].value), where, stays])))
    if below("extended_light") or above("extended_light"):
        value, (low, high) = by_name["extended_light"].value, EXTENDED_LEVELS
        found.append(_HALO.format(verb="takes" if value < 0 else "adds to", share=abs(value), low=low, high=high))
    if below("residual_width") and not too_high:  # it is narrow beside a noise that was taken for too wide
        found.append(_LITTLE)
    if below("residual_mean") or above("residual_mean"):
        found.append(_SKY)
    if below("sigma_width") or above("sigma_width"):
        word = "too wide" if below("sigma_width") else "too narrow"
        found.append(_SIGMA.format(word=word, value=by_name["sigma_width"].value))
    return found


def _lost(by_name: dict[str, Check], has_lost_flux: bool) -> str:
    if has_lost_flux:
        return f"those of S/N 4 to 10 lose {-by_name['flux_faint'].value:.0f} % of their flux"
    return f"a matched filter on the raw frame finds what is {-by_name['depth'].value:.1f} mag fainter"
