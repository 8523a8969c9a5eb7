"""Whether an image of several exposures is there already, made from the same inputs with the same options."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Sequence

from amsd_astro.many.existing_outputs import OPTIONS_KEYWORD, describe_options, recorded
from amsd_astro.regular_files import file_checksum

__all__ = ["describe_combining", "is_combined"]


def describe_combining(args: argparse.Namespace, reference: int | str | None) -> str:
    """Return a digest of all options that the result depends on; the reference by its place among the inputs."""
    asked = [[describe_options(args, path) for path in args.files], args.weights, args.no_denoise, reference]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def is_combined(output: str | os.PathLike[str], sources: Sequence[str], options: str) -> bool:
    """Return whether a whole output is there whose cards record these inputs, in their order, and these options.

    Parameters
    ----------
    output : path-like
        The output.
    sources : sequence of str
        All inputs, those among them that could not be used.
    options : str
        As `describe_combining` returns.
    """
    from amsd_astro.combination.provenance import CHECKSUMS_KEYWORD, checksums_digest

    wanted = checksums_digest(file_checksum(source) or "" for source in sources), options
    return wanted in recorded(output, CHECKSUMS_KEYWORD, OPTIONS_KEYWORD)
