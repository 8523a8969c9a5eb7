"""`amsd-astro train`: one model from one exposure or several."""

from __future__ import annotations

import argparse
import time
from typing import Any

from amsd_astro.cli.backend import import_tensorflow
from amsd_astro.cli.checkpoints import kept_on_interruption
from amsd_astro.cli.console import Console
from amsd_astro.cli.inputs import read_input, stated_noise
from amsd_astro.cli.outcomes import DONE, UsageError, describe_failure
from amsd_astro.cli.progress import ProgressBar

__all__ = ["run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Train a model; any bad input stops it."""
    if args.steps == 0:
        raise UsageError("argument --steps: training takes at least one step. Received: 0")
    if args.output.lower().endswith((".gz", ".bz2")):
        raise UsageError(f"argument -o/--output: a model file is not packed. Received: {args.output}")
    console.calm_astropy()
    start = time.perf_counter()
    record: dict[str, Any] = {"files": args.files, "output": args.output, "ok": True, "kind": "trained", "message": ""}
    status = DONE
    with console.collect_warnings() as notes:
        try:
            _train(args)
        except Exception as error:  # noqa: BLE001 - goes into the report
            failure = describe_failure(error)
            status = failure.status
            record |= {"ok": False, "kind": failure.kind, "message": failure.message}
            console.failure(failure.message, error)
    record |= {"status": status, "warnings": list(notes), "seconds": round(time.perf_counter() - start, 3)}
    if args.json:
        console.json(record)
    elif status == DONE:
        console.result(f"{args.output}: trained on {len(args.files)} file(s), {record['seconds']:.1f} s")
    return status


def _train(args: argparse.Namespace) -> None:
    from amsd_astro.frames import check_output

    for path in args.files:
        check_output(args.output, overwrite=args.overwrite, source=path)
    frames = [read_input(path, args) for path in args.files]
    with ProgressBar("training", shown=not args.quiet) as bar:
        import_tensorflow(silent=args.verbose < 2)
        from amsd_astro.denoiser import Denoiser

        settings: dict[str, Any] = {"steps": args.steps, "seed": args.seed or 0, "n_threads": args.threads}
        denoiser = Denoiser(args.recipe, **settings) if args.recipe else Denoiser(**settings)
        with kept_on_interruption(args.output) as checkpoint:
            denoiser.fit(frames, noise=stated_noise(args), progress=bar, checkpoint=checkpoint)
            denoiser.save(args.output, overwrite=args.overwrite)
