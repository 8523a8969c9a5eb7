"""The frames a command line names, and the noise it states."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.exit_statuses import UsageError

if TYPE_CHECKING:
    from amsd_astro.frames import Frame
    from amsd_astro.noise.model import NoiseModel

__all__ = ["check_model", "check_stated_noise", "read_input", "reading_options", "stated_noise"]


def reading_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return what `read_frame` is to be told."""
    return {name: getattr(args, name) for name in ("ext", "mask_ext", "mask_bits", "error_ext", "error_kind")}


def read_input(path: str | os.PathLike[str], args: argparse.Namespace) -> Frame:
    """Read a frame; one that is denoised already is refused unless that is forced, and so is what is no exposure."""
    from amsd_astro.frames import read_frame, refuse_denoised, refuse_mosaic, refuse_unsuitable

    frame = read_frame(path, **reading_options(args))
    if not args.force:
        refuse_denoised(frame)
    refuse_unsuitable(frame)
    refuse_mosaic(frame)
    return frame


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


def stated_noise(args: argparse.Namespace) -> NoiseModel | dict[str, float | None] | None:
    """Return what the options state of the noise: the whole model, or gain and read noise; None without either."""
    if args.noise_model is not None:
        from amsd_astro.noise.model import NoiseModel

        return NoiseModel(*args.noise_model)
    if args.gain is None and args.read_noise is None:
        return None
    return {"gain": args.gain, "read_noise": args.read_noise}
