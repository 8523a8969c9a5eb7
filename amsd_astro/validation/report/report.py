"""What a validation found, told as JSON and as a page."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.fits.output_file import check_output, new_file
from amsd_astro.printable import printable
from amsd_astro.validation.report.page import page_of, summary_of
from amsd_astro.validation.report.verdict import Verdict

__all__ = ["Report"]

_MOST_SENTENCES = 6


@dataclass(frozen=True, eq=False)
class Report(Verdict):
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
    untested : sequence of str, optional
        What the checks tell nothing of.

    Examples
    --------
    >>> from amsd_astro import validate
    >>> report = validate("exposure.fits", denoiser=lambda frame: frame, n_sources=20)
    >>> report.to_html("report.html")
    >>> report.passed == (report.verdict == "passed")
    True
    """

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

        Examples
        --------
        >>> from amsd_astro import Report
        >>> from amsd_astro.validation.parts import Check
        >>> Report("A night", checks=[Check("sky", "Level of the sky", 0.1, high=1.0)]).to_json("report.json")
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

        Examples
        --------
        >>> from amsd_astro import Report
        >>> from amsd_astro.validation.parts import Check
        >>> Report("A night", checks=[Check("sky", "Level of the sky", 0.1, high=1.0)]).to_html("report.html")
        """
        target = check_output(path, overwrite=overwrite)
        _write(target, page_of(self), overwrite=overwrite)

    def __repr__(self) -> str:
        failed = ", ".join(check.name for check in self.failures)
        lines = [
            f"<Report, {self.title}: {self.verdict}",
            self.subtitle,
            f"{len(self.checks)} checks, {len(self.failures)} failed" + (f": {failed}" if failed else ""),
            *self.diagnosis[:_MOST_SENTENCES],
        ]
        return "\n ".join(printable(line) for line in lines if line) + ">"

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_")]

    @usual_float_errors()
    def _repr_html_(self) -> str:
        return summary_of(self)


def _write(target: Path, text: str, *, overwrite: bool) -> None:
    with new_file(target, overwrite=overwrite) as file:
        file.write(text.encode("utf-8"))
