"""The frames a command line names, and the noise it states."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.exit_statuses import UsageError
from amsd_astro.many.admission import read_admitted
from amsd_astro.many.options import stated_noise

if TYPE_CHECKING:
    from amsd_astro.frames import Frame

__all__ = ["check_model", "check_stated_noise", "read_input", "reading_options", "stated_noise"]


def reading_options(args: argparse.Namespace, *, named_files: bool = True, companions: bool = True) -> dict[str, Any]:
    """Return what `read_frame` is to be told.

    Parameters
    ----------
    args : Namespace
        The command line.
    named_files : bool, optional
        Whether the files of planes that are named are this one's, and not those of another exposure.
    companions : bool, optional
        Whether it can have companions.
    """
    options = {name: getattr(args, name) for name in ("ext", "mask_ext", "mask_bits", "error_ext", "error_kind")}
    options["companions"] = companions and bool(args.companions)
    for role, told in (("mask", "mask_bits"), ("error", "error_kind")):
        own = getattr(args, f"{role}_file")
        options[f"{role}_file"] = own if named_files else None
        if (own is not None and not named_files) or (args.companions and not companions):
            options |= {f"{role}_ext": None, told: None}  # they are of a plane that this file has not
    return options


def read_input(path: str | os.PathLike[str], args: argparse.Namespace, *, named_files: bool = True) -> Frame:
    """Read a frame; one that is denoised already is refused unless that is forced, and so is what is no exposure.

    Parameters
    ----------
    path : str or path-like
        The file.
    args : Namespace
        The command line.
    named_files : bool, optional
        As for `reading_options`.
    """
    return read_admitted(path, reading_options(args, named_files=named_files), force=args.force)


def check_model(path: str | None) -> None:
    """Make sure, before anything long is begun, that a model file can be read, where one is named."""
    if path is None:
        return
    from amsd_astro.network.files.model_opening import open_model

    open_model(path).close()


def check_stated_noise(args: argparse.Namespace) -> None:
    """Make sure that the options of a command, if it has them, state the noise in one way."""
    if getattr(args, "noise_model", None) is not None and (args.gain is not None or args.read_noise is not None):
        raise UsageError("argument --noise: states the whole noise, without --gain and --read-noise")
