"""What `amsd-astro inspect` tells of an image, in words: one screen that shows whether the file was understood."""

from __future__ import annotations

from typing import Any

from amsd_astro.printable import one_line

__all__ = ["image_lines"]

_MOST_FLAGS, _MOST_NAMES = 8, 8
_UNCORRELATED = 0.02


def image_lines(record: dict[str, Any]) -> list[str]:
    """Return the lines about image, planes and noise.

    Parameters
    ----------
    record : dict
        As `--json` prints it.
    """
    image, noise = record["image"], record["noise"]
    unit = image["unit"]
    ny, nx = image["shape"]
    masked = f"{image['n_masked']} masked ({image['n_masked'] / (ny * nx):.2%})"
    rows = [
        ("image", f"HDU {image['hdu']}, {nx} x {ny} pixels, {image['dtype']}, {masked}"),
        *_plane_rows(record["planes"]),
        ("unit", unit or "none stated"),
        ("sky level", f"{noise['sky']:.6g} {unit}".rstrip() + _electrons(noise)),
        ("sky sigma", f"{noise['sky_sigma']:.4g} {unit}"),
        ("pedestal", _pedestal(noise, unit)),
        ("gain", _gain(noise, unit)),
        ("read noise", _read_noise(noise)),
        ("variance", f"{noise['slope']:.4g} * signal {_signed(noise['floor'])}{_floor_note(noise)}"),
        ("slope from", noise["source"] + _other_slopes(noise)),
        ("stated/measured", _agreement(noise)),
        ("correlation", _correlation(noise)),
        ("offsets", _offsets(record["offsets"])),
    ]
    if image["denoised"]:
        rows.append(("denoised", "yes: this is an output of amsd-astro"))
    verdict = record["verdict"]
    said = ["fine: it can be denoised as it is"] if verdict["fine"] else [f"look again: {verdict['reasons'][0]}"]
    rows += [("verdict" if not n else "", text) for n, text in enumerate([*said, *verdict["reasons"][1:]])]
    return [one_line(f"{name and name + ':':<17}{value}").rstrip() for name, value in rows]


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {abs(value):.4g}"


def _electrons(noise: dict[str, Any]) -> str:
    electrons = noise["sky_electrons"]
    return f", {electrons:.3g} electrons a pixel above the pedestal" if electrons and electrons > 0 else ""


def _unknown(noise: dict[str, Any]) -> str:
    """Why pedestal and read noise are unknown; empty where there is no such reason."""
    if noise["gain"] is None:
        return "cannot be told without a gain"
    if noise["source"] == "assumed":
        return "cannot be told: the gain is assumed"
    if abs(noise["sky"]) < noise["sky_sigma"]:
        return "cannot be told: the sky was taken off"
    return ""


def _pedestal(noise: dict[str, Any], unit: str) -> str:
    pedestal = noise["pedestal"]
    if pedestal is None:
        return _unknown(noise) or "cannot be told: no read noise is stated"
    told = f"{pedestal:.4g} {unit}".rstrip()
    if not noise["pedestal_is_known"]:
        return f"at least {told}, more with read noise"
    small = abs(pedestal) < noise["sky_sigma"]
    return "none: a pixel without light is zero" if small else f"{told}, by the noise of the sky"


def _gain(noise: dict[str, Any], unit: str) -> str:
    if noise["gain"] is None:
        return "none: no photon noise is counted"
    source = noise["source"]
    whose = {"caller": "as stated", "data": "as the pixels show", "assumed": "assumed"}.get(source, f"by the {source}")
    return f"{noise['gain']:.4g} e/{unit or 'unit'}, {whose}"


def _read_noise(noise: dict[str, Any]) -> str:
    electrons, source = noise["read_noise"], noise["read_noise_source"]
    if electrons is None:
        return _unknown(noise) or "not stated, and not to be told from the pedestal"
    if source == "data":
        return f"at most {electrons:.3g} e, by the noise of the sky"
    return f"{electrons:.3g} e, {'as stated' if source == 'caller' else 'by the header'}"


def _correlation(noise: dict[str, Any]) -> str:
    across, along = noise["correlation_x"], noise["correlation_y"]
    strongest = max(abs(across), abs(along))
    words = "none, as in a raw frame" if strongest < _UNCORRELATED else "as in a resampled or smoothed frame"
    return f"{across:.3f} along x, {along:.3f} along y (next pixel): {words}"


def _offsets(offsets: dict[str, float]) -> str:
    if not any(offsets.values()):
        return "none: no pattern of rows or columns"
    told = f"{offsets['rows']:.2f} of rows, {offsets['columns']:.2f} of columns (rms, over the noise)"
    return f"{told}; kept, and left out by --destripe"


def _plane_rows(planes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Masks, errors and weights that are used, with their flags; then what is left aside, and why."""
    rows = []
    for role in ("mask", "errors", "weights"):
        used = [plane for plane in planes if plane["used"] and plane["role"] == role]
        rows += [(role, _named(plane)) for plane in used]
        if not used and role != "weights":
            rows.append((role, "none"))
        rows += [("", text) for plane in used for text in _flags(plane["flags"])]
    return rows + [("not used", text) for text in _left_aside(planes)]


def _left_aside(planes: list[dict[str, Any]]) -> list[str]:
    """A line for each reason."""
    reasons: dict[str, list[str]] = {}
    for plane in planes:
        if not plane["used"]:
            reasons.setdefault(plane["note"], []).append(f"{plane['hdu']} {plane['name']}".rstrip())
    return [f"HDU {_shortened(names)}: {note}" for note, names in reasons.items()]


def _shortened(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _named(plane: dict[str, Any]) -> str:
    where = f" of {plane['file']}" if plane["file"] else ""
    return f"HDU {plane['hdu']} {plane['name']}".rstrip() + f"{where}: {plane['note']}"


def _flags(flags: dict[str, int]) -> list[str]:
    """The commonest flags, a line of each."""
    common = sorted(flags, key=lambda flag: -flags[flag])[:_MOST_FLAGS]
    lines = [f"{flags[flag]} pixels have {flag}" for flag in common]
    return lines + ([f"and {len(flags) - _MOST_FLAGS} more flags"] if len(flags) > _MOST_FLAGS else [])


def _other_slopes(noise: dict[str, Any]) -> str:
    """What the other sources say of the slope."""
    others = [f"{source} {slope:.4g}" for source, slope in noise["slopes"].items() if source != noise["source"]]
    return f" (others say: {', '.join(others)})" if others else ""


def _agreement(noise: dict[str, Any]) -> str:
    """Variance of the sky as it was stated over the measured one; nan where a pedestal may be in the way."""
    if noise["agreement"] == noise["agreement"]:
        return f"{noise['agreement']:.3f}"
    return "not comparable" if noise["source"] in ("caller", "header", "variance plane") else "none stated"


def _floor_note(noise: dict[str, Any]) -> str:
    return " (median of a map)" if noise["floor_is_map"] else ""
