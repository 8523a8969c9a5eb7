"""`amsd-astro train`: one model from one exposure or several, or from a folder of packed pairs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import UsageError
from amsd_astro.cli.inputs import read_input, stated_noise
from amsd_astro.cli.jobs import run_job
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.cli.tensorflow_import import import_tensorflow
from amsd_astro.many.checkpoint_files import kept_on_interruption
from amsd_astro.progress import begin

__all__ = ["run"]

_OF_PLANES = ("mask_ext", "mask_bits", "error_ext", "error_kind", "mask_file", "error_file", "companions")
_OF_FRAMES = ("ext", *_OF_PLANES, "gain", "read_noise", "noise_model")
_FEWEST_REPEATS = 4


def run(args: argparse.Namespace, console: Console) -> int:
    """Train a model; any bad input stops it."""
    if args.steps == 0:
        raise UsageError("argument --steps: training takes at least one step. Received: 0")
    if args.output.lower().endswith((".gz", ".bz2")):
        raise UsageError(f"argument -o/--output: a model file is not packed. Received: {args.output}")
    if args.repeats:
        _check_repeats(args)
    folders = [path for path in args.files if os.path.isdir(path)]
    if folders:
        _check_folder(args, folders)
    record: dict[str, Any] = {"files": args.files, "output": args.output, "kind": "trained"}
    train = _train_on_pairs if folders else _train_on_frames
    return run_job(record, args, console, train, _summary)


def _check_repeats(args: argparse.Namespace) -> None:
    """Make sure that what is to be learned from can be exposures of one field."""
    if args.recipe not in (None, "amsd"):
        raise UsageError(f"argument --repeats: is for recipe amsd. Received: --recipe {args.recipe}")
    if len(args.files) < _FEWEST_REPEATS:
        raise UsageError(f"argument --repeats: takes {_FEWEST_REPEATS} files or more. Received: {len(args.files)}")


def _check_folder(args: argparse.Namespace, folders: list[str]) -> None:
    """Make sure that options go with a folder of packed pairs."""
    if len(args.files) > 1:
        raise UsageError(f"argument FILE: a folder of packed pairs is learned from alone. Received: {len(args.files)}")
    if args.recipe != "thesis":
        received = args.recipe or "none, which is amsd"
        raise UsageError(f"argument --recipe: {folders[0]} is a folder; pairs are for thesis. Received: {received}")
    for name in _OF_FRAMES:
        if getattr(args, name) is not None:
            raise UsageError(
                f"argument --{name.removesuffix('_model').replace('_', '-')}: is for FITS files, not for packed pairs"
            )


def _train_on_frames(args: argparse.Namespace, record: dict[str, Any]) -> None:
    from amsd_astro.frames import check_output

    for path in args.files:
        check_output(args.output, overwrite=args.overwrite, source=path)
    with ProgressBar("training", shown=not args.quiet) as bar:
        begin(bar, "reading")
        frames = [read_input(path, args) for path in args.files]
    stated = {"noise": stated_noise(args), "repeats": args.repeats, "force": args.force}
    _train(args, record, lambda denoiser, **options: denoiser.fit(frames, **stated, **options))


def _train_on_pairs(args: argparse.Namespace, record: dict[str, Any]) -> None:
    from amsd_astro.frames import check_output
    from amsd_astro.images.packing import NOISY, TARGET, open_pairs

    for name in (NOISY, TARGET):
        check_output(args.output, overwrite=args.overwrite, source=os.path.join(args.files[0], name))
    noisy, target = open_pairs(args.files[0])
    record["n_pairs"] = len(noisy)
    _train(args, record, lambda denoiser, **options: denoiser.fit_pairs(noisy, target, **options))


def _train(args: argparse.Namespace, record: dict[str, Any], learn: Callable[..., Any]) -> None:
    """Let a new Denoiser learn, and save it: what it has learned outlives an interruption."""
    with ProgressBar("training", shown=not args.quiet) as bar:
        begin(bar, "loading the network")
        denoiser = _new_denoiser(args)
        with kept_on_interruption(args.output) as checkpoint:
            learn(denoiser, progress=bar, checkpoint=checkpoint)
            denoiser.save(args.output, overwrite=args.overwrite)
    record["steps"] = denoiser.adaptation.n_steps


def _new_denoiser(args: argparse.Namespace) -> Any:
    import_tensorflow(n_threads=args.threads)
    from amsd_astro.denoiser import Denoiser

    settings: dict[str, Any] = {"steps": args.steps, "seed": args.seed or 0, "n_threads": args.threads}
    return Denoiser(args.recipe, **settings) if args.recipe else Denoiser(**settings)


def _summary(record: dict[str, Any]) -> list[str]:
    learned = f"{record['n_pairs']} pairs" if "n_pairs" in record else f"{len(record['files'])} file(s)"
    steps, seconds = record["steps"], f"{record['seconds']:.1f} s"
    if steps == 0:
        return [
            f"{record['output']}: the weights as they were, {learned} taught nothing that lowers the risk, {seconds}"
        ]
    return [f"{record['output']}: trained on {learned}, {steps} steps, {seconds}"]
