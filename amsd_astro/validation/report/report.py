"""What a validation found, told as JSON and as a page."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amsd_astro.fits.output_file import check_output, new_file
from amsd_astro.validation.parts import Band, Chart, Check, Line, Picture, Section, Series, Table

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["SCHEMA", "Band", "Chart", "Check", "Line", "Picture", "Report", "Section", "Series", "Table"]

SCHEMA = 1
"""Number of the layout of the JSON; it grows when a key changes its meaning or goes."""


@dataclass(frozen=True, eq=False)
class Report:
    """The verdict on a denoiser on one frame, and all it rests on.

    Parameters
    ----------
    title, subtitle : str
        What was validated.
    checks : sequence of Check
        Numbers with limits; names are unique.
    diagnosis : sequence of str, optional
        What is likely wrong.
    sections : sequence of Section, optional
        Charts and tables.
    pictures : sequence of Picture, optional
        All of one shape.
    wcs : WCS, optional
        Of the pictures, two axes.
    facts : mapping of str to str, optional
        What was done: file, recipe, steps, noise model and so on.
    data : mapping, optional
        All numbers, for the JSON: mappings, sequences, arrays, numbers, words, None.
    """

    title: str
    subtitle: str = ""
    checks: Sequence[Check] = ()
    diagnosis: Sequence[str] = ()
    sections: Sequence[Section] = ()
    pictures: Sequence[Picture] = ()
    wcs: WCS | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in ("checks", "diagnosis", "sections", "pictures"):
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
        """Whether something was judged and nothing failed."""
        return self.verdict == "passed"

    @property
    def verdict(self) -> str:
        """One of "passed", "failed", and "not judged" where no check could be."""
        judged = {check.passed for check in self.checks} - {None}
        return "not judged" if not judged else "failed" if False in judged else "passed"

    def to_dict(self) -> dict[str, Any]:
        """Return the report without charts and pictures as JSON values.

        Returns
        -------
        dict
            Plain Python values; None stands for what is not a finite number.
        """
        record = {
            "schema": SCHEMA,
            "title": self.title,
            "subtitle": self.subtitle,
            "verdict": self.verdict,
            "passed": self.passed,
            "failures": [check.name for check in self.failures],
            "diagnosis": self.diagnosis,
            "checks": [{**vars(check), "passed": check.passed} for check in self.checks],
            "facts": self.facts,
            "data": self.data,
        }
        return {key: _plain(value, key) for key, value in record.items()}

    def to_json(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write verdict, checks with their limits, facts and all numbers as strict JSON.

        Parameters
        ----------
        path : str or path-like
            The file. The same report gives the same bytes.
        overwrite : bool, optional
            Whether it may exist.

        Raises
        ------
        OutputExistsError
            It exists.
        OutputError
            It cannot be made there.
        """
        target = check_output(path, overwrite=overwrite)
        text = json.dumps(self.to_dict(), sort_keys=True, indent=1, allow_nan=False)
        _write(target, f"{text}\n", overwrite=overwrite)

    def to_html(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the report as one page that needs no other file and asks for none.

        Parameters
        ----------
        path, overwrite
            As for `to_json`.
        """
        from amsd_astro.validation.report.page import page_of

        target = check_output(path, overwrite=overwrite)
        _write(target, page_of(self), overwrite=overwrite)

    def _repr_html_(self) -> str:
        from amsd_astro.validation.report.page import summary_of

        return summary_of(self)


def _write(target: Path, text: str, *, overwrite: bool) -> None:
    with new_file(target, overwrite=overwrite) as file:
        file.write(text.encode("utf-8"))


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
