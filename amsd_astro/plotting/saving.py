"""Figures as files, which appear whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from amsd_astro.errors import OutputError
from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import check_output

__all__ = ["FORMATS", "save_figure"]

FORMATS: Mapping[str, str] = {".png": "png", ".pdf": "pdf", ".svg": "svg"}
"""Kinds of files, by the ending of their names."""

# the same figure gives the same file: no dates, no random names
_METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}
_DPI = 150


def save_figure(figure: Figure, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a figure to a file.

    Parameters
    ----------
    figure : Figure
        Any.
    path : str or path-like
        Its ending says of which of `FORMATS`.
    overwrite : bool, optional
        Whether it may exist.

    Raises
    ------
    OutputExistsError
        It exists.
    OutputError
        It cannot be made, or its name has another ending.

    Examples
    --------
    >>> import os
    >>> from matplotlib.figure import Figure
    >>> from amsd_astro.plotting import save_figure
    >>> save_figure(Figure(figsize=(1, 1)), "figure.png")
    >>> os.path.getsize("figure.png") > 0
    True
    """
    target = check_output(path, overwrite=overwrite)
    form = FORMATS.get(Path(path).suffix.lower())
    if form is None:
        raise OutputError(f"{os.fspath(path)}: the name of a figure must end in {', '.join(FORMATS)}.")
    stored = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "amsd_astro"}):
        figure.savefig(stored, format=form, dpi=_DPI, metadata=_METADATA[form])
    with new_file(target, overwrite=overwrite) as file:
        file.write(stored.getbuffer())
