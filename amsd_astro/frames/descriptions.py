"""Frames, noise models and denoisings in words and numbers, for people."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import numpy as np
from astropy.io import fits

from amsd_astro.arrays.blocks import typical
from amsd_astro.frames.denoising_record import Record, error_left, read_record
from amsd_astro.frames.described_pixels import DescribedPixels
from amsd_astro.noise.model import NoiseModel
from amsd_astro.printable import printable

__all__ = [
    "flux_in_words",
    "frame_facts",
    "frame_in_lines",
    "frame_title",
    "noise_in_words",
    "recipe_in_words",
    "risk_in_words",
    "unit_in_words",
]


def frame_in_lines(frame: DescribedPixels) -> str:
    """Return what is known of a frame as text of at most ten lines.

    Parameters
    ----------
    frame : Frame
        The frame.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cards that are odd
        record = read_record(frame.header)
        facts = dict(frame_facts(frame, record))
        title = frame_title(frame, record)
    facts["size"] += f", {facts.pop('unit')}"
    return "\n ".join(map(printable, [f"<{title}", *(f"{name}: {text}" for name, text in facts.items())])) + ">"


def frame_title(frame: DescribedPixels, record: Record | None) -> str:
    """Return what a frame is, its object and its file, as far as they are known.

    Parameters
    ----------
    frame : Frame
        The frame.
    record : Record or None
        What its cards say of a denoising.
    """
    parts = ["Frame" if record is None else "Denoised frame"]
    with contextlib.suppress(fits.VerifyError, ValueError):
        name = frame.header.get("OBJECT")
        parts += [name.strip()] if isinstance(name, str) and name.strip() else []
    if frame.source is not None:
        parts.append(f"{frame.source.path.name}[{frame.source.hdu}]")
    return ", ".join(parts)


def frame_facts(frame: DescribedPixels, record: Record | None) -> Iterator[tuple[str, str]]:
    """Yield what is known of a frame, by its name.

    Parameters
    ----------
    frame : Frame
        The frame.
    record : Record or None
        As for `frame_title`.
    """
    unit = unit_in_words(frame)
    yield "size", f"{' x '.join(str(n) for n in reversed(frame.data.shape))} pixels, {frame.data.dtype}"
    yield "unit", unit or "none stated"
    n_masked = int(np.count_nonzero(frame.mask | ~np.isfinite(frame.data)))
    yield "masked", f"{n_masked} pixels ({100 * n_masked / max(frame.data.size, 1):.2g} %)"
    if (noise := frame.noise) is not None:
        yield from noise_in_words(noise, unit)
    if record is None:
        return
    yield "recipe", recipe_in_words(record)
    risk, flux = risk_in_words(record), flux_in_words(record)
    yield "estimated rms error left", "not measured" if risk is None else risk
    yield "flux of faint sources", "not measured" if flux is None else flux


def unit_in_words(frame: DescribedPixels) -> str:
    """Return the unit of a frame; empty for none.

    Parameters
    ----------
    frame : Frame
        The frame.
    """
    return "" if frame.unit is None else str(frame.unit.to_string())


def noise_in_words(noise: NoiseModel, unit: str) -> list[tuple[str, str]]:
    """Return what there is to say of a noise model, by its name.

    Parameters
    ----------
    noise : NoiseModel
        As measured or recorded; a floor that is a map is told by its median.
    unit : str
        Of the frame; empty for none.
    """
    sigma = float(np.sqrt(max(noise.sky_variance, 0.0)))
    floor = typical(noise.floor)
    median = " (median of a map)" if np.ndim(noise.floor) else ""
    variance = f"{noise.slope:.4g} * signal {'-' if floor < 0 else '+'} {abs(floor):.4g}{median}"
    across, along = noise.neighbours
    return [
        ("sky", f"{noise.sky:.6g} ± {sigma:.4g} {unit}".rstrip()),
        ("variance", variance),
        ("slope from", noise.source),
        ("correlation", f"{across:.3f} along x, {along:.3f} along y (next pixel)"),
    ]


def recipe_in_words(record: Record) -> str:
    """Return recipe, mode and steps of a denoising."""
    mode = "" if record.mode is None else f", mode {record.mode}"
    steps = "" if record.steps is None else f", {record.steps} steps"
    return f"{record.recipe or 'not recorded'}{mode}{steps}"


def risk_in_words(record: Record) -> str | None:
    """Return the estimated error of a denoised frame, None where none is recorded."""
    if record.risk is None:
        return None
    error = "" if record.risk_error is None else f" ± {record.risk_error:.2g}"
    if not record.is_trusted:
        return f"cannot be told, the noise is not what it was taken for (AMSDRISK {record.risk:.4f}{error})"
    return f"{error_left(record.risk)} (AMSDRISK {record.risk:.4f}{error})"


def flux_in_words(record: Record) -> str | None:
    """Return what a denoising did to the flux of faint sources, None where it is not recorded."""
    if record.flux is None:
        return None
    error = "" if record.flux_error is None else f" ± {record.flux_error:.1f}"
    return f"{record.flux:+.1f}{error} %"
