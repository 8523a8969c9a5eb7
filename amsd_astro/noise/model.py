"""The noise of an image, ``variance = slope * mean + floor``, with the correlation between its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import typical
from amsd_astro.arrays.float_errors import as_double
from amsd_astro.noise.stabilization import Stabilizer

__all__ = ["NoiseModel"]


def _white() -> NDArray[np.float64]:
    return np.ones((1, 1))


@dataclass(frozen=True)
class NoiseModel:
    """Noise of a frame, in the frame's own units.

    Parameters
    ----------
    slope : float
        Variance per unit of signal: 1 / gain for a frame in adu, 1 for electrons.
    floor : float or ndarray, shape (ny, nx)
        Variance at a signal of zero (squared units). It can be negative where the frame stands on a pedestal.
    sky, sky_variance : float
        Level and variance measured on the sky; ``slope * sky + floor`` is ``sky_variance``, also where none is given.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of the noise at lags of -k..k pixels, 1 at its centre; ``[[1.]]`` is white noise.
    source : str
        Where the slope comes from: "caller", "exposures" (whose mean the frame is), "variance plane", "header",
        "unit" (of a radio map, which has no photon
        noise), "data", "assumed" or, where there is no noise, "none".
    agreement : float
        Variance that the source stated for the sky over the variance measured there; nan where it stated none, or where
        a pedestal in the level keeps the two from being compared.
    slopes : mapping of str to float
        What each source that was asked says of the slope, whichever was used.

    Examples
    --------
    >>> from amsd_astro import NoiseModel
    >>> NoiseModel(slope=0.5, floor=30.0, sky=200.0)
    <NoiseModel: variance = 0.5 * signal + 30
     slope from: caller
     sky: 200, noise there 11.4018
     correlation: 0.000 along x, 0.000 along y (next pixel)>
    """

    slope: float
    floor: float | NDArray[np.floating]
    sky: float = 0.0
    sky_variance: float = float("nan")
    correlation: NDArray[np.float64] = field(default_factory=_white)
    source: str = "caller"
    agreement: float = float("nan")
    slopes: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and self.slope >= 0):
            raise ValueError(f"slope must be finite and not negative. Received: {self.slope}")
        if not np.all(np.isfinite(self.floor)):
            raise ValueError("floor must be finite. Received: values that are not")
        if np.isnan(self.sky_variance):
            object.__setattr__(self, "sky_variance", typical(self.floor) + self.slope * self.sky)
        side = self.correlation.shape
        if len(side) != 2 or side[0] != side[1] or side[0] % 2 == 0 or not np.all(np.isfinite(self.correlation)):
            raise ValueError(f"correlation must be a finite square of odd side. Received: shape={side}")

    def __repr__(self) -> str:
        floor = typical(self.floor)
        shape = " (median of a map)" if np.ndim(self.floor) else ""
        across, along = self.neighbours
        lines = [
            f"<NoiseModel: variance = {self.slope:.6g} * signal {'-' if floor < 0 else '+'} {abs(floor):.6g}{shape}",
            f"slope from: {self.source}",
            f"sky: {self.sky:.6g}, noise there {np.sqrt(max(self.sky_variance, 0.0)):.6g}",
            f"correlation: {across:.3f} along x, {along:.3f} along y (next pixel)",
        ]
        if np.isfinite(self.agreement):
            lines.append(f"stated over measured variance of the sky: {self.agreement:.3f}")
        return "\n ".join(lines) + ">"

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_")]

    @classmethod
    def from_gain(cls, gain: float, read_noise: float = 0.0, *, sky: float = 0.0) -> NoiseModel:
        """Model of a frame in adu without pedestal.

        Parameters
        ----------
        gain : float
            Electrons per adu.
        read_noise : float
            Electrons.
        sky : float
            Level of the sky in adu.

        Examples
        --------
        >>> from amsd_astro import NoiseModel
        >>> NoiseModel.from_gain(2.0, read_noise=4.0).floor
        4.0
        """
        if not (np.isfinite(gain) and gain > 0 and np.isfinite(read_noise) and read_noise >= 0):
            raise ValueError(f"gain must be positive, read_noise not negative. Received: {gain}, {read_noise}")
        floor = (read_noise / gain) ** 2
        return cls(slope=1 / gain, floor=floor, sky=sky, sky_variance=sky / gain + floor)

    @property
    def sky_electrons(self) -> float:
        """Variance of the sky in electrons squared; infinite without photon noise."""
        return float(self.sky_variance / self.slope**2) if self.slope > 0 else float("inf")

    @property
    def neighbours(self) -> tuple[float, float]:
        """Correlation with the next pixel along x and along y."""
        k = self.correlation.shape[0] // 2
        return (float(self.correlation[k, k + 1]), float(self.correlation[k + 1, k])) if k else (0.0, 0.0)

    def variance(self, mean: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """Variance of pixels of a given expected signal (never below a thousandth of the sky's).

        Examples
        --------
        >>> from amsd_astro import NoiseModel
        >>> float(NoiseModel(slope=0.5, floor=30.0, sky=200.0).variance(1000.0))
        530.0
        """
        return np.maximum(self.slope * as_double(mean) + self.floor, 1e-3 * self.sky_variance)

    def stabilizer(self) -> Stabilizer:
        """The transform that makes this noise unit Gaussian, zero at the sky.

        Examples
        --------
        >>> import numpy as np
        >>> from amsd_astro import NoiseModel
        >>> stabilizer = NoiseModel(slope=0.5, floor=30.0, sky=200.0).stabilizer()
        >>> stabilizer.forward(np.array([200.0])).round(3)
        array([0.], dtype=float32)
        """
        return Stabilizer(self.slope, self.floor, self.sky)
