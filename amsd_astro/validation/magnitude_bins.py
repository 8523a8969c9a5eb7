"""The injected sources by magnitude: what the charts of a report have along their axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amsd_astro.validation.experiment import Experiment
from amsd_astro.validation.measures.bias import SNR_EDGES, Bias, measure_bias
from amsd_astro.validation.parts import Line

__all__ = ["MagnitudeBins"]


class MagnitudeBins:
    """MagnitudeBins of a frame's injected sources, and bins of them.

    Parameters
    ----------
    experiment : Experiment
        Whose injection is meant.

    Attributes
    ----------
    alone : ndarray of bool, shape (n,)
        Isolated sources.
    magnitude : ndarray, shape (n,)
        ``-2.5 log10(flux)``, the flux in the frame's unit.
    label : str
        Of an axis.
    edges : ndarray
        Of bins, by the signal to noise of a star; fewer than two where no isolated star was put in.
    """

    def __init__(self, experiment: Experiment) -> None:
        injection = experiment.injection
        self.alone = ~injection.crowded
        self.magnitude = -2.5 * np.log10(injection.flux)
        unit = "" if experiment.plain.before.unit in (None, "") else f" / {experiment.plain.before.unit}"
        self.label = f"magnitude, -2.5 log10(flux{unit})"
        stars = injection.is_star & self.alone
        order = np.argsort(injection.snr[stars], kind="stable")
        snr, magnitude = injection.snr[stars][order], self.magnitude[stars][order]
        # what a star of so much signal to noise has; beyond those injected the ends
        self._of = lambda wanted: np.interp(np.log(wanted), np.log(snr), magnitude) if snr.size else np.zeros(0)
        self.edges: NDArray[np.float64] = np.unique(self._of(np.array(SNR_EDGES)))

    @property
    def marks(self) -> tuple[Line, ...]:
        """Where a star has a signal to noise of 5 and of 50."""
        return tuple(Line(float(self._of(snr)), f"S/N {snr}") for snr in (50, 5) if self.edges.size > 1)

    def bias(
        self, measured: NDArray[np.float64], true: NDArray[np.float64], chosen: NDArray[np.bool_], relative: bool
    ) -> Bias:
        """Bias of the chosen sources in these bins."""
        chosen = chosen & self.alone
        return measure_bias(measured[chosen], true[chosen], self.magnitude[chosen], edges=self.edges, relative=relative)
