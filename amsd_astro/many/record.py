"""What became of one exposure of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from amsd_astro.many.failures import DONE

__all__ = ["Record"]


@dataclass(frozen=True)
class Record:
    """What became of one exposure of many.

    Attributes
    ----------
    path, output : str
        The input and what was to be made of it.
    kind : str
        "denoised", "skipped" where the output was there already, or of what kind the failure is: "input", "output",
        "io", "resources" or "internal".
    status : int
        0, or the exit status that the command line has for such a failure: 71 and 74 are worth another try.
    message : str
        Why it failed or was left out.
    seconds : float or None
        How long it took; None where its process died.
    warnings : tuple of str
        What was odd and was dealt with.
    shape : tuple of int or None
        Of the denoised image.
    cards : mapping
        The AMSD cards of the denoised image, also of one that was there already.

    Examples
    --------
    >>> from amsd_astro.many import Record
    >>> Record("a.fits", "a_amsd.fits", "io", 74, "the disk failed").ok
    False
    """

    path: str
    output: str
    kind: str
    status: int
    message: str = ""
    seconds: float | None = None
    warnings: tuple[str, ...] = ()
    shape: tuple[int, ...] | None = None
    cards: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the output is there."""
        return self.status == DONE

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as a dictionary, as for JSON."""
        return {**asdict(self), "ok": self.ok}
