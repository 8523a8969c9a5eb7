"""From the words of a command line to an exit status."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

from amsd_astro.cli.arguments import build_parser
from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import IO, TERMINATED, WRONG_USAGE, Terminated, UsageError, describe_failure
from amsd_astro.cli.inputs import check_stated_noise
from amsd_astro.cli.remote_inputs import check_output_place
from amsd_astro.cli.standard_streams import open_streams

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Its words without the program's name; by default those Python was started with.

    Returns
    -------
    int
        The exit status: 0 done, 1 some of several files failed, 65 bad input, 70 a bug, 71 out of memory or disk,
        73 the output cannot be made, 74 reading or writing failed, 130 or 143 stopped by a signal.

    Raises
    ------
    SystemExit
        After ``--help`` and ``--version``, and with 2 after wrong usage.
    """
    with open_streams() as is_heard:
        return _run(argv, is_heard)


def _run(argv: Sequence[str] | None, is_heard: bool) -> int:
    """Run a command line; ``is_heard`` tells whether there is a standard output."""
    parser = build_parser()
    args = parser.parse_args(argv)
    usage: argparse.ArgumentParser = getattr(args, "parser", parser)
    if args.command is None or getattr(args, "stage", "") is None:
        usage.print_help(sys.stderr)
        return WRONG_USAGE
    command = importlib.import_module(f"amsd_astro.cli.commands.{args.command.replace('-', '_')}")
    with Console(args.verbose, args.quiet) as console, _terminable():
        try:
            if getattr(args, "json", False) and not is_heard:
                raise OSError(errno.EBADF, "standard output is closed: there is nowhere to print the JSON")
            check_stated_noise(args)
            check_output_place(args)
            status: int = command.run(args, console)
            sys.stdout.flush()
            return status
        except UsageError as error:
            usage.error(str(error))
        except BrokenPipeError:  # whoever read the results went away
            _abandon_stdout()
            return IO
        except (Exception, KeyboardInterrupt, Terminated, MemoryError) as error:  # noqa: BLE001 - the last resort
            failure = describe_failure(error)
            console.failure(failure.message, error)
            return failure.status


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that temporary files are cleaned up."""

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb the cleaning up
        raise Terminated(TERMINATED)

    before: Any = None
    with contextlib.suppress(ValueError):  # not in the main thread
        before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _abandon_stdout() -> None:
    """Keep Python from failing once more when it flushes standard output at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
