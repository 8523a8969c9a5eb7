"""Stars of an exposure with the errors of what was measured on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["StarCatalogue"]


@dataclass(frozen=True, eq=False)
class StarCatalogue:
    """Stars of an exposure, brightest first; every array has shape (n,).

    Attributes
    ----------
    x, y : ndarray of float64
        Positions, pixels, the first pixel's centre at 0.
    error : ndarray of float64
        Standard error of one coordinate, pixels: what noise and profile allow, more where the star is not of the
        profile.
    flux, flux_error : ndarray of float64
        Light of the whole star, in the exposure's unit times pixels.
    fwhm : ndarray of float64
        Size, pixels.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    error: NDArray[np.float64]
    flux: NDArray[np.float64]
    flux_error: NDArray[np.float64]
    fwhm: NDArray[np.float64]

    @classmethod
    def empty(cls) -> StarCatalogue:
        """Return the catalogue of an exposure without stars."""
        return cls(*(np.zeros(0) for _ in range(6)))

    def __len__(self) -> int:
        return int(self.x.size)

    def __getitem__(self, index: NDArray[np.integer] | NDArray[np.bool_] | slice) -> StarCatalogue:
        arrays = (self.x, self.y, self.error, self.flux, self.flux_error, self.fwhm)
        return StarCatalogue(*(array[index] for array in arrays))
