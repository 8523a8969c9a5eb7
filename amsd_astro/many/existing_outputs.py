"""The digest of all options that a result depends on, by which an output that is there already is known again."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from amsd_astro.regular_files import file_checksum

__all__ = ["OPTIONS_KEYWORD", "describe_options", "weights_in_cards"]

OPTIONS_KEYWORD = "AMSDOPTS"
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
    if args.model is None and args.steps:  # AMSDHASH is then that of what became of them
        asked["weights"] = _packaged(args.recipe)
    if path is not None:
        asked |= _planes(args, path)
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def weights_in_cards(args: Any) -> str | None:
    """Return the AMSDHASH of what the options ask for; None where only the work itself can tell it.

    Parameters
    ----------
    args : Options or Namespace
        The options, by the names of the command line. The bytes of a model are among them.
    """
    return None if args.model is not None or args.steps else _packaged(args.recipe)


def _packaged(recipe: str | None) -> str | None:
    """Return the fingerprint of the packaged weights of a recipe, None where it has none."""
    from amsd_astro.network.files.packaged_weights import packaged_fingerprint
    from amsd_astro.network.recipes import settings_of

    weights = settings_of(recipe or "amsd").weights
    return None if weights is None else packaged_fingerprint(weights)


def _planes(args: Any, path: str | os.PathLike[str]) -> dict[str, Any]:
    """What the files say that planes are from; nothing where there are none, as before there were such options."""
    from amsd_astro.errors import FrameError
    from amsd_astro.fits.planes.own_files import own_paths

    try:
        found = own_paths(path, args.mask_file, args.error_file, companions=bool(args.companions))
    except FrameError:  # reading will say so
        return {}
    return {f"{role}_file": [own.ext, file_checksum(own.path)] for role, own in found.items()}
