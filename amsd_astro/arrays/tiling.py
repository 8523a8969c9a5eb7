"""Tiles of a frame: where each is read, and which pixels it is answerable for.

The frame is thought to go on for some pixels beyond its edges as its own mirror image, and to end there. Cores start on
multiples of the network's pooling stride and lie at least one halo from where their tile is cut out of that, so that
the stitched result is the one that the whole frame would have given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.mirroring import mirrored

__all__ = ["Tile", "TilePlan", "cut_tile", "halved_tiles", "plan_tiles", "tile_core"]

_Pixel = TypeVar("_Pixel", bound=np.generic)


@dataclass(frozen=True)
class Tile:
    """One tile: ``core`` is the part of the frame that it makes; its pixels start at ``(y, x)`` of the frame.

    ``y`` and ``x`` are the origin of the tile including its halo, and can be negative; ``shape`` includes it, too.
    """

    y: int
    x: int
    shape: tuple[int, int]
    core: tuple[slice, slice]


@dataclass(frozen=True)
class TilePlan:
    """Tiles that cover a frame: ``side`` is a core's longer side, ``edge`` how far the frame's mirror image goes."""

    frame_shape: tuple[int, int]
    side: int
    halo: int
    edge: int
    tiles: tuple[Tile, ...]

    def __iter__(self) -> Iterator[Tile]:
        return iter(self.tiles)

    def __len__(self) -> int:
        return len(self.tiles)


def plan_tiles(frame_shape: tuple[int, int], *, core: int, halo: int, stride: int, edge: int | None = None) -> TilePlan:
    """Cover a frame with tiles.

    Parameters
    ----------
    frame_shape : (ny, nx)
        Shape of the frame.
    core : int
        Pixels on a side that each tile is answerable for; rounded up to a multiple of ``stride``. An axis of the
        frame that is shorter is covered by one tile.
    halo : int
        Pixels around each core that the network reaches; rounded up to a multiple of ``stride``.
    stride : int
        Pooling stride of the network: origins of cores and tiles are multiples of it.
    edge : int, optional
        Pixels that the frame goes on beyond its edges, as its mirror image; rounded up likewise. By default, and at
        most, the halo.

    Returns
    -------
    TilePlan
    """
    if min(*frame_shape, core, stride) < 1 or halo < 0:
        raise ValueError(
            "frame_shape, core and stride must be positive, halo not negative. "
            f"Received: frame_shape={frame_shape}, core={core}, halo={halo}, stride={stride}"
        )

    def rounded(n: int) -> int:
        return -(-n // stride) * stride

    halo = rounded(halo)
    edge = halo if edge is None else min(rounded(edge), halo)
    cores = [min(rounded(core), rounded(n)) for n in frame_shape]

    def span(start: int, axis: int) -> tuple[int, int, slice]:
        """First pixel, number of pixels, and core of a tile along an axis."""
        n = frame_shape[axis]
        first = max(start - halo, -edge)
        last = min(start + cores[axis] + halo, rounded(n) + edge)
        return first, last - first, slice(start, min(start + cores[axis], n))

    spans = [[span(start, axis) for start in range(0, frame_shape[axis], cores[axis])] for axis in (0, 1)]
    tiles = tuple(
        Tile(y, x, (height, width), (rows, columns)) for y, height, rows in spans[0] for x, width, columns in spans[1]
    )
    return TilePlan((frame_shape[0], frame_shape[1]), max(cores), halo, edge, tiles)


def halved_tiles(plan: TilePlan, unfinished: Sequence[Tile], *, stride: int) -> TilePlan | None:
    """Cover what is left of a frame with tiles of half the size.

    Parameters
    ----------
    plan : TilePlan
        The plan so far.
    unfinished : sequence of Tile
        Those of its tiles that are still to be made.
    stride : int
        As for `plan_tiles`.

    Returns
    -------
    TilePlan or None
        None where tiles cannot be halved any more.
    """
    if plan.side < 2 * stride:
        return None
    smaller = plan_tiles(plan.frame_shape, core=plan.side // 2, halo=plan.halo, stride=stride, edge=plan.edge)

    def cells(tile: Tile) -> tuple[slice, ...]:
        return tuple(slice(part.start // stride, -(-part.stop // stride)) for part in tile.core)

    left = np.zeros([-(-n // stride) for n in plan.frame_shape], bool)
    for tile in unfinished:
        left[cells(tile)] = True
    return replace(smaller, tiles=tuple(tile for tile in smaller if left[cells(tile)].any()))


def cut_tile(frame: NDArray[_Pixel], tile: Tile, *, margin: int = 0) -> NDArray[_Pixel]:
    """Pixels of one tile, its halo included, mirrored at the frame's edges.

    Parameters
    ----------
    frame : ndarray, shape (ny, nx)
        Whole frame.
    tile : Tile
        A tile of its plan.
    margin : int, optional
        Pixels more on each side.

    Returns
    -------
    ndarray, shape ``tile.shape`` plus twice the margin
        A copy.
    """
    rows = mirrored(tile.y - margin, tile.shape[0] + 2 * margin, frame.shape[0])
    columns = mirrored(tile.x - margin, tile.shape[1] + 2 * margin, frame.shape[1])
    # only what is needed of rows that can be much longer than the tile
    near = frame[:, columns.min() : columns.max() + 1][rows]
    return np.take(near, columns - columns.min(), axis=1)


def tile_core(values: NDArray[_Pixel], tile: Tile) -> NDArray[_Pixel]:
    """Return the part of a tile's result that it is answerable for.

    Parameters
    ----------
    values : ndarray, shape ``tile.shape``
        Result for the tile, halo included.
    tile : Tile
        The tile.

    Returns
    -------
    ndarray
        A view, of the shape of ``tile.core``.
    """
    rows, columns = tile.core
    return values[rows.start - tile.y : rows.stop - tile.y, columns.start - tile.x : columns.stop - tile.x]
