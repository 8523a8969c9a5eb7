"""The directive ``command-options``: usage and options of a command, as its parser has them."""

from __future__ import annotations

from docutils import nodes
from parsers import described, find_parser, usage_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["setup"]


class CommandOptions(SphinxDirective):
    """Usage and options of the command that is its argument."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the usage, then a list of each group of options."""
        words = tuple(self.arguments[0].split())
        try:
            parser = find_parser(words)
        except ValueError as error:
            raise self.error(str(error)) from error
        self.env.note_dependency(__file__)
        usage = usage_of(parser)
        result: list[nodes.Node] = [nodes.literal_block(usage, usage, language="text", classes=["command-usage"])]
        for title, rows in described(parser):
            result.append(nodes.paragraph("", "", nodes.strong(title, title), classes=["option-group"]))
            result.append(self._list(words, rows))
        return result

    def _list(self, words: tuple[str, ...], rows: list[tuple[str, str]]) -> nodes.definition_list:
        found = nodes.definition_list(classes=["command-options"])
        for written, text in rows:
            term = nodes.term("", "", nodes.literal(written, written))
            term["ids"].append(nodes.make_id("-".join((*words, written.split()[0].strip(",")))))
            body = nodes.definition("", nodes.paragraph(text, text))
            found.append(nodes.definition_list_item("", term, body))
        return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("command-options", CommandOptions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
