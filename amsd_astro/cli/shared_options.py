"""What the options of several commands share: kinds of values, and how to report."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

from amsd_astro.cli.parsing.examples import EXAMPLES

__all__ = ["add_reporting", "new_command", "number", "whole"]


def new_command(commands: argparse._SubParsersAction[Any], name: str, text: str) -> argparse.ArgumentParser:
    """Add a command.

    Parameters
    ----------
    commands : action
        Of the parser that it belongs to.
    name, text : str
        Its name and what it does.
    """
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", examples=EXAMPLES[name]
    )
    command.set_defaults(parser=command)
    return command


def add_reporting(command: argparse.ArgumentParser, json_help: str) -> None:
    """Add the options that say what is to be printed."""
    group = command.add_argument_group("reporting")
    group.add_argument("--json", action="store_true", help=json_help)
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument(
        "-v", "--verbose", action="count", default=0, help="tell what is decided, and where errors come from; -vv: more"
    )
    loudness.add_argument("-q", "--quiet", action="store_true", help="print errors only (and --json)")


def whole(least: int) -> Callable[[str], int]:
    """Return a reader of whole numbers, hexadecimal ones (0x...) too."""

    def read(text: str) -> int:
        try:
            value = int(text, 0)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"must be a whole number, at least {least}. Received: {text}")
        return value

    return read


def number(least: float, *, above: bool = False) -> Callable[[str], float]:
    """Return a reader of finite numbers that are at least (or above) a bound."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < least or (above and value == least):
            rule = "above" if above else "at least"
            raise argparse.ArgumentTypeError(f"must be a number, {rule} {least:g}. Received: {text}")
        return value

    return read
