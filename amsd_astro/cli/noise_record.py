"""A noise model in words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from amsd_astro.noise.model import NoiseModel

__all__ = ["noise_record"]


def noise_record(noise: NoiseModel | None) -> dict[str, Any] | None:
    """Return what `--json` tells of a noise model; a floor that is a map is told by its median.

    Parameters
    ----------
    noise : NoiseModel or None
        As measured.

    Returns
    -------
    dict or None
        JSON values; the correlations are those with the next pixel along x and y.
    """
    if noise is None:
        return None
    from amsd_astro.arrays.blocks import typical

    across, along = noise.neighbours
    return {
        "source": noise.source,
        "slope": float(noise.slope),
        "floor": typical(noise.floor),
        "floor_is_map": bool(np.ndim(noise.floor)),
        "agreement": float(noise.agreement),
        "sky": float(noise.sky),
        "sky_sigma": float(np.sqrt(max(noise.sky_variance, 0.0))),
        "correlation_x": across,
        "correlation_y": along,
    }
