"""The commands and their options."""

from __future__ import annotations

import argparse

from amsd_astro.cli.denoising_options import add_denoising_options, add_input_options, add_recipe_options
from amsd_astro.cli.image_arguments import add_image_commands
from amsd_astro.cli.nights.options import add_files, add_night_options
from amsd_astro.cli.option_values import limit, region, sigmas
from amsd_astro.cli.parsing.groups import group_commands
from amsd_astro.cli.parsing.parser import CommandParser
from amsd_astro.cli.shared_options import add_reporting, new_command, number, whole

__all__ = ["build_parser"]

_DESCRIPTION = "Take the noise out of telescope exposures, and say how far to trust the result."
_STATUSES = (
    "exit status: 0 done; 1 several files or images and some failed, or not passed (validate); 2 wrong usage; 65 the "
    "input is bad or missing; 70 a bug; 71 out of memory or disk; 73 the output cannot be made or exists; 74 reading "
    "or writing failed; 130 or 143 stopped by a signal"
)
_EXAMPLES = (
    "amsd-astro inspect exposure.fits  # is the noise understood?",
    "amsd-astro denoise exposure.fits  # writes exposure_amsd.fits beside it",
)
_STRETCHES = ("asinh", "linear", "log", "sqrt")  # told here without the libraries that draw
_APART = ("pairs", "test-images", "pretrain")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = CommandParser(prog="amsd-astro", description=_DESCRIPTION, epilog=_STATUSES, examples=_EXAMPLES)
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_denoise(new_command(commands, "denoise", "take the noise out of exposures"))
    _add_combine(new_command(commands, "combine", "make one denoised image of several exposures of a field"))
    _add_compare(
        new_command(commands, "compare", "draw an exposure, its denoised frame, what was taken and the 1-sigma map")
    )
    _add_validate(new_command(commands, "validate", "find out what denoising does to the sources of an exposure"))
    _add_train(new_command(commands, "train", "train a model on exposures or on packed pairs, to denoise others with"))
    _add_inspect(new_command(commands, "inspect", "show what is in a file and what its noise is like"))
    _add_simulate(new_command(commands, "simulate", "write simulated sample exposures and their truth"))
    add_image_commands(commands)
    _add_pretrain(
        new_command(commands, "pretrain", "make the weights that come with the package, from simulated fields")
    )
    group_commands(parser, commands, {"folders of images and the making of weights": _APART})
    return parser


def _add_denoise(command: argparse.ArgumentParser) -> None:
    add_files(command)
    where = command.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="OUT", help="file or address (s3://...) to write (one FILE only)")
    where.add_argument(
        "-d",
        "--directory",
        metavar="DIR",
        help="folder or address to write NAME_amsd.fits to (default: beside each FILE)",
    )
    add_denoising_options(command, all_images=True)
    command.add_argument("--overwrite", action="store_true", help="replace an output that exists")
    command.add_argument(
        "--skip-existing",
        action="store_true",
        help="leave out a FILE whose output exists and records the same input, options, weights and version",
    )
    command.add_argument("--force", action="store_true", help="denoise again what is denoised already")
    add_night_options(command)
    add_reporting(command, "print one JSON object for each FILE, one a line")


def _add_combine(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", metavar="FILE", help="FITS file of an exposure; it is never changed")
    command.add_argument("-o", "--output", metavar="OUT", required=True, help="file to write")
    command.add_argument(
        "--reference",
        metavar="FILE",
        help="the FILE on whose grid the result is, in its unit, or best: the deepest (default: the first)",
    )
    command.add_argument(
        "--weights",
        choices=("variance", "depth"),
        default="variance",
        help="weigh exposures by the noise of their sky, or by that of a star within its PSF (default: variance)",
    )
    command.add_argument("--no-denoise", action="store_true", help="write the mean of the exposures as it is")
    add_denoising_options(command)
    command.add_argument("--overwrite", action="store_true", help="replace an output that exists")
    command.add_argument(
        "--skip-existing",
        action="store_true",
        help="do nothing where the output exists and records the same inputs, options, weights and version",
    )
    command.set_defaults(force=False)
    add_reporting(command, "print the result as one JSON object")


def _add_compare(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="FITS file of the exposure; it is never changed")
    command.add_argument(
        "denoised",
        nargs="?",
        metavar="DENOISED",
        help="what 'denoise' made of it (default: FILE is denoised for the figure, by the options below)",
    )
    command.add_argument(
        "-o", "--output", metavar="FIGURE", required=True, help="figure to write: NAME.png, NAME.pdf or NAME.svg"
    )
    command.add_argument(
        "--region",
        type=region,
        metavar="X1:X2,Y1:Y2",
        help="the part that is shown from near, in pixels from 1 on (default: the brightest)",
    )
    command.add_argument("--stretch", choices=_STRETCHES, default="asinh", help="of both frames (default: %(default)s)")
    command.add_argument(
        "--limits",
        type=sigmas,
        metavar="LOW:HIGH",
        help="of both frames, in sigma of the sky above the sky: --limits=-1:2 for what is faint (default: from -3 to "
        "the brightest pixels)",
    )
    add_denoising_options(command)
    command.add_argument("--overwrite", action="store_true", help="replace a figure that exists")
    command.set_defaults(force=None)  # it cannot be forced here
    add_reporting(command, "print the result as one JSON object")


def _add_validate(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="FITS file of the exposure; of several of one field the mean is validated, as 'combine' makes it",
    )
    command.add_argument(
        "-o", "--output", metavar="REPORT.html", required=True, help="page to write; REPORT.json is written beside it"
    )
    command.add_argument(
        "--repeat", metavar="FILE2", help="another exposure of the field on the same pixels: scored on that too"
    )
    command.add_argument(
        "--limit",
        type=limit,
        action="append",
        default=[],
        dest="limits",
        metavar="NAME=LOW:HIGH",
        help="limits of a check in the place of its usual ones, either side may be empty; can be given several times",
    )
    command.add_argument("--sources", type=whole(1), metavar="N", help="sources to put in (default: as many as fit)")
    command.add_argument(
        "--fwhm", type=number(0, above=True), metavar="PX", help="FWHM of the PSF (default: measured on the stars)"
    )
    add_denoising_options(command)
    command.add_argument("--overwrite", action="store_true", help="replace a report that exists")
    command.set_defaults(force=None)  # it cannot be forced here
    add_reporting(command, "print the verdict and the checks as one JSON object")


def _add_train(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="FITS file to learn from, or the one folder that 'pairs pack' wrote; it is never changed",
    )
    command.add_argument("-o", "--output", metavar="MODEL", required=True, help="model file to write, NAME.npz")
    add_input_options(command)
    add_recipe_options(command)
    command.add_argument("--overwrite", action="store_true", help="replace a model that exists")
    command.add_argument("--repeats", action="store_true", help="the FILEs show one field: each other's targets")
    command.add_argument("--force", action="store_true", help="learn also from what is denoised already")
    add_reporting(command, "print the result as one JSON object")


def _add_inspect(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", metavar="FILE", nargs="+", help="FITS files, or folders of them, to look at")
    add_input_options(command)
    add_reporting(command, "print what is found as one JSON object for each file")


def _add_simulate(command: argparse.ArgumentParser) -> None:
    command.add_argument("-o", "--output", metavar="DIR", required=True, help="folder to write to; made if missing")
    command.add_argument("--seed", type=whole(0), default=0, metavar="S", help="seed of the fields (default: 0)")
    command.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_reporting(command, "print one JSON object with the files written")


def _add_pretrain(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "folder", metavar="DIR", help="folder for scenes, state, log and amsd.npz; the same command goes on from there"
    )
    command.add_argument("--start", metavar="MODEL", help="model file whose weights training starts from")
    command.add_argument("--teacher", metavar="MODEL", help="model file whose answers in four orientations teach, too")
    command.add_argument("--steps", type=whole(1), metavar="N", help="steps of training")
    command.add_argument("--scenes", type=whole(1), metavar="N", help="simulated scenes to learn from")
    command.add_argument(
        "--lessons",
        type=whole(0),
        metavar="N",
        help="batches that are kept on the disk (4 MB each) and taken again, turned; by default each step draws one",
    )
    command.add_argument("--patches", type=whole(1), metavar="N", help="patches in a step")
    command.add_argument("--patch", type=whole(16), metavar="PX", help="pixels on a side of a patch")
    command.add_argument("--learning-rate", type=number(0, above=True), metavar="R", help="peak of the learning rate")
    command.add_argument(
        "--residuals",
        type=whole(0),
        nargs="+",
        metavar="N",
        help="residual blocks of the network at half, quarter and eighth resolution",
    )
    command.add_argument(
        "--bfloat16", action="store_true", help="compute in bfloat16 where it does: for processors that have it"
    )
    command.add_argument("--seed", type=whole(0), metavar="S", help="seed of everything random")
    command.add_argument("--threads", type=whole(1), metavar="N", help="processor threads to use")
    add_reporting(command, "print the result as one JSON object")


class _Version(argparse.Action):
    """Prints the version, which is only looked up when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, help: str | None = None) -> None:  # noqa: A002
        super().__init__(option_strings, dest=argparse.SUPPRESS, default=argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        from amsd_astro.version import __version__

        print(f"amsd-astro {__version__}")
        parser.exit()
