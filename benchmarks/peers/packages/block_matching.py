"""BM3D (Dabov, Foi, Katkovnik & Egiazarian 2007; Makinen, Azzari & Foi 2020), by its authors' package ``bm3d``."""

from __future__ import annotations

from typing import Any

import numpy as np
from spectrum import noise_spectrum

__all__ = ["block_matching"]


def block_matching(
    values: np.ndarray, correlation: np.ndarray, profile: str = "np"
) -> tuple[np.ndarray, dict[str, Any]]:
    """Denoise by BM3D, told the noise: unit white noise, or its spectrum where it is correlated.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        Field in noise units.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of the noise.
    profile : str
        Of the package; its default.
    """
    from bm3d import bm3d

    white = correlation.size == 1
    told = 1.0 if white else noise_spectrum(correlation, values.shape)
    return bm3d(values.astype(np.float64), told, profile=profile), {"told": "white" if white else "spectrum"}
