"""What the pages tell people to type works."""

from __future__ import annotations

import ast
import importlib
import inspect
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from documentation import DOCS, ELSEWHERE, PAGES, Block, blocks, commands

from amsd_astro.cli import main
from amsd_astro.cli.arguments import build_parser

PYTHON = [block for block in blocks("python") if block.page not in ELSEWHERE]
CONSOLE = [block for block in blocks("console") if block.page not in ELSEWHERE]
CALLS = [(block, words) for block in CONSOLE for words in commands(block)]
ASK = ("--version", "--help")  # the program answers and ends


def pages_of(found: list[Block]) -> list[str]:
    """Return the pages that have code to run."""
    return sorted({block.page for block in found if block.is_run})


def test_there_is_code_to_run() -> None:
    assert len(PYTHON) > 12
    assert len(CALLS) > 20
    assert {"index.md", "start.md", "cards.md", "measured.md", "pipelines.md", "recipes.md"} <= set(pages_of(PYTHON))
    assert {"start.md", "command_line.md", "pipelines.md"} <= set(pages_of(CONSOLE))
    assert all((DOCS.parent / test).exists() for test in ELSEWHERE.values())


@pytest.mark.parametrize("block", PYTHON + CONSOLE, ids=str)
def test_marks_say_what_is_done(block: Block) -> None:
    assert not block.mark or block.mark.startswith("not run: ") or block.in_short != block.text


@pytest.mark.parametrize(("block", "words"), CALLS, ids=[" ".join(words) for _, words in CALLS])
def test_commands_are_understood(block: Block, words: list[str]) -> None:
    if words[-1] in ASK:
        with pytest.raises(SystemExit, match="0"):
            build_parser().parse_args(words)
    else:
        assert build_parser().parse_args(words).command == words[0]


def imported_from_us(tree: ast.Module) -> dict[str, object]:
    """Return what a piece of code imports from the package, by name."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {
        alias.asname or alias.name: getattr(importlib.import_module(node.module), alias.name)
        for node in nodes
        if node.module is not None and node.module.partition(".")[0] == "amsd_astro"
        for alias in node.names
    }


@pytest.mark.parametrize("page", sorted({block.page for block in PYTHON}))
def test_names_and_keywords_are_those_of_the_package(page: str) -> None:
    """Also in code that is not run."""
    names: dict[str, object] = {}
    for block in blocks("python", page):
        tree = ast.parse(block.text, filename=str(block))
        names |= imported_from_us(tree)
        for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
            called = names.get(call.func.id) if isinstance(call.func, ast.Name) else None
            if callable(called):
                known = inspect.signature(called).parameters
                assert {word.arg for word in call.keywords} <= set(known), f"{block}: {ast.unparse(call)}"


def test_inspect_says_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    (said,) = blocks("text", "start.md")
    words = next(words for block, words in CALLS if block.page == "start.md" and words[0] == "inspect")
    assert main([words[0], str(DOCS.parent / words[1])]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == said.text.splitlines()[1:]
    assert said.text.splitlines()[0] == words[1]


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_of(PYTHON))
def test_python_runs(page: str, folder: Path) -> None:
    """All code of a page, one piece after another, as a reader would type it."""
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks("python", page):
        if block.is_run:
            exec(compile("\n" * block.line + block.in_short, str(DOCS / page), "exec"), names)


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_of(CONSOLE))
def test_console_runs(page: str, folder: Path) -> None:
    for block in blocks("console", page):
        for line in block.text.splitlines() if block.is_run else []:
            words = shlex.split(line, comments=True)
            if words[0] != "amsd-astro":
                subprocess.run(line, shell=True, check=True)
            elif words[-1] in ASK:
                subprocess.run([sys.executable, "-m", "amsd_astro", *words[1:]], check=True, stdout=subprocess.DEVNULL)
            else:
                assert main(words[1:]) == 0, f"{block}: {line}"


def test_every_page_is_looked_at() -> None:
    assert {"fits.md", "thesis.md", "trust.md"} <= {path.name for path in PAGES}
