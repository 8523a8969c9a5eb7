"""The directive ``public-names``: an entry for each public name of a module, so that none can be left out."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

from astropy.io.registry import UnifiedReadWriteMethod
from docutils import nodes
from docutils.parsers.rst import directives
from numpydoc.docscrape_sphinx import SphinxDocString
from shown import shown_names
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

__all__ = ["setup"]

_LONGEST = 80  # characters of a value that is shown


class PublicNames(SphinxDirective):
    """A table of names, then an entry for each."""

    required_arguments = 1
    option_spec = {"match": directives.unchanged, "leave": directives.unchanged}  # noqa: RUF012 - as docutils has it

    def run(self) -> list[nodes.Node]:
        """Return what autosummary and autodoc make of the names."""
        module = self.arguments[0]
        home = importlib.import_module(module)
        names = shown_names(module, match=self.options.get("match", "*"), leave=self.options.get("leave", ""))
        if not names:
            raise self.error(f"there must be public names in {module} that match. Received: none")
        called = {name: getattr(home, name) for name in names}
        constants = [name for name, value in called.items() if not callable(value)]
        lines = [f".. currentmodule:: {module}", ""]
        if len(names) > len(constants):
            lines += [".. autosummary::", "   :nosignatures:", ""]
            lines += [f"   {name}" for name in names if name not in constants] + [""]
        for name, value in called.items():
            if name in constants:
                lines += _constant(module, name, value)
            else:
                lines += [f".. auto{'class' if inspect.isclass(value) else 'function'}:: {name}"]
                lines += [*_inheritance(value), "", *_reading_and_writing(value), ""]
        return self.parse_text_to_nodes("\n".join(lines))


def _inheritance(value: Any) -> list[str]:
    """Return how a class shows its bases: those of other packages by name, of those that are ours the members."""
    if not inspect.isclass(value) or value.__bases__ == (object,):
        return []
    foreign = [base.__name__ for base in value.__mro__ if not base.__module__.startswith("amsd_astro")]
    return ["   :inherited-members: " + ", ".join(foreign)] if foreign == ["object"] else ["   :show-inheritance:"]


def _reading_and_writing(value: Any) -> list[str]:
    """Return entries for `read` and `write` by astropy's registry, which autodoc takes for attributes."""
    lines = []
    for name, member in vars(value).items() if inspect.isclass(value) else ():
        if isinstance(member, UnifiedReadWriteMethod):
            call = inspect.signature(member.fget.__call__)
            plain = [one.replace(annotation=one.empty) for one in list(call.parameters.values())[1:]]
            arguments = call.replace(parameters=plain, return_annotation=call.empty)
            said = (inspect.getdoc(member.fget) or "").partition("The available built-in formats")[0]  # astropy's table
            lines += [f"   .. py:method:: {name}{arguments}", ""]
            lines += [f"      {line}" for line in str(SphinxDocString(said)).splitlines()] + [""]
    return lines


def _constant(module: str, name: str, value: Any) -> list[str]:
    text = _said_of(module, name) or [""]
    short = [f"   :value: {value!r}"] if len(repr(value)) <= _LONGEST else []
    return [f".. py:data:: {name}", *short, "", *(f"   {line}" for line in text), ""]


def _said_of(module: str, name: str) -> list[str]:
    """Return what the module that defines a constant says of it."""
    home = importlib.import_module(module)
    for part in pkgutil.iter_modules(getattr(home, "__path__", []), f"{module}."):
        if name in getattr(importlib.import_module(part.name), "__all__", ()):
            analyzer = ModuleAnalyzer.for_module(part.name)
            analyzer.analyze()
            return analyzer.attr_docs.get(("", name), [])
    return []


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("public-names", PublicNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
