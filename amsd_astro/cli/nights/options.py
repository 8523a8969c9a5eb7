"""The options of `denoise` that are about many files."""

from __future__ import annotations

import argparse

from amsd_astro.cli.shared_options import whole

__all__ = ["add_files", "add_night_options"]


def add_files(command: argparse.ArgumentParser) -> None:
    """Add the words that stand for files."""
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="FITS file to denoise, its address (https://..., extra: remote), a folder of files, or @LIST for those "
        "that a file names, one a line, by paths from its folder; none is ever changed",
    )


def add_night_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say how many files are denoised at a time, and where."""
    group = command.add_argument_group("many files")
    group.add_argument(
        "--jobs",
        type=whole(1),
        default=1,
        metavar="N",
        help="processes, each at one file; --threads is that of each (default: the processors shared out among them). "
        "Each needs 2 GiB of memory (default: 1, one file after another)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="scheduler of a dask cluster whose workers are to do it, each one file at a time with as many threads as "
        "it has; they must see the files, and need 2 GiB of memory each (extra: cluster)",
    )
