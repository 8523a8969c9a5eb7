"""Links of pages to files outside the documentation: they lead to the page that holds the file, where there is one.

The pages are also read where the repository is, so their links are paths in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

__all__ = ["setup"]

_PAGES = {"CHANGELOG.md": "changelog"}
_RESULTS, _TABLES = "results", "benchmarks"  # the folder of the tables, and the page that holds them


class RepositoryLinks(SphinxPostTransform):
    """Resolves links to documents that are none of the documentation."""

    default_priority = 5  # before those of MyST

    def run(self, **kwargs: Any) -> None:
        """Replace them by links to pages, or by their words."""
        for node in list(self.document.findall(addnodes.pending_xref)):
            if node.get("refdomain") != "doc" or node["reftarget"] in self.env.all_docs:
                continue
            path = Path(node["reftarget"])
            if path.parts[0] not in ("..", "/"):
                continue
            found = self._page_of(path)
            words = nodes.inline("", "", *node.children)
            node.replace_self(words if found is None else self._link(node, found, words))

    def _page_of(self, path: Path) -> tuple[str, str] | None:
        """Return page and place of a file; its path is relative to the documentation, without ending."""
        name = f"{path.name}.md"
        if name in _PAGES:
            return _PAGES[name], ""
        if path.parts[-2] == _RESULTS:
            return _TABLES, f"table-{path.name}"
        return None

    def _link(self, node: addnodes.pending_xref, found: tuple[str, str], words: nodes.inline) -> nodes.reference:
        page, place = found
        source = node.get("refdoc", self.env.docname)
        uri = self.app.builder.get_relative_uri(source, page) + (f"#{place}" if place else "")
        return nodes.reference("", "", words, internal=True, refuri=uri)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the transform."""
    app.add_post_transform(RepositoryLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
