"""`amsd-astro combine`: several exposures of a field, one denoised image."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.combined_outputs import describe_combining, wanted_combination
from amsd_astro.cli.commands.chips import ALL
from amsd_astro.cli.commands.denoise import check_denoising, new_denoiser
from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import DONE, SOME_FAILED, UsageError
from amsd_astro.cli.inputs import check_model, reading_options, stated_noise
from amsd_astro.cli.jobs import run_job
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.cli.result_records import describe_existing, describe_result
from amsd_astro.many.done_already import Existing, look_at
from amsd_astro.many.existing_outputs import OPTIONS_KEYWORD
from amsd_astro.printable import told_name
from amsd_astro.progress import begin
from amsd_astro.remote.addresses import shown_name

if TYPE_CHECKING:
    from amsd_astro.combination.sources import Source
    from amsd_astro.frames import Frame

__all__ = ["check_exposures", "exposure_sources", "run", "told_exposures"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Combine the exposures of a command line; one that cannot be used is told and left out."""
    check_denoising(args)
    check_exposures(args)
    if len(args.files) < 2:
        raise UsageError(f"argument FILE: at least two exposures are needed. Received: {len(args.files)}")
    record: dict[str, Any] = {"files": args.files, "output": args.output, "kind": "combined"}
    return run_job(record, args, console, _combine, _summary)


def check_exposures(args: argparse.Namespace) -> None:
    """Refuse options that several exposures of a field cannot have."""
    if args.ext == ALL:
        raise UsageError("argument --ext: exposures are combined one image at a time; name the HDU. Received: all")


def _combine(args: argparse.Namespace, record: dict[str, Any]) -> int:
    from amsd_astro.remote.uploading import check_destination

    reference = _reference(args)
    options = describe_combining(args, reference)
    existing = look_at(args.output, wanted_combination(args, options)) if args.skip_existing else Existing()
    if existing.done:
        record |= {"kind": "skipped", "message": "the output is there, from the same inputs and options"}
        record |= describe_existing(existing, args)
        return DONE
    check_model(args.model)
    with existing.told():
        for path in args.files:
            check_destination(args.output, overwrite=args.overwrite, source=path)
    with ProgressBar(os.path.basename(args.output), shown=not args.quiet) as bar:
        result = _combined(args, reference, bar)
        result.header[OPTIONS_KEYWORD] = (options, "digest of the options asked for")
        begin(bar, "writing")
        result.write(args.output, overwrite=args.overwrite)
    record |= describe_result(result)
    record |= told_exposures(result)
    return SOME_FAILED if any(row["left_out"] for row in record["exposures"]) else DONE


def _combined(args: argparse.Namespace, reference: int | str | None, bar: ProgressBar) -> Frame:
    if not args.no_denoise:
        begin(bar, "loading the network")
    denoiser = None if args.no_denoise else new_denoiser(args)
    from amsd_astro.combination.interface import combine_sources

    return combine_sources(
        exposure_sources(args),
        denoiser=denoiser,
        reference=reference,
        weights=args.weights,
        noise=stated_noise(args),
        progress=bar,
    )


def exposure_sources(args: argparse.Namespace) -> list[Source]:
    """Return what is to be combined of the files of a command line."""
    from amsd_astro.combination.sources import Source

    return [Source(shown_name(told_name(path)), path, reading_options(args)) for path in args.files]


def _reference(args: argparse.Namespace) -> int | str | None:
    """Return which of the files is the reference."""
    if args.reference is None or args.reference == "best":
        return args.reference
    for index, path in enumerate(args.files):
        if args.reference == path or os.path.realpath(path) == os.path.realpath(args.reference):
            return index
    raise UsageError(f"argument --reference: must be one of the FILEs, or best. Received: {shown_name(args.reference)}")


def told_exposures(result: Frame) -> dict[str, Any]:
    """Return what is told of each exposure, and how many places vary."""
    found = result.combination
    assert found is not None  # it is what was combined
    rows = [{name.lower(): value for name, value in row.items()} for row in found.rows]
    return {"exposures": rows, "n_variables": len(found.variables)}


def _summary(record: dict[str, Any]) -> list[str]:
    if record["kind"] == "skipped":
        return [f"{record['output']}: skipped, {record['message']}"]
    used = [row for row in record["exposures"] if not row["left_out"]]
    parts = [f"{len(used)} of {len(record['exposures'])} exposures"]
    if record["mode"] is not None:
        parts.append(f"mode {record['mode']}")
    if record["noise"] is not None:
        parts.append(f"noise of the mean's sky {record['noise']['sky_sigma']:.4g} {record['unit']}".rstrip())
    if record["risk"] is not None:
        parts.append(f"estimated rms error left {max(record['risk'], 0) ** 0.5:.2f} of that")
    if record["n_variables"]:
        parts.append(f"{record['n_variables']} places vary")
    parts.append(f"{record['seconds']:.1f} s")
    return [f"{record['output']}: {', '.join(parts)}"]
