"""What the person sees: results on standard output; logs, warnings and errors on standard error."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import math
import sys
import traceback
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TextIO

from amsd_astro.printable import one_line, printable

__all__ = ["Console", "NotingConsole"]

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class Console:
    """Standard output and standard error of one run, set up as a context manager.

    Parameters
    ----------
    verbose : int
        How many times ``-v`` was given: 1 shows tracebacks and what is decided, 2 every detail.
    quiet : bool
        Show errors alone.
    """

    def __init__(self, verbose: int = 0, quiet: bool = False) -> None:
        self.verbose = verbose
        self.quiet = quiet
        self._handler = _Handler(self)
        self._warnings: list[str] = []
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        logger = logging.getLogger("amsd_astro")
        self._undo.callback(logger.setLevel, logger.level)
        self._undo.callback(logger.removeHandler, self._handler)
        logger.setLevel(_LEVELS[min(self.verbose, 2)])
        logger.addHandler(self._handler)
        self._undo.enter_context(warnings.catch_warnings())
        warnings.simplefilter("always", UserWarning)  # the same warning about another file counts
        self._take_warnings()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # as standard error is: the locale may know ASCII alone
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def result(self, *lines: str) -> None:
        """Print a result for people, unless they asked for quiet."""
        if not self.quiet:
            print("\n".join(map(printable, lines)), flush=True)

    def json(self, record: dict[str, Any]) -> None:
        """Print a result for programs: one object on one line."""
        print(json.dumps(_plain(record), allow_nan=False), flush=True)

    def failure(self, message: str, error: BaseException | None = None) -> None:
        """Print the one line of a failure, with the traceback in front of it where details were asked for."""
        if error is not None and self.verbose and isinstance(error, Exception):
            for line in _traceback_lines(error):
                self.note(line)
        self.note(f"amsd-astro: error: {message}")

    def note(self, line: str) -> None:
        """Print a line on standard error, above a progress bar if there is one."""
        text = printable(line)
        if "tqdm" in sys.modules:
            sys.modules["tqdm"].tqdm.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def collect_warnings(self) -> Iterator[list[str]]:
        """Gather the warnings about one file, beside showing them."""
        self._warnings = []
        yield self._warnings

    def remember(self, text: str) -> None:
        """Count a warning to the file that is being worked on."""
        self._warnings.append(text)

    def calm_astropy(self) -> None:
        """Keep astropy's own logger, which writes to standard output, from doing so, and from taking warnings."""
        import astropy

        self._take_warnings()
        self._undo.callback(astropy.log.setLevel, astropy.log.level)
        astropy.log.setLevel(logging.ERROR)

    def _take_warnings(self) -> None:
        warnings.showwarning = self._show_warning

    def _show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = one_line(str(message))
        if category.__module__.startswith("amsd_astro."):
            self.remember(text)
            if not self.quiet:
                self.note(f"amsd-astro: warning: {text}")
        elif self.verbose > 1:
            self.note(f"{filename}:{lineno}: {category.__name__}: {text}")


class NotingConsole(Console):
    """Keeps the lines for standard error, for another process that will print them.

    Attributes
    ----------
    lines : list of str
        What was to be printed.
    """

    def __init__(self, verbose: int = 0, quiet: bool = False) -> None:
        super().__init__(verbose, quiet)
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)


class _Handler(logging.Handler):
    """Sends log records to the console; warnings are gathered like those of `warnings`."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = printable(record.getMessage())
            if record.levelno >= logging.WARNING:
                self._console.remember(text)
            if record.levelno >= logging.ERROR or not self._console.quiet:
                self._console.note(f"amsd-astro: {record.levelname.lower()}: {text}")
        except Exception:  # noqa: BLE001 - a record that cannot be shown stops nothing
            self.handleError(record)


def _traceback_lines(error: BaseException) -> Iterator[str]:
    """Yield a traceback; of it the calls alone have lines of their own: a message could pass itself off as others."""
    told = traceback.TracebackException.from_exception(error)
    link: traceback.TracebackException | None = told
    while link is not None:
        link.__notes__ = [printable(str(note)) for note in getattr(link, "__notes__", None) or []]
        link = link.__cause__ or link.__context__
    for part in told.format():
        if part.startswith("  File "):
            yield from part.rstrip("\n").split("\n")
        else:
            yield part.strip("\n")


def _plain(value: Any) -> Any:
    """Turn a value into what JSON knows: numpy's numbers into Python's, NaN and infinities into null."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
