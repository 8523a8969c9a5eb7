"""What a report is made of: checks with their limits, charts, tables and pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Band", "Chart", "Check", "Line", "Picture", "Section", "Series", "Table"]


_ERRORS = 2.0  # standard errors


@dataclass(frozen=True)
class Check:
    """A measured number and the limits it is held to.

    Parameters
    ----------
    name : str
        For programs, such as "flux_bias_bright".
    title : str
        For people: what should be, such as "The sky level should not change".
    value : float
        As measured; NaN where it could not be.
    error : float, optional
        1-sigma error of the value.
    low, high : float, optional
        Limits, themselves allowed. A check without limits only informs.
    unit : str, optional
        Of value, error and limits.
    sentence : str, optional
        More on it.
    verb : str, optional
        What stands before the value, such as "lowered by".
    opposite : str, optional
        What stands before the size of a negative value, such as "raised by"; without it the verb stays.
    matters : bool, optional
        Whether nothing passes as a whole before this is judged.
    is_doubt : bool, optional
        Whether a value beyond the limits says that too little is known, and not that something is wrong.

    Examples
    --------
    >>> from amsd_astro.validation.parts import Check
    >>> Check("sky", "Level of the sky", 0.1, low=-0.2, high=0.2, unit="sigma").passed
    True
    """

    name: str
    title: str
    value: float
    error: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    sentence: str = ""
    verb: str = ""
    matters: bool = False
    opposite: str = ""
    is_doubt: bool = False

    def __post_init__(self) -> None:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= high:
            raise ValueError(f"the limits of check {self.name} must be in order. Received: {self.low} and {self.high}")

    @property
    def passed(self) -> bool | None:
        """Whether the value is within its limits; None where that is too uncertain, or there is no value or no limit.

        It passes where two of its standard errors on either side are within the limits, and fails where they are
        beyond one, but for a doubt: limits do not widen with what the value is uncertain by.
        """
        if math.isnan(self.value) or (self.low is None and self.high is None):
            return None
        room = _ERRORS * self.error if self.error is not None and math.isfinite(self.error) else 0.0
        low, high = (-math.inf if self.low is None else self.low), (math.inf if self.high is None else self.high)
        if self.value - room >= low and self.value + room <= high:
            return True
        fails = self.value + room < low or self.value - room > high
        return False if fails and not self.is_doubt else None

    @property
    def verdict(self) -> str:
        """One of "passed", "failed", "inconclusive" (too uncertain) and "not judged" (no value, or no limit)."""
        if self.passed is not None:
            return "passed" if self.passed else "failed"
        asked = self.low is not None or self.high is not None
        return "inconclusive" if asked and (self.matters or not math.isnan(self.value)) else "not judged"


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers that are drawn alike.

    Parameters
    ----------
    label : str
        What they are.
    x, y : array_like, shape (n,)
        Where there is a NaN nothing is drawn, and a line is broken.
    y_error : array_like, shape (n,), optional
        1-sigma errors of ``y``.
    style : {"points", "line", "steps"}, optional
        A step is as wide as the way to the neighbours' midpoints.

    Examples
    --------
    >>> from amsd_astro.validation.parts import Series
    >>> Series("measured", [1, 2, 3], [0.9, 1.1, 1.0]).style
    'points'
    """

    label: str
    x: ArrayLike
    y: ArrayLike
    y_error: ArrayLike | None = None
    style: Literal["points", "line", "steps"] = "points"

    def __post_init__(self) -> None:
        shapes = [np.shape(part) for part in (self.x, self.y, self.y_error) if part is not None]
        if len(set(shapes)) > 1 or len(shapes[0]) != 1:
            raise ValueError(f"x, y and y_error of {self.label!r} must be of one length. Received: {shapes}")
        if self.style not in ("points", "line", "steps"):
            raise ValueError(f"style must be points, line or steps. Received: {self.style!r}")


@dataclass(frozen=True)
class Line:
    """A straight line across a chart at one value.

    Examples
    --------
    >>> from amsd_astro.validation.parts import Line
    >>> Line(0.0, "no change")
    Line(value=0.0, label='no change')
    """

    value: float
    label: str = ""


@dataclass(frozen=True)
class Band:
    """A shaded range of y, or of x where it is upright.

    Examples
    --------
    >>> from amsd_astro.validation.parts import Band
    >>> Band(-1.0, 1.0, "allowed")
    Band(low=-1.0, high=1.0, label='allowed', upright=False)
    """

    low: float
    high: float
    label: str = ""
    upright: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart.

    Parameters
    ----------
    title : str
        What it shows.
    sentence : str
        What good looks like.
    series : sequence of Series
        What is drawn, in this order.
    x_label, y_label : str
        With units.
    x_log, y_log : bool, optional
        Logarithmic axes; what is not positive is not drawn.
    horizontal, vertical : sequence of Line, optional
        Lines of reference.
    bands : sequence of Band, optional
        Shaded ranges.
    x_range, y_range : tuple of float, optional
        Ends of the axes, by default what holds the numbers.

    Examples
    --------
    >>> from amsd_astro.validation.parts import Chart, Line, Series
    >>> series = Series("measured", [1, 2, 3], [0.9, 1.1, 1.0])
    >>> chart = Chart("Flux", "1 is kept.", [series], "S/N", "out / in", horizontal=[Line(1.0)])
    """

    title: str
    sentence: str
    series: Sequence[Series]
    x_label: str
    y_label: str
    x_log: bool = False
    y_log: bool = False
    horizontal: Sequence[Line] = ()
    vertical: Sequence[Line] = ()
    bands: Sequence[Band] = ()
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Table:
    """Rows of numbers and words; a float is shown by four digits.

    Examples
    --------
    >>> from amsd_astro.validation.parts import Table
    >>> table = Table("Stars", ["S/N", "found"], [[5.0, 12], [10.0, 20]])
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def __post_init__(self) -> None:
        lengths = {len(row) for row in self.rows} - {len(self.columns)}
        if lengths:
            raise ValueError(f"rows of {self.title!r} must be as long as its columns. Received: {sorted(lengths)}")


@dataclass(frozen=True)
class Section:
    """A part of the report: charts and tables under a title.

    Examples
    --------
    >>> from amsd_astro.validation.parts import Section, Table
    >>> section = Section("Stars", tables=[Table("Found", ["S/N", "n"], [[5.0, 12]])])
    """

    title: str
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    sentence: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """An image for the viewer.

    Parameters
    ----------
    name : str
        For programs; "before" and "after" are those that are blinked.
    data : ndarray, shape (ny, nx)
        Physical values, the first row lowest as in FITS. What is not finite counts as masked.
    label : str
        For people.
    unit : str, optional
        Of the values.
    stretch : {"asinh", "errors", "linear", "sigma"}, optional
        How values become grays. All pictures in asinh share the limits of the first; "errors" is for 1-sigma maps, from
        zero; "sigma" for what is told in noise sigma, in blue and red from -3 to 3.
    mask : ndarray of bool, shape (ny, nx), optional
        True = bad.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.validation.parts import Picture
    >>> Picture("exposure", np.ones((4, 5)), "The exposure", unit="adu").stretch
    'asinh'
    """

    name: str
    data: NDArray[Any]
    label: str
    unit: str = ""
    stretch: Literal["asinh", "errors", "linear", "sigma"] = "asinh"
    mask: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        shape = np.shape(self.data)
        if len(shape) != 2 or 0 in shape:
            raise ValueError(f"picture {self.name} must have two axes and pixels. Received: shape {shape}")
        if self.mask is not None and np.shape(self.mask) != shape:
            raise ValueError(f"the mask of picture {self.name} must be {shape}. Received: {np.shape(self.mask)}")
        if self.stretch not in ("asinh", "errors", "linear", "sigma"):
            raise ValueError(f"stretch must be asinh, errors, linear or sigma. Received: {self.stretch!r}")
