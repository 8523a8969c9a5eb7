"""Inputs at addresses: fetched before a command that reads them more than once, and told of without credentials."""

from __future__ import annotations

import argparse
import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

from amsd_astro.cli.exit_statuses import UsageError
from amsd_astro.remote.addresses import is_address, shown_name

__all__ = ["check_output_place", "check_places", "local_inputs", "shown_record"]

_UPLOADING = ("denoise", "combine")
_NAMES = ("file", "files", "output", "denoised")
_FILES = ("file", "denoised", "repeat", "mask_file", "error_file", "reference")


@contextlib.contextmanager
def local_inputs(args: argparse.Namespace) -> Iterator[argparse.Namespace]:
    """Yield a command line that names files of this machine, where it names addresses of inputs; they are then removed.

    One of several files that cannot be fetched stays an address: whoever reads it will tell.
    """
    from amsd_astro.remote.fetching import Fetches

    fetches, local = Fetches(), copy.copy(args)
    with contextlib.ExitStack() as stack:
        stack.callback(fetches.close)
        several = getattr(args, "files", None)
        if several is not None:
            local.files = [_local_or_same(path, fetches.local_file) for path in several]
        for name in _FILES:
            value = getattr(args, name, None)
            if is_address(value):
                setattr(local, name, fetches.local(value) if name.endswith("_file") else fetches.local_file(value))
        yield local


def check_places(files: list[str], args: argparse.Namespace) -> None:
    """Refuse inputs at addresses whose outputs have no place: there is no folder beside them."""
    first = next((path for path in files if is_address(path)), None)
    if first is not None and args.output is None and args.directory is None:
        raise UsageError(f"argument FILE: {shown_name(first)} is not on this machine; name the output by -o or -d")


def check_output_place(args: argparse.Namespace) -> None:
    """Refuse outputs at addresses of commands that write on this machine alone."""
    output = getattr(args, "output", None)
    if args.command not in _UPLOADING and is_address(output):
        raise UsageError(f"argument -o/--output: must be on this machine. Received: {shown_name(output)}")


def shown_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record whose names of files have no credentials."""
    return {key: _shown(value) if key in _NAMES else value for key, value in record.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return shown_name(value) if isinstance(value, str) else value


def _local_or_same(path: str, fetch: Callable[[str], str]) -> str:
    try:
        return fetch(path)
    except (ValueError, OSError):
        return path
