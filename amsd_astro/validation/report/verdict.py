"""The verdict on a denoiser on one frame, and all it rests on: checks, charts, pictures, facts, numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from amsd_astro.validation.parts import Check, Picture, Section
from amsd_astro.validation.wording import verdict_in_words

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["SCHEMA", "Verdict"]

SCHEMA = 2
"""Number of the layout of the JSON; it grows when a key changes its meaning or goes."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What `Report` tells; its parameters are told there."""

    title: str
    subtitle: str = ""
    checks: Sequence[Check] = ()
    diagnosis: Sequence[str] = ()
    sections: Sequence[Section] = ()
    pictures: Sequence[Picture] = ()
    wcs: WCS | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    untested: Sequence[str] = ()

    def __post_init__(self) -> None:
        for kind in ("checks", "diagnosis", "sections", "pictures", "untested"):
            if isinstance(getattr(self, kind), str):
                raise TypeError(f"{kind} must be a sequence of its parts. Received: {getattr(self, kind)!r}")
            object.__setattr__(self, kind, tuple(getattr(self, kind)))
        for kind in ("checks", "pictures"):
            names = [part.name for part in getattr(self, kind)]
            if len(set(names)) < len(names):
                raise ValueError(f"names of {kind} must be unique. Received: {', '.join(names)}")
        shapes = {np.shape(picture.data) for picture in self.pictures}
        if len(shapes) > 1:
            raise ValueError(f"pictures must be of one shape. Received: {sorted(shapes)}")

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.passed is False)

    @property
    def passed(self) -> bool:
        """Whether all that matters was judged and nothing failed."""
        return self.verdict == "passed"

    @property
    def verdict(self) -> str:
        """One of "passed", "failed", "inconclusive" and, where there was nothing to judge, "not judged".

        It is inconclusive where nothing failed, but a check that matters is too uncertain or could not be measured.
        """
        ends = {check.verdict for check in self.checks}
        if "failed" in ends:
            return "failed"
        if any(check.matters and check.verdict == "inconclusive" for check in self.checks):
            return "inconclusive"
        return "passed" if "passed" in ends else "not judged"

    @property
    def summary(self) -> tuple[str, ...]:
        """The verdict in two sentences, and what was not tested."""
        return (*verdict_in_words(self.verdict, self.checks, self.diagnosis), *self.untested)

    def to_dict(self) -> dict[str, Any]:
        """Return the report without charts and pictures as JSON values.

        Returns
        -------
        dict
            Plain Python values; None stands for what is not a finite number.

        Examples
        --------
        >>> from amsd_astro import Report
        >>> from amsd_astro.validation.parts import Check
        >>> Report("A night", checks=[Check("sky", "Level of the sky", 0.1, high=1.0)]).to_dict()["verdict"]
        'passed'
        """
        record = {
            "schema": SCHEMA,
            "title": self.title,
            "subtitle": self.subtitle,
            "verdict": self.verdict,
            "passed": self.passed,
            "summary": self.summary,
            "failures": [check.name for check in self.failures],
            "diagnosis": self.diagnosis,
            "untested": self.untested,
            "checks": [{**vars(check), "passed": check.passed, "verdict": check.verdict} for check in self.checks],
            "facts": self.facts,
            "data": self.data,
        }
        return {key: _plain(value, key) for key, value in record.items()}


def _plain(value: Any, where: str) -> Any:
    """Return a value as JSON has it; ``where`` is its place, for the error."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, np.ndarray):
        return _plain(value.tolist(), where)
    if isinstance(value, np.generic):
        return _plain(value.item(), where)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"keys of {where} must be str. Received: {list(value)}")
        return {key: _plain(part, f"{where}.{key}") for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part, f"{where}[{n}]") for n, part in enumerate(value)]
    raise TypeError(f"{where} cannot be told in JSON. Received: {type(value).__name__}")
