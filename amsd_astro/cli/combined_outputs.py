"""What is asked of an image of several exposures, by which one that is there already is known again."""

from __future__ import annotations

import argparse
import hashlib
import json

from amsd_astro.many.done_already import Wanted
from amsd_astro.many.existing_outputs import describe_options, weights_in_cards
from amsd_astro.regular_files import file_checksum
from amsd_astro.version import __version__

__all__ = ["describe_combining", "wanted_combination"]


def describe_combining(args: argparse.Namespace, reference: int | str | None) -> str:
    """Return a digest of all options that the result depends on; the reference by its place among the inputs."""
    asked = [[describe_options(args, path) for path in args.files], args.weights, args.no_denoise, reference]
    if args.no_denoise:  # no card of a mean tells the version
        asked.append(__version__)
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def wanted_combination(args: argparse.Namespace, options: str) -> Wanted:
    """Return what the cards of an output record that has not to be made again: all inputs, in their order.

    Parameters
    ----------
    args : Namespace
        The command line; those of its inputs count that could not be used.
    options : str
        As `describe_combining` returns.
    """
    from amsd_astro.combination.provenance import CHECKSUMS_KEYWORD, checksums_digest

    inputs = checksums_digest(file_checksum(source) or "" for source in args.files)
    return Wanted(inputs, options, lambda: weights_in_cards(args), inputs_keyword=CHECKSUMS_KEYWORD)
