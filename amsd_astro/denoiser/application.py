"""The network applied to a frame, tile by tile, within the memory there is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.arrays.tiling import Tile, cut_tile, halved_tiles, plan_tiles, tile_core
from amsd_astro.denoiser.preparation import Prepared
from amsd_astro.frames.denoised import Denoised
from amsd_astro.progress import Progress
from amsd_astro.resources import memory_limit

if TYPE_CHECKING:
    from amsd_astro.network.calibrated import KnownAnswers
    from amsd_astro.network.predictor import Estimate, Predictor

__all__ = ["apply_model", "tile_side", "unchanged"]

_log = logging.getLogger(__name__)

_LARGEST, _SMALLEST = 1024, 64
_STRIP = 64  # rows brought back at a time: they stay in the processor's cache
_SHARE = 0.25  # of the memory is the most that a tile may take


def tile_side(halo: int, bytes_per_pixel: int) -> int:
    """Return how many pixels on a side the core of a tile has, by the memory this process may use.

    Parameters
    ----------
    halo : int
        Pixels around the core.
    bytes_per_pixel : int
        That the network takes at its peak, for the halo's pixels too.
    """
    side = _LARGEST
    while side > _SMALLEST and bytes_per_pixel * (side + 2 * halo) ** 2 > _SHARE * memory_limit():
        side //= 2
    return side


def apply_model(
    model: Predictor,
    calibration: Any,
    prepared: Prepared,
    *,
    n_orientations: int,
    destripe: bool = False,
    known: KnownAnswers | None = None,
    progress: Progress | None = None,
) -> Denoised:
    """Denoise a frame; a tile for which the memory does not suffice is made in smaller ones.

    Parameters
    ----------
    model : Predictor
        The network.
    calibration
        What the frame teaches it, as `Predictor.predict` takes it.
    prepared : Prepared
        The frame.
    n_orientations : int
        As `Predictor.predict` takes it.
    destripe : bool, optional
        Whether the pattern of rows and columns that was taken off stays off.
    known : KnownAnswers, optional
        What the network has said of all of the frame.
    progress : callable, optional
        Called after each tile.

    Returns
    -------
    Denoised

    Raises
    ------
    MemoryError
        There is none even for a small tile.
    """
    if prepared.values is None:
        raise ValueError("prepared must have values. Received: a frame without noise")
    result = Denoised.like(prepared.frame)
    stride, halo = model.stride(calibration), model.halo(calibration)
    plan = plan_tiles(
        prepared.values.shape, core=tile_side(halo, model.bytes_per_pixel), halo=halo, stride=stride, edge=model.edge
    )
    correlation = prepared.noise.correlation

    def predict(pixels: NDArray[np.float32]) -> Estimate:
        if known is not None and known.images.shape == (1, *pixels.shape):  # the frame is one tile
            return known.estimate(calibration)
        return model.predict(pixels[None], correlation, calibration, n_orientations=n_orientations)

    waiting, n_done = list(plan), 0
    while waiting:
        try:
            _fill_tile(result, predict, model.margin, prepared, waiting[0], destripe=destripe)
        except MemoryError:
            smaller = halved_tiles(plan, waiting, stride=stride)
            if smaller is None:
                raise
            _log.warning("out of memory: going on with tiles of %d pixels for %d", smaller.side, plan.side)
            plan, waiting = smaller, list(smaller)
            continue
        waiting.pop(0)
        n_done += 1
        if progress is not None:
            progress(n_done, n_done + len(waiting), "denoising")
    return result


def _fill_tile(
    result: Denoised,
    predict: Callable[[NDArray[np.float32]], Estimate],
    margin: int,
    prepared: Prepared,
    tile: Tile,
    *,
    destripe: bool,
) -> None:
    assert prepared.values is not None
    made = predict(cut_tile(prepared.values, tile, margin=margin))
    values, variance, bounded = (tile_core(part[0], tile) for part in (made.values, made.variance, made.bounded))
    top = tile.core[0].start
    for start in range(0, len(values), _STRIP):
        rows = slice(start, min(start + _STRIP, len(values)))
        where = slice(top + rows.start, top + rows.stop), tile.core[1]
        stabilizer = prepared.stabilizer.part(where)
        sigma = stabilizer.derivative(values[rows]) * np.sqrt(variance[rows])
        data = stabilizer.inverse(values[rows], variance[rows])
        if prepared.pattern is not None:
            sigma = np.hypot(sigma, np.sqrt(prepared.pattern.variance))
            if not destripe:
                data += prepared.pattern.part(where)
        result.fill(prepared.frame, where, data, sigma, bounded[rows])


def unchanged(prepared: Prepared) -> Denoised:
    """Return a frame without noise as its own result, with errors of zero."""
    result = Denoised.like(prepared.frame)
    shape = prepared.frame.data.shape
    for block in row_blocks(shape):
        where = block.rows, slice(0, shape[1])
        zero = np.zeros((block.rows.stop - block.rows.start, shape[1]), np.float32)
        result.fill(prepared.frame, where, prepared.frame.data[where], zero, zero > 0)
    return result
