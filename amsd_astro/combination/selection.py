"""Which of the exposures can be used: opened, no two the same, placed on the reference; the others are told."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from amsd_astro.combination.sources import Source
from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.exposures.exposure import Exposure, open_exposure
from amsd_astro.exposures.placing.placement import CannotPlaceError, Placement, place
from amsd_astro.progress import Progress

__all__ = ["Selection", "Used", "select_exposures"]

_log = logging.getLogger(__name__)

BEST = "best"


@dataclass(frozen=True, eq=False)
class Used:
    """An exposure that counts.

    Attributes
    ----------
    source : Source
        What it is of.
    exposure : Exposure
        What is known of it.
    placement : Placement
        On the reference.
    """

    source: Source
    exposure: Exposure
    placement: Placement


@dataclass(frozen=True, eq=False)
class Selection:
    """The exposures that count.

    Attributes
    ----------
    reference : Exposure
        Among them.
    used : tuple of Used
        In the order given, two at least.
    left_out : dict of str to str
        Names of the others, and why each is left out.
    checksums : tuple of str
        SHA-256 of all that was given, in its order; empty where there is nothing to read.
    """

    reference: Exposure
    used: tuple[Used, ...]
    left_out: dict[str, str] = field(default_factory=dict)
    checksums: tuple[str, ...] = ()

    @property
    def used_names(self) -> list[str]:
        """Names of those that count."""
        return [one.exposure.name for one in self.used]

    def fwhm(self, weights: Sequence[float]) -> float:
        """FWHM of the weighted mean's PSF, pixels of the reference: that of the mean of Gaussians' second moments."""
        widths = np.array([one.placement.fwhm for one in self.used])
        known = np.isfinite(widths)
        if not known.any():
            return float("nan")
        return float(np.sqrt(np.average(widths[known] ** 2, weights=np.asarray(weights)[known])))


def select_exposures(
    sources: Sequence[Source], *, reference: Any = None, noise: Any = None, progress: Progress | None = None
) -> Selection:
    """Open exposures and place them on one of them.

    Parameters
    ----------
    sources : sequence of Source
        All of them.
    reference : int, "best", or one of what was given, optional
        By default the first that can be used: if fewer than half of the others show its field, the first on which most
        can be placed.
    noise : NoiseModel or mapping, optional
        What the caller states of the noise of each.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    Selection

    Raises
    ------
    ValueError
        The reference is none of what was given.
    FrameError
        Fewer than two exposures can be used, or the reference that was named cannot.
    """
    wanted = _wanted(sources, reference)
    left_out: dict[str, str] = {}
    opened = _opened(sources, noise, left_out, progress, wanted)
    if not opened:
        raise FrameError(_too_few(0, left_out))
    if wanted is None:
        first, used, unplaced = _placed_on_most(opened, progress)
    else:
        first = next(one for source, one in opened if source is wanted)
        used, unplaced = _placed(opened, first, progress)
    if isinstance(reference, str) and reference == BEST and (best := _best(used)) is not first:
        first = best
        used, unplaced = _placed(opened, first, progress)
    left_out |= {name: _in_short(reason) for name, reason in unplaced.items()}
    if len(used) < 2:
        raise FrameError(_too_few(len(used), left_out))  # with the reasons, which are not told twice
    for name, reason in left_out.items():
        warnings.warn(f"{name} is left out: {reason}", AmsdWarning, stacklevel=5)
    return Selection(first, tuple(used), left_out, tuple(_checksum(source, opened) for source in sources))


def _checksum(source: Source, opened: Sequence[tuple[Source, Exposure]]) -> str:
    known = next((exposure.facts for one, exposure in opened if one is source), None)
    return source.checksum if known is None else known.checksum


def _wanted(sources: Sequence[Source], reference: Any) -> Source | None:
    """Return the source that is named as the reference; None where none is."""
    if reference is None or (isinstance(reference, str) and reference == BEST):
        return None
    if isinstance(reference, (int, np.integer)) and not isinstance(reference, bool):
        if not 0 <= reference < len(sources):
            raise ValueError(f"reference must be 0 to {len(sources) - 1}. Received: {reference}")
        return sources[int(reference)]
    found = next((source for source in sources if source.is_of(reference)), None)
    if found is None:
        received = reference if isinstance(reference, str) else type(reference).__name__
        raise ValueError(f"reference must be one of the exposures, its index or 'best'. Received: {received}")
    return found


def _opened(
    sources: Sequence[Source], noise: Any, left_out: dict[str, str], progress: Progress | None, wanted: Source | None
) -> list[tuple[Source, Exposure]]:
    """Open all exposures; one that cannot be used, or has the pixels of another, is left out."""
    opened: list[tuple[Source, Exposure]] = []
    known: dict[str, str] = {}
    for done, source in enumerate(sources, start=1):
        try:
            exposure = open_exposure(source.here, name=source.name, noise=noise, **source.options)
            twin = known.get(exposure.facts.pixels)
            if twin is not None:
                raise FrameError("it is given twice" if twin == source.name else f"its pixels are those of {twin}")
            known[exposure.facts.pixels] = source.name
            opened.append((source, exposure))
        except (FrameError, OSError) as error:
            if source is wanted:
                raise
            left_out[source.name] = _in_short(error.message if isinstance(error, FrameError) else str(error))
        if progress is not None:
            progress(done, len(sources), "measuring exposures")
    return opened


def _placed(
    opened: Sequence[tuple[Source, Exposure]], reference: Exposure, progress: Progress | None
) -> tuple[list[Used], dict[str, str]]:
    """Return the exposures that can be placed, and why the others cannot."""
    used, unplaced = [], {}
    for done, (source, exposure) in enumerate(opened, start=1):
        try:
            used.append(Used(source, exposure, place(reference, exposure)))
        except CannotPlaceError as error:
            unplaced[source.name] = error.message
        if progress is not None:
            progress(done, len(opened), "placing")
    return used, unplaced


def _placed_on_most(
    opened: Sequence[tuple[Source, Exposure]], progress: Progress | None
) -> tuple[Exposure, list[Used], dict[str, str]]:
    """Return the first exposure on which half of all or more can be placed, else that with the most; and these."""
    best: tuple[Exposure, list[Used], dict[str, str]] | None = None
    for _, exposure in opened:
        used, unplaced = _placed(opened, exposure, progress)
        if best is None or len(used) > len(best[1]):
            best = exposure, used, unplaced
        if 2 * len(best[1]) >= len(opened) and len(best[1]) > 1:
            break
    assert best is not None  # there are some
    return best


def _in_short(reason: str) -> str:
    """Return a reason as it stands in a list."""
    return reason.rstrip(".")


def _too_few(n_used: int, left_out: dict[str, str]) -> str:
    reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
    return f"at least two exposures of one field are needed. Received: {n_used} that can be used ({reasons})"


def _best(used: Sequence[Used]) -> Exposure:
    """The exposure that shows faint stars best by itself: most light of a star over the noise within its PSF."""

    def depth(one: Used) -> float:
        width = one.placement.fwhm if np.isfinite(one.placement.fwhm) else 1.0
        return float(one.placement.scale / (np.sqrt(one.exposure.noise.sky_variance) * width))

    return max(used, key=depth).exposure
