"""What makes a stored notebook fit to be read by anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import nbformat
from nbformat import NotebookNode

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

_MACHINE = {
    "an absolute path": re.compile(r"(?:^|[\s\"'(=\[,:])(?:/[A-Za-z0-9_.-]+){2,}|[A-Za-z]:\\\\?[A-Za-z]", re.MULTILINE),
    "an address in memory": re.compile(r"0x[0-9a-f]{6,}"),
    "a traceback": re.compile(r"Traceback|site-packages"),
}
_LINK = re.compile(r"https?://\S+")
_DATA = re.compile(r"base64,[A-Za-z0-9+/=]+")


def problems(notebook: NotebookNode) -> Iterator[str]:
    """Yield what is wrong with a notebook."""
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield f"not valid: {error.message}"
    if notebook.metadata != METADATA:
        yield f"metadata {dict(notebook.metadata)}"
    if not notebook.cells or not notebook.cells[0].source.startswith("# "):
        yield "no title"
    ids = [cell.get("id", "") for cell in notebook.cells]
    if len(set(ids)) < len(ids) or not all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in ids):
        yield f"cells without a name of their own: {ids}"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "not run from the first cell to the last"
    if not any("image/png" in output.get("data", {}) for cell in code for output in cell.outputs):
        yield "no figure"
    for cell in notebook.cells:
        yield from (f"{cell.id}: {problem}" for problem in _cell_problems(cell))


def _cell_problems(cell: NotebookNode) -> Iterator[str]:
    if cell.metadata:
        yield f"metadata {dict(cell.metadata)}"
    yield from _noise(cell.source)
    for output in cell.get("outputs", ()):
        if output.output_type == "error" or output.get("name") == "stderr":
            yield f"{output.output_type} {output.get('name', '')} {output.get('ename', '')}"
        if output.get("metadata"):
            yield f"metadata of an output, {dict(output.metadata)}"
        for text in _texts(output):
            yield from _noise(text)


def _texts(output: NotebookNode) -> Iterator[str]:
    data: dict[str, Any] = output.get("data", {})
    yield output.get("text", "")
    yield from (text for kind, text in data.items() if kind.startswith("text/"))


def _noise(text: str) -> Iterator[str]:
    bare = _LINK.sub("", _DATA.sub("", text))
    for name, pattern in _MACHINE.items():
        found = pattern.search(bare)
        if found:
            yield f"{name}: {bare[max(0, found.start() - 20) : found.end() + 40]!r}"
