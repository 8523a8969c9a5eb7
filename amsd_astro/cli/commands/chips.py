"""`amsd-astro denoise --ext all`: every image of a file, each with a noise model of its own; one file in, one out."""

from __future__ import annotations

import argparse
import copy
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import DONE, SOME_FAILED, UsageError, describe_failure

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from amsd_astro.fits.raw_hdus import RawHDU
    from amsd_astro.frames import Frame
    from amsd_astro.frames.hdus.many_images import ManyImages

__all__ = ["ALL", "check_chips", "denoise_chips"]

ALL = "all"


def check_chips(args: argparse.Namespace) -> None:
    """Refuse options that name one HDU where all are denoised."""
    if args.ext != ALL:
        return
    from amsd_astro.fits.planes.own_files import own_paths

    own = own_paths("", args.mask_file, args.error_file, companions=False)
    named = [f"{role}_file" for role, file in own.items() if file.ext is not None]
    for name in ("mask_ext", "error_ext", *named):
        if name in named or getattr(args, name) is not None:
            raise UsageError(
                f"argument --{name.replace('_', '-')}: names one HDU, and with --ext all each image has its own planes"
            )


def denoise_chips(
    path: str,
    output: str,
    args: argparse.Namespace,
    console: Console,
    denoise: Callable[[argparse.Namespace, str], Frame],
    describe: Callable[[Frame], dict[str, Any]],
) -> dict[str, Any]:
    """Denoise the images of a file one after another, and write them together.

    Parameters
    ----------
    path : str
        The file.
    output : str
        The output.
    args : Namespace
        The command line.
    console : Console
        Tells of images that cannot be denoised: they stay as they are.
    denoise : callable
        From options that name one image, and its name for people, to the result.
    describe : callable
        From the result to what is told of it.

    Returns
    -------
    dict
        For the record of the file, its exit status among it.

    Raises
    ------
    FrameError
        None of the images can be denoised.
    """
    from amsd_astro.errors import FrameChangedError, FrameError
    from amsd_astro.fits.hdu_selection import images_of
    from amsd_astro.fits.scanning import scan
    from amsd_astro.frames.hdus.many_images import ManyImages

    file = scan(Path(path), warn=False)
    file.stream.close()
    found = ManyImages()
    chips: list[dict[str, Any]] = []
    failed: list[FrameError] = []
    images = images_of(file)
    left = [hdu.label for hdu in file.hdus if hdu.is_plane and hdu not in images]
    if left:
        _log.info("%s: no exposures by their names or cards, left as they are: HDU %s", path, "; ".join(left))
    for image in images:
        chip: dict[str, Any] = {"hdu": image.index, "name": image.name, "version": image.version, "ok": True}
        one = copy.copy(args)
        one.ext = str(image.index)
        try:
            chip |= _done(denoise, one, _label(path, image), found, describe)
        except FrameChangedError:
            raise
        except FrameError as error:
            failure = describe_failure(error)
            console.failure(f"{failure.message} (HDU {image.index} stays as it is)", error)
            chip |= {"ok": False, "kind": failure.kind, "message": failure.message}
            failed.append(error)
        chips.append(chip)
    if not len(found):
        raise failed[0]
    found.write(output, overwrite=args.overwrite)
    return {"chips": chips, "status": SOME_FAILED if failed else DONE}


def _done(
    denoise: Callable[[argparse.Namespace, str], Frame],
    args: argparse.Namespace,
    label: str,
    found: ManyImages,
    describe: Callable[[Frame], dict[str, Any]],
) -> dict[str, Any]:
    """Denoise one image; nothing of it is in memory afterwards, when the next one is read."""
    result = denoise(args, label)
    found.add(result)
    return describe(result)


def _label(path: str, image: RawHDU) -> str:
    return f"{Path(path).name}[{image.name or image.index}]"
