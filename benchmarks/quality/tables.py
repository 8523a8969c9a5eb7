"""The tables of the quality benchmark, in Markdown, from what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.quality.errors import Difference, FrameErrors, geometric_mean, pooled
from benchmarks.quality.repeats import SIGNALS, FluxLost
from benchmarks.scenes.strata import STRATA

__all__ = ["BASE", "bias_table", "flux_table", "frame_table", "pooled_table", "repeat_table"]

BASE = "bm3d"
"""The method that errors are compared with."""

Frames = Mapping[str, Mapping[str, FrameErrors]]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _start(title: str, heads: Sequence[str]) -> list[str]:
    return [f"## {title}\n", _row(heads), "|---" * len(heads) + "|"]


def _methods(frames: Frames) -> list[str]:
    """Methods that ran on every frame."""
    first = next(iter(frames.values()))
    return [method for method in first if all(method in found for found in frames.values())]


def frame_table(title: str, frames: Frames) -> list[str]:
    """Rms over all good pixels by frame and method, and the ratios to `BASE`."""
    methods = _methods(frames)
    lines = _start(title, ["frame", *methods])
    lines += [
        _row([name, *(f"{found[method].rms['all']:.3f}" for method in methods)]) for name, found in frames.items()
    ]
    if BASE in methods:
        ratios = {
            method: [found[method].rms["all"] / found[BASE].rms["all"] for found in frames.values()]
            for method in methods
        }
        lines.append(_row([f"over {BASE}, geometric mean", *(f"{geometric_mean(ratios[m]):.3f}" for m in methods)]))
        lines.append(_row([f"over {BASE}, largest", *(f"{max(ratios[m]):.3f}" for m in methods)]))
    return [*lines, ""]


def pooled_table(title: str, frames: Frames) -> list[str]:
    """Rms by stratum over the pixels of all frames; the lowest of each stratum in bold."""
    methods = _methods(frames)
    found = {method: pooled([frame[method] for frame in frames.values()]) for method in methods}
    strata = [name for name, *_ in STRATA if all(name in one for one in found.values())]
    lowest = {name: min(one[name] for one in found.values()) for name in strata}
    lines = _start(title, ["method", *("all" if name == "all" else f"S/N {name}" for name in strata)])
    for method, one in found.items():
        cells = [f"**{one[name]:.3f}**" if one[name] == lowest[name] else f"{one[name]:.3f}" for name in strata]
        lines.append(_row([method, *cells]))
    return [*lines, ""]


def bias_table(title: str, frames: Frames, methods: Sequence[str]) -> list[str]:
    """Mean error over the true noise on sky and above S/N 5, by frame, of some methods."""
    shown = [method for method in methods if method in _methods(frames)]
    if not shown:
        return []
    strata = {"sky": "< 0.1", "S/N > 5": "> 5"}
    lines = _start(title, ["frame", *(f"{method}: {zone}" for method in shown for zone in strata)])
    for name, found in frames.items():
        biases = [found[method].bias.get(stratum) for method in shown for stratum in strata.values()]
        lines.append(_row([name, *("" if bias is None else f"{bias:+.4f}" for bias in biases)]))
    return [*lines, ""]


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return ""
    return f"{difference.mean:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"


@dataclass(frozen=True)
class RepeatScore:
    """What a method leaves on a repeat: errors by zone, what it claims for them, and the flux of faint sources."""

    errors: Mapping[str, float]
    claims: Mapping[str, float]
    flux: FluxLost | None


def repeat_table(
    title: str,
    scores: Mapping[str, Mapping[str, RepeatScore]],
    differences: Mapping[str, Mapping[str, Mapping[str, Difference]]],
    ours: str,
) -> list[str]:
    """Remaining errors, lost flux and paired differences, by set and method.

    Parameters
    ----------
    title : str
        Heading.
    scores : mapping
        Of set and method.
    differences : mapping
        Of set, method and zone: squared error of ``ours`` less that of the method, over the squared noise.
    ours : str
        Which method of the package is compared.
    """
    compared = [f"{ours} less it, {zone}" for zone in ("sky", "faint")]
    zones = ("sky", "levelled sky", "faint")
    heads = ["set", "method", "sky", "claimed", "sky, levelled", "faint", "claimed", "flux, %", *compared]
    lines = _start(title, heads)
    for name, methods in scores.items():
        for method, found in methods.items():
            # a set without a zone has no score there
            left = [f"{found.errors[zone]:.3f}" if zone in found.errors else "" for zone in zones]
            claimed = [f"{found.claims[zone]:.3f}" if zone in found.claims else "" for zone in ("sky", "faint")]
            errors = [left[0], claimed[0], left[1], left[2], claimed[1]]
            paired = differences.get(name, {}).get(method, {})
            lost = found.flux
            flux = "" if lost is None else f"{100 * lost.share:+.2f} +- {100 * lost.error:.2f}"
            lines.append(
                _row([name, method, *errors, flux, *(_difference(paired.get(zone)) for zone in ("sky", "faint"))])
            )
    return [*lines, ""]


def flux_table(title: str, fluxes: Mapping[str, Mapping[str, Sequence[FluxLost | None]]]) -> list[str]:
    """Flux won or lost by classes of sources.

    Parameters
    ----------
    title : str
        Heading.
    fluxes : mapping
        Of set and method: what `flux_by_signal` gives.
    """
    names = [f"S/N {low} to {high}" if math.isfinite(high) else f"S/N > {low}" for low, high in SIGNALS]
    lines = _start(title, ["set", "method", *names])
    for name, methods in fluxes.items():
        for method, classes in methods.items():
            lines.append(_row([name, method, *(_flux(one) for one in classes)]))
    return [*lines, ""]


def _flux(lost: FluxLost | None) -> str:
    if lost is None:
        return ""
    return f"{100 * lost.share:+.1f} +- {100 * lost.error:.1f} ({lost.n_sources})"
