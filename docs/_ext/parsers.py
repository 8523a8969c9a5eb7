"""Commands and their options, as the parser of the command line has them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from amsd_astro.cli.arguments import build_parser

__all__ = ["described", "find_parser", "names_of", "usage_of"]

_WIDTH = 68  # characters of a line of the usage


def names_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that does something, such as ``("pairs", "noisy")``."""
    for words, found in _walk(parser):
        if not _subparsers(found):
            yield words


def find_parser(words: tuple[str, ...]) -> argparse.ArgumentParser:
    """Return the parser of a command.

    Parameters
    ----------
    words : tuple of str
        Its words.
    """
    for name, found in _walk(build_parser()):
        if name == words:
            return found
    raise ValueError(f"there must be a command of this name. Received: {' '.join(words)}")


def _walk(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    if words:
        yield words, parser
    for name, found in _subparsers(parser).items():
        yield from _walk(found, (*words, name))


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def described(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the groups of a parser's arguments: a title, and how each is written with what it does."""
    for group in parser._action_groups:
        rows = [
            (_written(action), action.help or "")
            for action in group._group_actions
            if not isinstance(action, argparse._HelpAction) and action.help is not argparse.SUPPRESS
        ]
        if rows:
            yield group.title or "", rows


def _written(action: argparse.Action) -> str:
    formatter = argparse.HelpFormatter(prog="")
    if not action.option_strings:
        return f"{action.metavar or action.dest}{' ...' if action.nargs == '+' else ''}"
    value = "" if action.nargs == 0 else f" {formatter._format_args(action, str(action.metavar))}"
    return ", ".join(action.option_strings) + value


def usage_of(parser: argparse.ArgumentParser) -> str:
    """Return how a command is called."""
    formatter = argparse.HelpFormatter(prog=parser.prog, width=_WIDTH)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, prefix="")
    return formatter.format_help().strip()
