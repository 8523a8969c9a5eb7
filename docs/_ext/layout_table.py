"""The directive ``layout-table``: the layouts of missions and pipelines that the package knows, from its own table."""

from __future__ import annotations

from collections.abc import Mapping

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from amsd_astro.fits.layouts.table import Layout, layout_table
from amsd_astro.fits.planes.errors import KINDS_IN_WORDS

__all__ = ["setup"]

_HEADS = ("layout", "image", "mask: what makes a pixel bad", "errors", "checked against")
_WIDTHS = (16, 14, 38, 18, 14)
_SEEN = {"program": "a program that reads them", "documents": "documents", "real header": "a real header"}
_SEEN |= {"real file": "tried on a real file"}


class LayoutTable(SphinxDirective):
    """A row for each layout."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_dependency(__file__)
        group = nodes.tgroup(cols=len(_HEADS))
        group += [nodes.colspec(colwidth=width) for width in _WIDTHS]
        group += nodes.thead("", _row(_HEADS))
        group += nodes.tbody("", *(_row(_cells(layout)) for layout in layout_table().layouts))
        return [nodes.table("", group, classes=["layouts"])]


def _cells(layout: Layout) -> tuple[str, ...]:
    errors = layout.errors + (f" ({KINDS_IN_WORDS.get(layout.kind, layout.kind)})" if layout.kind else "")
    image, mask, errors = (
        text + _files(layout, role)
        for role, text in (("image", layout.image), ("mask", _mask(layout)), ("error", errors))
    )
    return layout.title, image, mask, errors, _SEEN[layout.seen]


def _files(layout: Layout, role: str) -> str:
    """Names of files of their own."""
    names = [row[role] for row in layout.companions if role in row]
    return f"; {', '.join(names)}" if names else ""


def _mask(layout: Layout) -> str:
    if layout.bad is None:
        return layout.mask
    if not layout.bad:
        return f"{layout.mask}, any value but zero"
    rest = f"; not {_flags(layout.good)}" if layout.good else ""
    return f"{layout.mask}: {'codes' if layout.codes else 'bits'} {_flags(layout.bad)}{rest}"


def _flags(flags: Mapping[int, str]) -> str:
    return ", ".join(map(str, sorted(flags)))


def _row(cells: tuple[str, ...]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph(cell, cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("layout-table", LayoutTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
