"""Options of all commands that read exposures or denoise them."""

from __future__ import annotations

import argparse

from amsd_astro.cli.option_values import noise, orientations, recipe, share
from amsd_astro.cli.shared_options import number, whole
from amsd_astro.modes import MODES
from amsd_astro.network.engines.arithmetic import ENGINES

__all__ = ["add_denoising_options", "add_input_options", "add_recipe_options"]


def add_denoising_options(command: argparse.ArgumentParser, *, all_images: bool = False) -> None:
    """Add the options that say how a frame is read and denoised; with ``all_images`` also all those of a file."""
    add_input_options(command, all_images=all_images)
    add_recipe_options(command)
    command.add_argument(
        "--mode",
        choices=MODES,
        help="fast: one orientation, nothing is learned (--steps 0); standard: four, and what the frame itself teaches "
        "(the default); adapt: the weights learn from the frame first (--steps 400)",
    )
    command.add_argument(
        "--model",
        metavar="MODEL",
        help="model made by 'train', used as it is unless --steps trains it further on the frame",
    )
    command.add_argument(
        "--orientations",
        type=orientations,
        metavar="N",
        help="average over N of the eight flips and rotations: less error, N times as long "
        "(default: 1 with --steps 0 or recipe thesis, else 4)",
    )
    command.add_argument(
        "--flux-tolerance",
        type=share,
        metavar="F",
        help="share of the flux of faint sources that may be lost; 1: least error whatever the flux (default: 0.01)",
    )
    command.add_argument(
        "--engine",
        choices=ENGINES,
        help="what runs the network: litert starts in tenths of a second; auto takes tensorflow only for frames of "
        "more than 1024 x 1024 pixels on processors with bfloat16 (default: auto)",
    )
    command.add_argument(
        "--destripe",
        action="store_true",
        default=None,
        help="leave out the offsets of whole rows and columns that the image shows (default: put back as they were)",
    )


def add_input_options(command: argparse.ArgumentParser, *, all_images: bool = False) -> None:
    """Add the options that say what the input is; with ``all_images`` also that it is all images of a file."""
    every = ", or all: every image, each by itself" if all_images else ""
    group = command.add_argument_group("the input")
    group.add_argument(
        "--ext",
        metavar="X",
        help=f"HDU of the image: number, NAME or NAME,VERSION{every} (default: SCI or IMAGE, else the only image)",
    )
    group.add_argument("--mask-ext", metavar="X", help="HDU that marks bad pixels (default: MASK, DQ or the like)")
    group.add_argument(
        "--mask-bits", type=whole(0), metavar="B", help="bits of the mask that make a pixel bad (default: the layout's)"
    )
    group.add_argument("--error-ext", metavar="X", help="HDU of the errors (default: ERR, VAR or the like, if any)")
    group.add_argument(
        "--error-kind",
        choices=("sigma", "variance", "inverse"),
        help="what the errors are: standard deviations, variances or inverse variances (default: as their name says)",
    )
    group.add_argument("--mask-file", metavar="F[HDU]", help="file of its own that holds the mask")
    group.add_argument("--error-file", metavar="F[HDU]", help="file of its own that holds the errors")
    group.add_argument(
        "--companions",
        action="store_true",
        default=None,
        help="find mask and errors in files beside FILE, by the naming of its mission or pipeline",
    )
    group.add_argument(
        "--gain", type=number(0, above=True), metavar="E_PER_ADU", help="electrons per unit of the image"
    )
    group.add_argument("--read-noise", type=number(0), metavar="E", help="read noise in electrons")
    group.add_argument(
        "--noise",
        dest="noise_model",
        type=noise,
        metavar="SLOPE,FLOOR",
        help="the whole noise: variance = SLOPE * signal + FLOOR in the image's unit (not with --gain or --read-noise)",
    )


def add_recipe_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say which network, and how it is trained."""
    group = command.add_argument_group("the network")
    group.add_argument(
        "--recipe",
        type=recipe,
        metavar="RECIPE",
        help="how the network is built and trained: amsd (the default) or thesis",
    )
    group.add_argument(
        "--steps",
        type=whole(0),
        metavar="N",
        help="steps of training, for experts, 0 for none (default: chosen by the program; none to denoise with "
        "weights)",
    )
    group.add_argument("--seed", type=whole(0), metavar="S", help="seed of everything random (default: 0)")
    group.add_argument(
        "--threads", type=whole(1), metavar="N", help="processor threads to use (default: all this process may use)"
    )
