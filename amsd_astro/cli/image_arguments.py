"""The commands for folders of images, and their options."""

from __future__ import annotations

import argparse
from typing import Any

from amsd_astro.cli.shared_options import add_reporting, new_command, number, whole

__all__ = ["add_image_commands"]

_OVERWRITE = "replace files that exist"
_ONE_OBJECT = "print the result as one JSON object"
_IMAGES = "PNG, TIFF, JPEG, FITS and .npy files"


def add_image_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the commands.

    Parameters
    ----------
    commands : action
        Of the parser that they belong to.
    """
    pairs = new_command(commands, "pairs", "make training pairs of the thesis recipe from a folder of images")
    stages = pairs.add_subparsers(dest="stage", metavar="STAGE")
    _add_noisy(new_command(stages, "noisy", "write three noisy versions of each image"))
    _add_targets(new_command(stages, "targets", "write the pseudo-clean target of each noisy version"))
    _add_pack(new_command(stages, "pack", "pack noisy versions and targets into noisy.npy and target.npy"))
    text = "add noise to images, denoise them with a model, and tell PSNR and SSIM"
    _add_test(new_command(commands, "test-images", text))


def _add_noisy(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", metavar="DIR", help=f"folder of images: {_IMAGES}; none is changed")
    _add_output(command, "folder for NAME_1, NAME_2 and NAME_3 of each image; made if missing")
    command.add_argument("--seed", type=whole(0), default=0, metavar="S", help="seed of the noise (default: 0)")
    command.add_argument(
        "--noise",
        choices=("white", "detector"),
        default="white",
        help="white noise on the values of 0 to 1 (the default), or, for FITS files, noise like their detector's own",
    )
    _add_end(command)


def _add_targets(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", metavar="NOISY_DIR", help="folder that 'pairs noisy' wrote; nothing is changed")
    _add_output(command, "folder for the targets, of the same names; made if missing")
    command.add_argument(
        "--groups",
        action="store_true",
        help="stack each noisy version and its three blurred scales along the channels, as .npy files",
    )
    command.add_argument(
        "--registered",
        action="store_true",
        help="keep blurred scales in their place where a side of the image is no multiple of what it is shrunk by",
    )
    _add_end(command)


def _add_pack(command: argparse.ArgumentParser) -> None:
    command.add_argument("noisy", metavar="NOISY_DIR", help="folder that 'pairs noisy' wrote; nothing is changed")
    command.add_argument("target", metavar="TARGET_DIR", help="folder that 'pairs targets' wrote; nothing is changed")
    _add_output(command, "folder for noisy.npy and target.npy; made if missing")
    command.add_argument(
        "--crop", action="store_true", help="cut images of different sizes to the smallest, around their centres"
    )
    _add_end(command)


def _add_test(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", metavar="DIR", help=f"folder of images without noise: {_IMAGES}; none is changed")
    command.add_argument("--model", metavar="M", required=True, help="model made by 'train', of any recipe")
    _add_output(command, "folder for scores.csv and a picture for each image and sigma; made if missing")
    command.add_argument(
        "--sigmas",
        type=number(0, above=True),
        nargs="+",
        default=[10.0, 30.0, 50.0],
        metavar="SIGMA",
        help="noise to add, in 255ths of the range of values (default: 10 30 50)",
    )
    command.add_argument("--seed", type=whole(0), default=0, metavar="S", help="seed of the noise (default: 0)")
    command.add_argument(
        "--threads", type=whole(1), metavar="N", help="processor threads to use (default: all this process may use)"
    )
    _add_end(command)


def _add_output(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument("-o", "--output", metavar="DIR", required=True, help=text)


def _add_end(command: argparse.ArgumentParser) -> None:
    command.add_argument("--overwrite", action="store_true", help=_OVERWRITE)
    add_reporting(command, _ONE_OBJECT)
