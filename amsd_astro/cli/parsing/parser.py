"""A parser whose errors are one line that says what was meant, and whose help begins with examples."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from amsd_astro.printable import printable
from amsd_astro.spelling import closest

__all__ = ["CommandParser"]

_SUGGESTS = sys.version_info >= (3, 14)  # argparse itself says which choice was meant


class CommandParser(argparse.ArgumentParser):
    """A parser of the program or of one of its commands.

    Parameters
    ----------
    examples : sequence of str, optional
        Command lines that its help begins with.
    **settings
        Of `argparse.ArgumentParser`.
    """

    def __init__(self, *, examples: Sequence[str] = (), **settings: Any) -> None:
        if _SUGGESTS:
            settings["suggest_on_error"] = True
        super().__init__(**settings, allow_abbrev=False)
        self.examples = tuple(examples)

    def format_help(self) -> str:
        """Return the examples, then what argparse says of usage and options."""
        rest = super().format_help()
        if not self.examples:
            return rest
        shown = "\n".join(f"  {line}" for line in self.examples)
        return f"examples:\n{shown}\n\n{rest}"

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read a command line; what is left over is told by the command that has no such option."""
        found, left = self.parse_known_args(args, namespace)
        if left:
            command = getattr(found, "parser", self)
            command.error(f"unrecognized arguments: {' '.join(left)}{command.meant(left)}")
        return found

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong in one line, and end."""
        self.exit(2, f"{self.prog}: error: {printable(message)} (see {self.prog} --help)\n")

    def meant(self, words: Sequence[str]) -> str:
        """Return which options were meant by words that are none.

        Parameters
        ----------
        words : sequence of str
            As they were typed.
        """
        known = [option for option in self._option_string_actions if option.startswith("--")]
        found = [closest(word.partition("=")[0], known) for word in words if word.startswith("--")]
        return _question([option for option in found if option])

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is no choice, and say which one it is most like."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            choices = [str(one) for one in action.choices or ()]
            meant = "" if _SUGGESTS else closest(str(value), choices)
            raise argparse.ArgumentError(action, f"{error.message}{_question([meant] if meant else [])}") from None


def _question(meant: Sequence[str]) -> str:
    return f"; did you mean {', '.join(meant)}?" if meant else ""
