"""Whether an output is there already, made from the same input with the same options."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from amsd_astro.regular_files import file_checksum

__all__ = ["OPTIONS_KEYWORD", "SKIPPED", "describe_options", "is_done", "recorded"]

OPTIONS_KEYWORD = "AMSDOPTS"
SKIPPED = "the output is there, from the same input and options"
_SOURCE_KEYWORD = "AMSDSRC"
_THAT_COUNT = (
    "ext",
    "mask_ext",
    "mask_bits",
    "error_ext",
    "gain",
    "read_noise",
    "recipe",
    "steps",
    "seed",
    "orientations",
    "flux_tolerance",
    "force",
)


def describe_options(args: Any, path: str | os.PathLike[str] | None = None) -> str:
    """Return a digest of all options that the result depends on, the bytes of a model among them.

    Parameters
    ----------
    args : Options or Namespace
        The options, by the names of the command line.
    path : str or path-like, optional
        A FILE of it: the bytes of the files count that its mask and its errors are from.
    """
    asked = {name: getattr(args, name) for name in _THAT_COUNT}
    asked["seed"] = args.seed or 0
    if args.destripe:
        asked["destripe"] = True
    if args.engine not in (None, "auto"):
        asked["engine"] = args.engine
    if args.error_kind is not None:
        asked["error_kind"] = args.error_kind
    if args.noise_model is not None:
        asked["noise_model"] = args.noise_model
    asked["model"] = None if args.model is None else file_checksum(args.model)
    if path is not None:
        asked |= _planes(args, path)
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def is_done(output: str | os.PathLike[str], source: str | os.PathLike[str], options: str) -> bool:
    """Return whether a whole output is there whose cards record this input and these options.

    Parameters
    ----------
    output, source : path-like
        The output and the input it should be made from.
    options : str
        As `describe_options` returns.
    """
    checksum = file_checksum(source)
    return checksum is not None and (checksum, options) in recorded(output, _SOURCE_KEYWORD, OPTIONS_KEYWORD)


def recorded(output: str | os.PathLike[str], *keywords: str) -> set[tuple[str | None, ...]]:
    """Return what each HDU of an output records under some keywords; nothing where there is no whole output.

    Parameters
    ----------
    output : path-like
        The output.
    *keywords : str
        Of cards that hold text.
    """
    from amsd_astro.errors import FrameError
    from amsd_astro.fits.cards import string_value
    from amsd_astro.fits.scanning import scan
    from amsd_astro.remote.addresses import is_address
    from amsd_astro.remote.fetching import fetched

    if not is_address(output) and not os.path.exists(output):
        return set()
    try:
        with fetched(output) as local:
            file = scan(local, warn=False)
            file.stream.close()
    except (FrameError, OSError):
        return set()
    return {tuple(string_value(hdu.cards, keyword) for keyword in keywords) for hdu in file.hdus}


def _planes(args: Any, path: str | os.PathLike[str]) -> dict[str, Any]:
    """What the files say that planes are from; nothing where there are none, as before there were such options."""
    from amsd_astro.errors import FrameError
    from amsd_astro.fits.planes.own_files import own_paths

    try:
        found = own_paths(path, args.mask_file, args.error_file, companions=bool(args.companions))
    except FrameError:  # reading will say so
        return {}
    return {f"{role}_file": [own.ext, file_checksum(own.path)] for role, own in found.items()}
