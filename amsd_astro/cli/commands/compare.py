"""`amsd-astro compare`: a figure of an exposure beside its denoised frame."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.commands import denoise as command_denoise
from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import UsageError
from amsd_astro.cli.inputs import check_model, read_input, reading_options, stated_noise
from amsd_astro.cli.jobs import run_job
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.many.cards import cards_of
from amsd_astro.many.checkpoint_files import kept_on_interruption
from amsd_astro.progress import begin

if TYPE_CHECKING:
    from amsd_astro.frames import Frame

__all__ = ["run"]

_ENDINGS = (".png", ".pdf", ".svg")
_OF_DENOISING = (
    "recipe", "mode", "steps", "seed", "threads", "model", "orientations", "flux_tolerance", "destripe", "engine",
)  # fmt: skip


def run(args: argparse.Namespace, console: Console) -> int:
    """Compare a file with what denoising makes of it, or made of it."""
    if not args.output.lower().endswith(_ENDINGS):
        raise UsageError(f"argument -o/--output: a figure is {', '.join(_ENDINGS)}. Received: {args.output}")
    if args.denoised is not None:
        for name in _OF_DENOISING:
            if getattr(args, name) is not None:
                raise UsageError(f"argument --{name.replace('_', '-')}: not allowed with DENOISED, which is done")
    else:
        command_denoise.check_denoising(args)
    record: dict[str, Any] = {"file": args.file, "denoised": args.denoised, "output": args.output, "kind": "compared"}
    return run_job(record, args, console, _compare, _summary)


def _compare(args: argparse.Namespace, record: dict[str, Any]) -> None:
    """Make the figure; whatever can be refused is refused before TensorFlow is loaded."""
    from amsd_astro.frames import check_output

    for path in (args.file, args.denoised):
        if path is not None:
            check_output(args.output, overwrite=args.overwrite, source=path)
    check_model(args.model)
    with ProgressBar(Path(args.file).name, shown=not args.quiet) as bar:
        begin(bar, "reading")
        before = read_input(args.file, args)
        after = _denoised(before, args, bar) if args.denoised is None else _read_denoised(before, args)
        begin(bar, "drawing")

        from amsd_astro.plotting import plot_comparison, save_figure

        ny, nx = before.data.shape
        if args.region is not None and (args.region[0].start >= ny or args.region[1].start >= nx):
            raise UsageError(f"argument --region: must be a part of the frame of {nx} x {ny} pixels")
        figure = plot_comparison(before, after, region=args.region, stretch=args.stretch, limits=args.limits)
        save_figure(figure, args.output, overwrite=args.overwrite)
    record["cards"] = cards_of(after.header)


def _denoised(before: Frame, args: argparse.Namespace, bar: ProgressBar) -> Frame:
    begin(bar, "loading the network")
    denoiser = command_denoise.new_denoiser(args)
    with kept_on_interruption(args.output) as checkpoint:
        return denoiser.fit_denoise(before, noise=stated_noise(args), progress=bar, checkpoint=checkpoint)


def _read_denoised(before: Frame, args: argparse.Namespace) -> Frame:
    """Read the denoised frame, with its 1-sigma map, and make sure that it is one of this exposure."""
    from amsd_astro.errors import AmsdWarning, FrameError
    from amsd_astro.frames import read_frame
    from amsd_astro.frames.denoising_record import read_record
    from amsd_astro.frames.extensions.combination import number_of_exposures
    from amsd_astro.frames.noise import measure_noise

    after = read_frame(args.denoised, **reading_options(args, named_files=False, companions=False))
    if after.data.shape != before.data.shape:
        raise FrameError(
            f"the image must have the shape of {args.file}, {before.data.shape}. Received: {after.data.shape}",
            path=args.denoised,
        )
    record = read_record(after.header)
    if record is None:
        warnings.warn(
            f"{args.denoised}: holds no record of a denoising (AMSDVERS): is it another exposure?",
            AmsdWarning,
            stacklevel=2,
        )
    elif before.source is not None and record.source not in (None, before.source.fingerprint):
        message = f"{args.denoised}: records another input than {args.file} (AMSDSRC is not its checksum)"
        warnings.warn(message, AmsdWarning, stacklevel=2)
    n_exposures = number_of_exposures(after.header)
    if n_exposures > number_of_exposures(before.header):
        message = (
            f"{args.denoised}: is made of {n_exposures} exposures: what is shown as taken sets one of them against the "
            "mean of several, and is not what denoising took"
        )
        warnings.warn(message, AmsdWarning, stacklevel=2)
    stated = stated_noise(args)
    if stated is not None:
        after.noise = measure_noise(before, stated=stated)
    return after


def _summary(record: dict[str, Any]) -> list[str]:
    return [f"{record['output']}: drawn, {record['seconds']:.1f} s"]
