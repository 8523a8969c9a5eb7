"""Where the pixels of one exposure lie on another: an affine map, or the two WCS refined by one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsd_astro.exposures.placing.wcs_grids import WcsGrid

__all__ = ["IDENTITY", "GridMap", "inverse_affine"]

_Floats = NDArray[np.float64]

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""The affine map that changes nothing, shape (2, 3)."""

_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class GridMap:
    """The map between the reference's pixels and an exposure's.

    Positions are in pixels, the first pixel's centre at 0.

    Parameters
    ----------
    shape : (ny, nx)
        Of the reference.
    matrix : ndarray, shape (2, 3)
        Affine: takes (x, y, 1), by WCS where there is one, to (x, y) on the exposure.
    forward, backward : WcsGrid, optional
        By the WCS of the two, from reference to exposure and from exposure to reference.
    """

    shape: tuple[int, int]
    matrix: _Floats = field(default_factory=IDENTITY.copy)
    forward: WcsGrid | None = None
    backward: WcsGrid | None = None

    def to_exposure(self, x: ArrayLike, y: ArrayLike) -> tuple[_Floats, _Floats]:
        """Return positions on the exposure by those on the reference; x of shape (1, nx) and y of (ny, 1) are fast."""
        if self.forward is not None:
            x, y = self.forward(x, y)
        return _applied(self.matrix, x, y)

    def to_reference(self, x: ArrayLike, y: ArrayLike) -> tuple[_Floats, _Floats]:
        """Return positions on the reference by those on the exposure."""
        x, y = _applied(inverse_affine(self.matrix), x, y)
        return (x, y) if self.backward is None else self.backward(x, y)

    @property
    def is_identity(self) -> bool:
        """Whether the two grids are one."""
        return self.forward is None and bool(np.max(np.abs(self.matrix - IDENTITY)) < _SAME)

    @property
    def whole_shift(self) -> tuple[int, int] | None:
        """The shift (dx, dy) in whole pixels, where the map is nothing else; None otherwise."""
        if self.forward is not None or np.max(np.abs(self.matrix[:, :2] - IDENTITY[:, :2])) >= _SAME:
            return None
        dx, dy = (float(value) for value in self.matrix[:, 2])
        return (round(dx), round(dy)) if max(abs(dx - round(dx)), abs(dy - round(dy))) < _SAME else None

    @property
    def middle(self) -> tuple[float, float]:
        """The reference's middle (x, y)."""
        return (self.shape[1] - 1) / 2, (self.shape[0] - 1) / 2

    @property
    def jacobian(self) -> _Floats:
        """Derivative of the position on the exposure by that on the reference, at its middle, shape (2, 2)."""
        x, y = self.middle
        step = 0.5
        left = np.array([x + step, x - step, x, x]), np.array([y, y, y + step, y - step])
        new_x, new_y = self.to_exposure(*left)
        return np.array([[new_x[0] - new_x[1], new_x[2] - new_x[3]], [new_y[0] - new_y[1], new_y[2] - new_y[3]]]) / (
            2 * step
        )

    @property
    def area(self) -> float:
        """Exposure pixels for each reference pixel, at its middle."""
        return abs(float(np.linalg.det(self.jacobian)))

    @property
    def parity(self) -> int:
        """1, or -1 where the exposure is mirrored."""
        return 1 if np.linalg.det(self.jacobian) > 0 else -1

    @property
    def rotation(self) -> float:
        """Degrees from -180 to 180 by which what lies along x on the reference is turned on the exposure, x to y."""
        (a, b), (d, e) = self.jacobian
        sign = self.parity
        return math.degrees(math.atan2(d - sign * b, a + sign * e))

    @property
    def shift(self) -> tuple[float, float]:
        """Where the reference's middle lies on the exposure, less where it lies on the reference, (dx, dy)."""
        x, y = self.middle
        new_x, new_y = self.to_exposure(x, y)
        return float(new_x) - x, float(new_y) - y


def inverse_affine(matrix: NDArray[np.floating]) -> _Floats:
    """Return the affine map that goes back, shape (2, 3)."""
    back = np.linalg.inv(np.asarray(matrix[:, :2], np.float64))
    return np.column_stack([back, -back @ matrix[:, 2]])


def _applied(matrix: _Floats, x: ArrayLike, y: ArrayLike) -> tuple[_Floats, _Floats]:
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    (a, b, c), (d, e, f) = matrix
    return a * x + b * y + c, d * x + e * y + f
