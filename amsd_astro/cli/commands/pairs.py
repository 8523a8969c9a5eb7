"""`amsd-astro pairs`: the stages from a folder of images to arrays to learn from."""

from __future__ import annotations

import argparse
from typing import Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.jobs import run_job
from amsd_astro.cli.progress import ProgressBar

__all__ = ["run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Run one stage; any bad image stops it."""
    work, summary = {
        "noisy": (_write_noisy, _summary_of_noisy),
        "targets": (_write_targets, _summary_of_targets),
        "pack": (_pack, _summary_of_pack),
    }[args.stage]
    record: dict[str, Any] = {"output": args.output, "kind": args.stage}

    def work_shown(args: argparse.Namespace, found: dict[str, Any]) -> None:
        with ProgressBar(f"pairs {args.stage}", shown=not args.quiet) as bar:
            work(args, found, bar)

    return run_job(record, args, console, work_shown, summary)


def _write_noisy(args: argparse.Namespace, record: dict[str, Any], bar: ProgressBar) -> None:
    from amsd_astro.images.noisy import write_noisy

    record |= {"folder": args.folder, "noise": args.noise, "seed": args.seed}
    made = write_noisy(
        args.folder, args.output, seed=args.seed, noise=args.noise, overwrite=args.overwrite, progress=bar
    )
    record["versions"] = [
        {"image": str(one.source), "file": str(one.path), "sigma": round(one.sigma, 3)} for one in made
    ]


def _summary_of_noisy(record: dict[str, Any]) -> list[str]:
    return [f"{one['file']}: sigma {one['sigma']:.1f}" for one in record["versions"]]


def _write_targets(args: argparse.Namespace, record: dict[str, Any], bar: ProgressBar) -> None:
    from amsd_astro.images.targets import write_targets

    record |= {"folder": args.folder, "groups": args.groups, "registered": args.registered}
    made = write_targets(
        args.folder,
        args.output,
        groups=args.groups,
        registered=args.registered,
        overwrite=args.overwrite,
        progress=bar,
    )
    record["targets"] = [{"image": str(one.source), "file": str(one.path)} for one in made]


def _summary_of_targets(record: dict[str, Any]) -> list[str]:
    return [str(one["file"]) for one in record["targets"]]


def _pack(args: argparse.Namespace, record: dict[str, Any], bar: ProgressBar) -> None:
    from amsd_astro.images.packing import pack_pairs

    record |= {"folders": [args.noisy, args.target], "crop": args.crop}
    made = pack_pairs(args.noisy, args.target, args.output, crop=args.crop, overwrite=args.overwrite, progress=bar)
    record["arrays"] = [
        {"file": str(path), "shape": list(shape)}
        for path, shape in ((made.noisy, made.noisy_shape), (made.target, made.target_shape))
    ]
    record["images"] = made.names


def _summary_of_pack(record: dict[str, Any]) -> list[str]:
    return [f"{one['file']}: {' x '.join(str(n) for n in one['shape'])}" for one in record["arrays"]]
