"""The pages of the documentation, and the pieces of code in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DOCS", "ELSEWHERE", "PAGES", "ROOT", "Block", "blocks", "commands"]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
ELSEWHERE = {"thesis.md": "tests/images/test_thesis_page.py"}
"""Pages whose code is run by tests of their own."""

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^>]*) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A piece of code.

    Attributes
    ----------
    page : str
        Name of its page.
    line : int
        Where it begins.
    language : str
        Such as "python".
    text : str
        The code.
    mark : str
        What the comment above it says: "not run: why", "in the test: steps=2", or nothing.
    """

    page: str
    line: int
    language: str
    text: str
    mark: str

    @property
    def is_run(self) -> bool:
        """Whether a test runs it; it has to be in order all the same."""
        return not self.mark.startswith("not run: ")

    @property
    def in_short(self) -> str:
        """The code as a test runs it: with the steps of training that the mark says."""
        short = re.fullmatch(r"in the test: (steps=\d+)", self.mark)
        return re.sub(r"\bsteps=\d+", short[1], self.text) if short else self.text

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(language: str, page: str | None = None) -> list[Block]:
    """Return the pieces of code of a language, of one page or of all, in their order.

    Parameters
    ----------
    language : str
        "python", "console" or "text".
    page : str, optional
        Name of the page.
    """
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            line = text.count("\n", 0, match.start("text"))
            block = Block(path.name, line, match["language"], match["text"], match["mark"] or "")
            if block.language == language and page in (None, block.page):
                found.append(block)
    return found


def commands(block: Block) -> list[list[str]]:
    """Return the words of every call of ours in a console block, without the program's name."""
    found = []
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        if "amsd-astro" in words:
            found.append(words[words.index("amsd-astro") + 1 :])
    return found
