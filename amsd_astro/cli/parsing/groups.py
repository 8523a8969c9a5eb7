"""The commands of the top help, in groups."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["group_commands"]


def group_commands(
    parser: argparse.ArgumentParser, commands: argparse._SubParsersAction[Any], apart: Mapping[str, Sequence[str]]
) -> None:
    """List the commands as groups of the help; how they are read stays as it is.

    Parameters
    ----------
    parser : ArgumentParser
        Of the program.
    commands : action
        Its commands, all of them.
    apart : mapping of str to sequence of str
        Titles, and the commands that stand below them; all others come first.
    """
    texts = {shown.dest: shown.help for shown in commands._choices_actions}
    others = [name for name in texts if not any(name in names for names in apart.values())]
    parser._action_groups.remove(parser._positionals)  # argparse would list all as one argument
    for place, (title, names) in enumerate({"commands": others, **apart}.items()):
        group = parser.add_argument_group(title)
        group._group_actions += [_Listed(name, texts[name]) for name in names]
        parser._action_groups.remove(group)
        parser._action_groups.insert(place, group)


class _Listed(argparse.Action):
    """A command as the help lists it."""

    def __init__(self, name: str, text: str | None) -> None:
        super().__init__([], dest=name, help=text, metavar=name)

    def __call__(self, *given: object) -> None:
        """It is never read."""
