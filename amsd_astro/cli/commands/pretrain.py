"""`amsd-astro pretrain`: the weights that come with the package, made again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import UsageError
from amsd_astro.cli.inputs import check_model
from amsd_astro.cli.jobs import run_job
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.cli.tensorflow_import import import_tensorflow

__all__ = ["run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Make weights, or go on making them."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # exposures are small: the network has the processors
    record: dict[str, Any] = {"folder": args.folder, "kind": "pretrained"}
    return run_job(record, args, console, _make, _summary)


def _make(args: argparse.Namespace, record: dict[str, Any]) -> None:
    from amsd_astro.pretraining.settings import PretrainingSettings

    given = {
        "n_steps": args.steps,
        "n_scenes": args.scenes,
        "n_lessons": args.lessons,
        "n_patches": args.patches,
        "patch": args.patch,
        "learning_rate": args.learning_rate,
        "seed": args.seed,
        "precision": "bfloat16" if args.bfloat16 else None,
        "residuals": args.residuals and tuple(args.residuals),
    }
    try:
        settings = PretrainingSettings(**{key: value for key, value in given.items() if value is not None})
    except ValueError as error:
        raise UsageError(str(error)) from None
    models = {name: Path(path) for name in ("start", "teacher") if (path := getattr(args, name)) is not None}
    for path in models.values():
        check_model(str(path))
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        import_tensorflow(n_threads=args.threads)
    from amsd_astro.pretraining.command import make_weights

    with ProgressBar("pretraining", shown=not args.quiet) as bar:
        made = make_weights(Path(args.folder), settings, n_threads=args.threads, progress=bar, **models)
    record["output"] = None if made is None else str(made)


def _summary(record: dict[str, Any]) -> list[str]:
    if record["output"] is None:
        return [f"{record['folder']}: trained; the same command with Keras on TensorFlow writes the model file"]
    return [f"{record['output']}: {record['seconds']:.0f} s"]
