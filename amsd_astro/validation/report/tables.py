"""Tables of a page: those of the report, and the numbers behind a chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from amsd_astro.graphics.numbers import number
from amsd_astro.validation.parts import Chart, Series, Table
from amsd_astro.validation.report.text import escaped

__all__ = ["html_table", "numbers_table"]

_MOST_ROWS = 1000


def html_table(table: Table) -> str:
    """Return a table; where it is wider than the page, it is moved within its own frame."""
    return _table(table.title, table.columns, table.rows)


def numbers_table(chart: Chart) -> str:
    """Return the numbers of a chart, series with the same x side by side; six digits each."""
    groups: list[list[Series]] = []
    for series in chart.series:
        same = (group for group in groups if np.array_equal(group[0].x, series.x, equal_nan=True))
        group = next(same, None)
        if group is None:
            groups.append([series])
        else:
            group.append(series)
    return "".join(_numbers(chart, group) for group in groups)


def _numbers(chart: Chart, group: Sequence[Series]) -> str:
    columns, values = [chart.x_label], [group[0].x]
    for series in group:
        columns.append(series.label)
        values.append(series.y)
        if series.y_error is not None:
            columns.append(f"{series.label}, error")
            values.append(series.y_error)
    arrays = [np.asarray(part, np.float64) for part in values]
    n_rows = arrays[0].size
    rows = ([number(float(part[n]), 6) for part in arrays] for n in range(min(n_rows, _MOST_ROWS)))
    more = f" (the first {_MOST_ROWS} of {n_rows})" if n_rows > _MOST_ROWS else ""
    return _table(f"{chart.title}: {chart.y_label}{more}", columns, rows)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{escaped(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escaped(title)}"><table>'
        f"<caption>{escaped(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        value = number(float(value))
    return f"<td>{escaped('' if value is None else value)}</td>"
