"""The canvas extended sources are painted on before the PSF blurs them.

It is finer than the detector where the PSF is narrow, and wider than the frame by the reach of the PSF, so that what
lies just outside sheds its light into the frame.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from amsd_astro.simulation.psf import Psf

__all__ = ["Canvas"]

_FINE_FWHM = 3.0  # cells a FWHM: less would alias the PSF


class Canvas:
    """Cells to paint on, later blurred and summed into detector pixels.

    Parameters
    ----------
    shape : tuple of int
        Frame (ny, nx), pixels.
    psf : Psf
        What will blur it.
    lost : float
        The kernel is cut where this fraction of its light is left outside, and then given unit sum.

    Attributes
    ----------
    cells : ndarray of float64
        Light in each cell, any linear unit: right for what is smooth over a cell. What is sharper goes through
        `add_points`, as light counted in whole cells would be moved to their centres.
    oversampling : int
        Cells a pixel along each axis.
    margin : int
        Pixels around the frame.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.simulation import Canvas, MoffatPsf
    >>> canvas = Canvas((64, 64), MoffatPsf(3.0))
    >>> canvas.add_points(np.array([30.0]), np.array([20.0]), np.array([1000.0]))
    >>> image = canvas.observe()
    >>> image.shape
    (64, 64)
    """

    def __init__(self, shape: tuple[int, int], psf: Psf, *, lost: float = 3e-4) -> None:
        self.shape = shape
        self.psf = psf
        narrow = psf.fwhm * math.sqrt(1.0 - psf.ellipticity)
        self.oversampling = max(1, math.ceil(_FINE_FWHM / narrow))
        reach = int(psf.radius(1.0, level=math.inf, lost=lost)[0])
        self.margin = min(reach, 2 * max(shape))
        ny, nx = ((n + 2 * self.margin) * self.oversampling for n in shape)
        self.cells: NDArray[np.float64] = np.zeros((ny, nx))
        self._points: NDArray[np.float64] = np.zeros((ny, nx))

    @property
    def cell(self) -> float:
        """Side of a cell, pixels."""
        return 1.0 / self.oversampling

    def to_cells(self, position: float) -> float:
        """Cell coordinate (first cell's centre at 0) of a pixel coordinate."""
        return (position + 0.5 + self.margin) * self.oversampling - 0.5

    def add_points(self, x: NDArray[np.float64], y: NDArray[np.float64], flux: NDArray[np.float64]) -> None:
        """Add points of light at pixel coordinates, exactly where they are; points off the canvas are lost.

        Each is spread over 4 x 4 cells by a cubic B-spline, which `observe` takes out again in Fourier space, as
        particle-mesh codes do (Hockney & Eastwood 1988).
        """
        ny, nx = self._points.shape
        place_x = (x + 0.5 + self.margin) * self.oversampling - 0.5
        place_y = (y + 0.5 + self.margin) * self.oversampling - 0.5
        column, row = np.floor(place_x).astype(np.int64), np.floor(place_y).astype(np.int64)
        inside = (column >= 1) & (column < nx - 2) & (row >= 1) & (row < ny - 2)
        column, row, flux = column[inside], row[inside], flux[inside]
        if not column.size:
            return
        # Count within the points' own box: a galaxy's core is far smaller than the canvas.
        x0, y0 = int(column.min()) - 1, int(row.min()) - 1
        height, width = int(row.max()) + 3 - y0, int(column.max()) + 3 - x0
        weights_x = _cubic_weights(place_x[inside] - column)
        weights_y = _cubic_weights(place_y[inside] - row)
        spread = np.zeros(height * width)
        for j, weight_y in enumerate(weights_y):
            index = (row - 1 + j - y0) * width + (column - 1 - x0)
            weighted = flux * weight_y
            for i, weight_x in enumerate(weights_x):
                spread += np.bincount(index + i, weighted * weight_x, spread.size)
        self._points[y0 : y0 + height, x0 : x0 + width] += spread.reshape(height, width)

    def box(self, x: float, y: float, half_x: float, half_y: float) -> tuple[slice, slice]:
        """Cells within ``half_x``, ``half_y`` (pixels) of a position; empty slices where it is off the canvas."""
        spans = []
        for centre, half, n in ((y, half_y, self.cells.shape[0]), (x, half_x, self.cells.shape[1])):
            middle, reach = self.to_cells(centre), half * self.oversampling
            start = min(max(math.floor(middle - reach), 0), n)
            spans.append(slice(start, max(start, min(n, math.ceil(middle + reach) + 1))))
        return spans[0], spans[1]

    def centres(self, box: tuple[slice, slice]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixel coordinates (x of shape (1, n), y of shape (m, 1)) of the centres of the cells in a box."""
        shift = -0.5 - self.margin + 0.5 * self.cell
        y = np.arange(box[0].start, box[0].stop) * self.cell + shift
        x = np.arange(box[1].start, box[1].stop) * self.cell + shift
        return x[None, :], y[:, None]

    def observe(self) -> NDArray[np.float64]:
        """Blur by the PSF, cut to the frame and sum into pixels: light per pixel, (ny, nx)."""
        if not (self.cells.any() or self._points.any()):
            return np.zeros(self.shape)
        s, reach = self.oversampling, self.margin * self.oversampling
        offset = np.arange(-reach, reach + 1) * self.cell
        kernel = self.psf.density(offset[None, :], offset[:, None])
        kernel /= kernel.sum()
        # What wraps around lands in the first 2 * reach rows and columns; the frame begins right behind them.
        size = [fft.next_fast_len(n, real=True) for n in self.cells.shape]
        # From the B-spline (four boxes) back to the one box that is the cell.
        unspread = np.sinc(fft.fftfreq(size[0]))[:, None] ** -3.0 * np.sinc(fft.rfftfreq(size[1]))[None, :] ** -3.0
        spectrum = fft.rfft2(self.cells, size) + fft.rfft2(self._points, size) * unspread
        full = fft.irfft2(spectrum * fft.rfft2(kernel, size), size)
        ny, nx = self.shape
        inner = full[2 * reach : 2 * reach + ny * s, 2 * reach : 2 * reach + nx * s]
        # Rounding leaves -1e-12 where there is no light.
        return np.maximum(inner.reshape(ny, s, nx, s).sum(axis=(1, 3)), 0.0)


def _cubic_weights(t: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Cubic B-spline weights of the cells at -1, 0, 1 and 2 for points at `t` in [0, 1)."""
    u = 1.0 - t
    t2, u2 = t * t, u * u
    return u2 * u / 6.0, 2.0 / 3.0 + t2 * (0.5 * t - 1.0), 2.0 / 3.0 + u2 * (0.5 * u - 1.0), t2 * t / 6.0
