"""Gain and read noise that are stated as quantities, as the numbers that the noise model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astropy import units as u

from amsd_astro.noise.measurement import Stated

__all__ = ["without_units"]

_COUNTS = (u.adu, u.ct, u.DN)
"""Names of what a camera counts in, which are one thing."""


def without_units(stated: Stated, unit: Any) -> Stated:
    """Return what is stated of the noise with plain numbers: electrons per unit of the frame, and electrons.

    Parameters
    ----------
    stated : NoiseModel, mapping or None
        As for `~amsd_astro.measure_noise`.
    unit : unit or None
        Of the frame; one without is taken to be in counts.

    Raises
    ------
    ValueError
        A quantity is in another unit.
    """
    if not isinstance(stated, Mapping):
        return stated
    counts = unit is None or unit == u.dimensionless_unscaled or unit in _COUNTS
    per = _COUNTS if counts else (unit,)
    wanted = {"gain": [u.electron / one for one in per], "read_noise": [u.electron]}
    return {name: _number(name, value, wanted.get(name, [])) for name, value in stated.items()}


def _number(name: str, value: Any, units: list[u.UnitBase]) -> Any:
    """Return a value without its unit; one that has none stays as it is."""
    if not isinstance(value, u.Quantity):
        return value
    if value.unit == u.dimensionless_unscaled:
        return value.value
    for unit in units:
        if value.unit.is_equivalent(unit):
            return value.to_value(unit)
    raise ValueError(f"{name} must be in {units[0] if units else 'no unit'}. Received: {value}")
