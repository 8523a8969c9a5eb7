"""What became of the files of a night: one line for each, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amsd_astro.printable import printable

__all__ = ["night_table"]

_TITLES = ("file", "result", "noise of the sky", "error left", "s", "output or reason")
_RIGHT = (3, 4)


def night_table(records: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of a table.

    Parameters
    ----------
    records : sequence of dict
        As `--json` prints them.
    """
    rows = [_TITLES, *map(_row, records)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    return ["  ".join(_placed(row[n], n, widths[n]) for n in range(len(_TITLES))).rstrip() for row in rows]


def _placed(text: str, column: int, width: int) -> str:
    return text.rjust(width) if column in _RIGHT else text.ljust(width)


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    noise, risk, seconds = record.get("noise"), record.get("risk"), record["seconds"]
    found = "" if noise is None else f"{noise['sky_sigma']:.4g} {record['unit']}".rstrip()
    left = "" if risk is None else f"{max(risk, 0) ** 0.5:.2f}"
    if record.get("unchanged"):
        left = "no noise"
    elif not record.get("trusted", True):
        left = "not to be trusted"
    result = record["kind"] if record["ok"] else "failed"
    last = record["output"] if record["ok"] else f"{record['kind']}: {record['message']}"
    told = "" if seconds is None else f"{seconds:.1f}"
    return printable(record["file"]), result, found, left, told, printable(last)
