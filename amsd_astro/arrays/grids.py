"""The grids of every n-th pixel that an image is made of: taken apart, and put together again."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.mirroring import mirrored

__all__ = ["every", "joined", "split"]

_Pixel = TypeVar("_Pixel", bound=np.generic)


def split(images: NDArray[_Pixel], n: int, *, margin: int, multiple: int) -> NDArray[_Pixel]:
    """Take images apart into the n x n grids of every n-th pixel.

    Parameters
    ----------
    images : ndarray, shape (m, ny + 2 margin, nx + 2 margin)
        Images that have a margin.
    n : int
        Pixels from one of a grid to the next.
    margin : int
        Pixels on each side of the images, and of the grids. Where those reach farther, the images are mirrored.
    multiple : int
        The sides of grids, less the margins, are multiples of it: so there can be more behind the images than before.

    Returns
    -------
    ndarray, shape (n n m, my + 2 margin, mx + 2 margin)
        All images by the first grid, then all by the next along x.
    """
    index = []
    for side in images.shape[1:]:
        answered = -(-(side - 2 * margin) // (n * multiple)) * multiple
        index.append(mirrored(margin - n * margin, n * (answered + 2 * margin), side))
    return np.concatenate([images[:, index[0][y::n, None], index[1][x::n]] for y in range(n) for x in range(n)])


def joined(grids: NDArray[_Pixel], n: int, shape: tuple[int, int]) -> NDArray[_Pixel]:
    """Put what was made of the grids together again.

    Parameters
    ----------
    grids : ndarray, shape (n n m, my, mx)
        In the order of `split`, without margins.
    n : int
        As for `split`.
    shape : (ny, nx)
        Of the images; what is behind them is left out.

    Returns
    -------
    ndarray, shape (m, ny, nx)
    """
    m, my, mx = len(grids) // n**2, *grids.shape[1:]
    whole = grids.reshape(n, n, m, my, mx).transpose(2, 3, 0, 4, 1).reshape(m, n * my, n * mx)
    return np.ascontiguousarray(whole[:, : shape[0], : shape[1]])


def every(lags: NDArray[_Pixel], n: int) -> NDArray[_Pixel]:
    """Every n-th of the lags along each axis, from the centre on: a correlation as each of the grids has it.

    Parameters
    ----------
    lags : ndarray, shape (2 k + 1, 2 k + 1)
        By lag.
    n : int
        Pixels from one of a grid to the next.
    """
    first = (lags.shape[0] // 2) % n
    return lags[first::n, first::n]
