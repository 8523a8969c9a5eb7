"""The flux of faint sources that a model takes from a frame, and how much of it is to be restored."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["FluxLoss"]

_ERRORS = 2.0  # standard errors up to which a loss may be none
_MOST_GIVEN = 2.0  # of the weighted residual


@dataclass(frozen=True)
class FluxLoss:
    """Share of the flux of faint sources that is lost (negative) or added, its standard error, and the remedy.

    ``regained`` is the share that comes back by a `FluxRestoration` of one.
    """

    value: float
    error: float
    regained: float

    def share_to_restore(self, tolerance: float) -> float:
        """Share of a `FluxRestoration` that brings the loss to the tolerance, so far as the loss is known, at most 2.

        What is lost beyond the tolerance counts as far as it is more than twice its error, in squares: giving back
        costs noise, and is not worth it for a loss that may be none.
        """
        excess = -tolerance - self.value
        if not (excess > 0 and self.regained > 0):
            return 0.0
        known = max(0.0, 1 - (_ERRORS * self.error / excess) ** 2)
        return float(min(_MOST_GIVEN, known * excess / self.regained))

    def after(self, share: float) -> FluxLoss:
        """What is lost when so much is given back."""
        return replace(self, value=self.value + share * self.regained)
