"""Whether what `amsd-astro inspect` found can be denoised as it is, and what is to be stated where not."""

from __future__ import annotations

from typing import Any

from amsd_astro.frames.noise import other_slope

__all__ = ["verdict_of"]

_STATED = (0.8, 1.25)  # of the variance that the sky shows
_BELOW = 5.0  # noises of the sky by which a pedestal may be below zero
_STATE = "state --gain (electrons per unit) and --read-noise, or --noise SLOPE,FLOOR"
_CHECK = "check what you state: the gain is in electrons per unit of the file, the read noise in electrons"


def verdict_of(record: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be stored as the verdict: whether all is fine, and what is not.

    Parameters
    ----------
    record : dict
        As `--json` prints it, without the verdict.
    """
    if record.get("refused"):
        return {"fine": False, "reasons": [f"it is not denoised: {record['refused']}"]}
    if record["image"]["denoised"]:  # what its noise was, its cards tell
        return {"fine": False, "reasons": ["it is denoised already: give the exposure itself, or --force"]}
    reasons = [*_noise_reasons(record["noise"]), *_other_reasons(record)]
    return {"fine": not reasons, "reasons": reasons}


def _noise_reasons(noise: dict[str, Any]) -> list[str]:
    reasons = []
    cure = _CHECK if noise["source"] == "caller" else _STATE
    if noise["source"] == "none" or not noise["sky_sigma"] > 0:
        reasons.append("the frame shows no noise, so there is nothing to take out")
    if noise["source"] == "assumed":
        reasons.append(f"nothing tells the gain, so it is assumed: {_STATE}")
    agreement = noise["agreement"]
    if agreement == agreement and not _STATED[0] <= agreement <= _STATED[1]:
        reasons.append(f"the stated variance is {agreement:.2f} times the one that the sky shows: {cure}")
    told, others = noise["slope"], noise["slopes"]
    if name := other_slope(told, others):
        gains = f"{1 / told:.3g} e/unit {_by(noise['source'])}, {1 / others[name]:.3g} by the {name}"
        reasons.append(f"the gain is {gains}: {cure}")
    pedestal = noise["pedestal"]
    if noise["pedestal_is_known"] and pedestal < -_BELOW * noise["sky_sigma"]:
        reasons.append(f"the sky is noisier than its photons and the read noise: {cure}")
    return reasons


def _by(source: str) -> str:
    return "as stated" if source == "caller" else f"by the {source}"


def _other_reasons(record: dict[str, Any]) -> list[str]:
    image = record["image"]
    reasons = []
    share = image["n_masked"] / (image["shape"][0] * image["shape"][1])
    if share > 0.5:
        reasons.append(f"{share:.0%} of the pixels are masked: name the right mask by --mask-ext or --mask-bits")
    unused = [plane for plane in record["planes"] if plane["role"] == "errors" and not plane["used"]]
    if unused and not image["has_errors"] and record["noise"]["source"] in ("assumed", "data"):
        reasons.append("a plane of errors is there and not used: name it by --error-ext and --error-kind")
    if record["warnings"]:
        reasons.append(f"of this it was warned: {record['warnings'][0]}")
    return reasons
