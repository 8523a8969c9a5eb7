"""A report as one page of HTML, and as a few lines for a notebook."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from importlib.resources import files
from string import Template

from amsd_astro.graphics.numbers import limits, number
from amsd_astro.validation.parts import Check, Section
from amsd_astro.validation.report.svg_charts import chart_figure
from amsd_astro.validation.report.tables import html_table
from amsd_astro.validation.report.text import escaped
from amsd_astro.validation.report.verdict import Verdict
from amsd_astro.validation.report.viewer import viewer_html
from amsd_astro.validation.wording import VERDICTS, allowed, statement, told, value_of

__all__ = ["page_of", "summary_of"]

_STATES = {"passed": "passed", "failed": "failed", "inconclusive": "inconclusive", "not judged": "unjudged"}
# told apart by shape: a tick in a circle, a cross in an octagon, a wave in a diamond, a dash in a dashed circle
_SHAPES = {
    "passed": '<circle cx="10" cy="10" r="9"/><path class="sign" d="M5.5,10.5l3,3l6,-7"/>',
    "failed": '<path d="M6.3,1h7.4l5.3,5.3v7.4l-5.3,5.3h-7.4l-5.3,-5.3v-7.4z"/>'
    '<path class="sign" d="M6.5,6.5l7,7M13.5,6.5l-7,7"/>',
    "inconclusive": '<path d="M10,0.5l9.5,9.5l-9.5,9.5l-9.5,-9.5z"/>'
    '<path class="sign" d="M5.5,11q2.2,-3.6 4.5,-1.2t4.5,-1.2"/>',
    "unjudged": '<circle class="open" cx="10" cy="10" r="8.5"/><path class="sign" d="M6,10h8"/>',
}


def page_of(report: Verdict) -> str:
    """Return a report as a page that is complete in itself.

    Parameters
    ----------
    report : Verdict
        What to tell.

    Returns
    -------
    str
        HTML. The same report gives the same text; its script and style are allowed by their hashes, all else is
        forbidden to load.
    """
    parts = [("verdict", "Verdict", _verdict(report))]
    if report.pictures:
        parts.append(("pictures", "Pictures", viewer_html(report.pictures, report.wcs)))
    parts.append(("checks", "Checks", _checks(report.checks)))
    for n, section in enumerate(report.sections, 1):
        parts.append((f"section-{n}", section.title, _section(section, n)))
    parts.append(("facts", "What was done", _facts(report)))
    parts.append(("thresholds", "Thresholds", _thresholds(report.checks)))
    style, script = _static("page.css"), _static("page.js")
    return Template(_static("page.html")).substitute(
        title=f"{VERDICTS[report.verdict].capitalize()}: {escaped(report.title)}",
        heading=escaped(report.title),
        subtitle=escaped(report.subtitle),
        contents="".join(f'<li><a href="#{name}">{escaped(title)}</a></li>' for name, title, _ in parts),
        main="\n".join(
            f'<section id="{name}" class="{_state(report) if name == "verdict" else "part"}" '
            f'aria-labelledby="{name}-title"><h2 id="{name}-title">{_heading(report, name, title)}</h2>{body}</section>'
            for name, title, body in parts
        ),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
    )


def summary_of(report: Verdict) -> str:
    """Return verdict and checks as HTML for a notebook."""
    rows = "".join(
        f"<tr><td>{escaped(check.title)}</td><td>{_value(check)}</td>"
        f"<td>{escaped(limits(check.low, check.high, check.unit))}</td><td>{VERDICTS[check.verdict]}</td></tr>"
        for check in report.checks
    )
    diagnosis = "".join(f"<p>{escaped(sentence)}</p>" for sentence in report.diagnosis)
    return (
        f"<p><strong>{escaped(report.title)}: {VERDICTS[report.verdict]}.</strong> "
        f"{escaped(' '.join(report.summary))} {escaped(_count(report))}</p>{diagnosis}"
        f"<table><thead><tr><th>Check</th><th>Value</th><th>Limits</th><th>Result</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _static(name: str) -> str:
    return (files("amsd_astro.validation.report") / "static" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _state(report: Verdict) -> str:
    return _STATES[report.verdict]


def _heading(report: Verdict, name: str, title: str) -> str:
    return f"{_mark(_state(report))}{VERDICTS[report.verdict].capitalize()}" if name == "verdict" else escaped(title)


def _mark(state: str) -> str:
    return f'<svg class="mark {state}" viewBox="0 0 20 20" aria-hidden="true">{_SHAPES[state]}</svg>'


def _count(report: Verdict) -> str:
    """Return how the checks ended, in a sentence."""
    if not report.checks:
        return "Nothing was measured."
    ends = [check.verdict for check in report.checks]
    told = [f"{ends.count('passed')} of {len(ends)} checks passed", f"{ends.count('failed')} failed"]
    told += [f"{ends.count(end)} {end}" for end in ("inconclusive", "not judged") if end in ends]
    return f"{', '.join(told)}."


def _verdict(report: Verdict) -> str:
    failed = "".join(f"<li>{escaped(statement(check))}</li>" for check in report.failures)
    unsure = "".join(
        f"<li>{escaped(statement(check))}</li>" for check in report.checks if check.verdict == "inconclusive"
    )
    diagnosis = "".join(f"<li>{escaped(sentence)}</li>" for sentence in report.diagnosis)
    return "".join(
        [
            f'<p class="summary">{escaped(" ".join(report.summary))}</p>',
            f"<p>{escaped(_count(report))}</p>",
            f'<h3>What failed</h3><ul class="failures">{failed}</ul>' if failed else "",
            f'<h3>What is likely wrong</h3><ul class="diagnosis">{diagnosis}</ul>' if diagnosis else "",
            f'<h3>What is too uncertain to judge</h3><ul class="unsure">{unsure}</ul>' if unsure else "",
        ]
    )


def _checks(checks: Sequence[Check]) -> str:
    if not checks:
        return "<p>There are none.</p>"
    rows = "".join(map(_check, checks))
    return (
        '<table class="checks"><thead><tr><th scope="col">Result</th><th scope="col">Check</th>'
        f'<th scope="col">Value</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _check(check: Check) -> str:
    state = _STATES[check.verdict]
    ended = f"{_mark(state)}<span>{VERDICTS[check.verdict]}</span>"
    return (
        f'<tr class="{state}" id="check-{escaped(check.name)}"><td>{ended}</td>'
        f'<th scope="row">{escaped(check.title)}<small>{escaped(check.sentence)}</small></th>'
        f"<td>{_found(check)}<small>{escaped(allowed(check) or 'no limit')}</small></td></tr>"
    )


def _found(check: Check) -> str:
    verb, value = told(check)
    return f"<small>{escaped(verb)}</small>{_value(check, value)}" if verb else _value(check)


def _value(check: Check, told_value: str = "") -> str:
    """Return the value with its unit, which is not parted from it at the end of a line."""
    value = escaped(told_value or value_of(check)).replace("\N{PLUS-MINUS SIGN} ", "\N{PLUS-MINUS SIGN}&nbsp;")
    return f"{value}&nbsp;{escaped(check.unit)}" if check.unit and not math.isnan(check.value) else value


def _section(section: Section, n: int) -> str:
    charts = "".join(chart_figure(chart, f"chart-{n}-{k}") for k, chart in enumerate(section.charts, 1))
    return "".join(
        [
            f"<p>{escaped(section.sentence)}</p>" if section.sentence else "",
            f'<div class="charts">{charts}</div>' if charts else "",
            *map(html_table, section.tables),
        ]
    )


def _facts(report: Verdict) -> str:
    if not report.facts:
        return "<p>Nothing is recorded.</p>"
    facts = "".join(f"<div><dt>{escaped(k)}</dt><dd>{escaped(v)}</dd></div>" for k, v in report.facts.items())
    return f"<dl>{facts}</dl>"


def _thresholds(checks: Sequence[Check]) -> str:
    if not checks:
        return "<p>There are none.</p>"
    rows = "".join(
        f'<tr><th scope="row"><code>{escaped(check.name)}</code></th><td>{_limit(check.low)}</td>'
        f"<td>{_limit(check.high)}</td><td>{escaped(check.unit)}</td></tr>"
        for check in checks
    )
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Thresholds"><table><thead><tr>'
        '<th scope="col">Check</th><th scope="col">At least</th><th scope="col">At most</th><th scope="col">Unit</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _limit(value: float | None) -> str:
    return "" if value is None else number(value)
