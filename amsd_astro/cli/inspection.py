"""What `amsd-astro inspect` tells of an image, in words: one screen that shows whether the file was understood."""

from __future__ import annotations

from typing import Any

from amsd_astro.printable import one_line

__all__ = ["image_lines"]

_MOST_FLAGS, _MOST_NAMES = 8, 8


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
        ("sky level", f"{noise['sky']:.6g} {unit}"),
        ("sky sigma", f"{noise['sky_sigma']:.4g} {unit}"),
        ("variance", f"{noise['slope']:.4g} * signal + {noise['floor']:.4g}{_floor_note(noise)}"),
        ("slope from", noise["source"] + _other_slopes(noise)),
        ("stated/measured", _agreement(noise)),
        ("correlation", f"{noise['correlation_x']:.3f} along x, {noise['correlation_y']:.3f} along y (next pixel)"),
    ]
    offsets = record["offsets"]
    if any(offsets.values()):
        rows.append(
            ("offsets", f"{offsets['rows']:.2f} of rows, {offsets['columns']:.2f} of columns (rms, over the noise)")
        )
    if image["denoised"]:
        rows.append(("denoised", "yes: this is an output of amsd-astro"))
    return [one_line(f"{name and name + ':':<17}{value}").rstrip() for name, value in rows]


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
