"""`amsd-astro test-images`: how well a model denoises the images of a folder."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.inputs import check_model
from amsd_astro.cli.jobs import run_job
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.cli.tensorflow_import import without_plots

__all__ = ["run"]

_HEAD = f"{'sigma':>6} {'PSNR noisy':>11} {'denoised':>9} {'SSIM noisy':>11} {'denoised':>9}  image"


def run(args: argparse.Namespace, console: Console) -> int:
    """Score the images; any bad one stops it."""
    record: dict[str, Any] = {"folder": args.folder, "model": args.model, "output": args.output, "kind": "tested"}
    return run_job(record, args, console, _score, _table)


def _score(args: argparse.Namespace, record: dict[str, Any]) -> None:
    """Score images; whatever can be refused is refused before TensorFlow is loaded."""
    from amsd_astro.images.scoring import mean_scores, plan_scoring, score_images

    check_model(args.model)
    plan = plan_scoring(args.folder, args.output, sigmas=args.sigmas, overwrite=args.overwrite)
    record |= {"seed": args.seed, "sigmas": list(plan.sigmas)}
    with ProgressBar("test-images", shown=not args.quiet) as bar:
        with without_plots():
            from amsd_astro.denoiser import Denoiser

            denoiser = Denoiser.load(args.model, seed=args.seed, n_threads=args.threads)
        scores = score_images(plan, denoiser, seed=args.seed, progress=bar)
    record["scores"] = [asdict(score) for score in scores]
    record["means"] = [asdict(score) for score in mean_scores(scores)]
    record["files"] = [str(plan.table), *(str(path) for path in plan.pictures.values())]


def _table(record: dict[str, Any]) -> list[str]:
    """Return the scores as a table, the means last."""
    rows = [
        f"{s['sigma']:6g} {s['psnr_noisy']:11.2f} {s['psnr']:9.2f} {s['ssim_noisy']:11.3f} {s['ssim']:9.3f}  "
        f"{s['image']}"
        for s in record["scores"] + record["means"]
    ]
    return [_HEAD, *rows]
