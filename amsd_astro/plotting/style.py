"""What the figures have in common: colours of lines, labels, the head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from amsd_astro.plotting.axes import MASKED_COLOUR, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLOURS", "SMALL", "head", "label"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#56b4e9")
"""Of lines: four that colour-blind readers tell apart (Okabe & Ito 2008); dashes and markers differ too."""

_FIRST, _SECOND, _SIDE = 0.24, 0.46, 0.15  # inches from the edges


def label(
    axes: Axes,
    title: str,
    x: str,
    y: str,
    *,
    legend: str | None = None,
    place: Literal["best", "lower center"] = "best",
) -> None:
    """Write title, labels and legend of a panel; the legend may have a title of its own and a place."""
    axes.set_title(title, fontsize=SMALL + 1.5)
    axes.set_xlabel(x, fontsize=SMALL + 0.5)
    axes.set_ylabel(y, fontsize=SMALL + 0.5)
    axes.tick_params(labelsize=SMALL)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=SMALL, title_fontsize=SMALL, frameon=False, loc=place, title=legend)


def head(figure: Figure, title: str, facts: str, masked: float = 0.0) -> None:
    """Write the title, what is known, and what the colour of masked pixels means.

    Parameters
    ----------
    figure : Figure
        Where to.
    title, facts : str
        The two lines.
    masked : float, optional
        Share of pixels that are masked.
    """
    width, height = figure.get_size_inches()
    figure.text(_SIDE / width, 1 - _FIRST / height, title, fontsize=11, weight="bold", va="center", parse_math=False)
    figure.text(_SIDE / width, 1 - _SECOND / height, facts, fontsize=9, va="center", parse_math=False)
    if masked:
        patch = Patch(facecolor=MASKED_COLOUR, label=f"masked, {100 * masked:.3g} % of the pixels")
        figure.legend(handles=[patch], loc="upper right", fontsize=9, frameon=False, borderaxespad=0.4)
