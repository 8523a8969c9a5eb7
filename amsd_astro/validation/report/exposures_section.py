"""What a report shows of the exposures that an image is the mean of."""

from __future__ import annotations

from amsd_astro.frames.extensions.combination import Combination
from amsd_astro.validation.parts import Section, Table

__all__ = ["exposures_section"]

_SHOWN = {
    "NAME": "Exposure", "PLACED_BY": "Placed by", "DX": "dx, px", "DY": "dy, px", "ROTATION": "Turned, degrees",
    "LIGHT": "Light", "SKY": "Sky", "FWHM": "FWHM, px", "WEIGHT": "Weight", "REJECTED": "Left out, share of pixels",
    "LEFT_OUT": "Why it does not count",
}  # fmt: skip


def exposures_section(combination: Combination) -> Section:
    """Return a table of the exposures: how each was placed, what it weighs, and what of it was left out."""
    rows = [[row[key] for key in _SHOWN] for row in combination.rows]
    n_used = sum(not row[-1] for row in rows)
    sentence = (
        f"The image is the weighted mean of {n_used} exposures. A low weight says that an exposure has a brighter sky "
        f"or less light than the others. {len(combination.variables)} places vary or move."
    )
    return Section("Exposures", [], [Table("Exposures", list(_SHOWN.values()), rows)], sentence)
