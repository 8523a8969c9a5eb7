"""`amsd-astro validate`: a report on what denoising does to the sources of an exposure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.commands import denoise as command_denoise
from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import DONE, SOME_FAILED, UsageError
from amsd_astro.cli.inputs import check_model, read_input, stated_noise
from amsd_astro.cli.jobs import run_job
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.progress import begin

if TYPE_CHECKING:
    from amsd_astro.validation import Report

__all__ = ["run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Validate denoising on a file: 0 where it passes, 1 where it does not or cannot be judged."""
    from amsd_astro.validation.limits import checked_limits

    if not args.output.lower().endswith((".html", ".htm")):
        raise UsageError(f"argument -o/--output: a report is .html. Received: {args.output}")
    try:
        checked_limits(dict(args.limits))
    except ValueError as error:
        raise UsageError(f"argument --limit: {error}") from None
    command_denoise.check_denoising(args)
    record: dict[str, Any] = {"file": args.file, "output": args.output, "kind": "validated"}
    return run_job(record, args, console, _validate, _summary)


def _validate(args: argparse.Namespace, record: dict[str, Any]) -> int:
    """Make the report; whatever can be refused is refused before TensorFlow is loaded."""
    from amsd_astro.frames import check_output

    page, numbers = Path(args.output), Path(args.output).with_suffix(".json")
    for path in (page, numbers):
        check_output(path, overwrite=args.overwrite, source=args.file)
    check_model(args.model)
    with ProgressBar(Path(args.file).name, shown=not args.quiet) as bar:
        begin(bar, "reading")
        frame = read_input(args.file, args)
        repeat = None if args.repeat is None else read_input(args.repeat, args, named_files=False)
        begin(bar, "loading the network")
        denoiser = command_denoise.new_denoiser(args)
        from amsd_astro.validation import validate

        report = validate(
            frame,
            denoiser=denoiser,
            repeat=repeat,
            seed=args.seed or 0,
            noise=stated_noise(args),
            n_sources=args.sources,
            fwhm=args.fwhm,
            limits=dict(args.limits),
            progress=bar,
        )
    report.to_html(page, overwrite=args.overwrite)
    report.to_json(numbers, overwrite=args.overwrite)
    record |= _told(report)
    return DONE if report.passed else SOME_FAILED


def _told(report: Report) -> dict[str, Any]:
    from amsd_astro.validation.wording import statement

    told = report.to_dict()
    statements = {
        check.name: statement(check) for check in report.checks if check.verdict in ("failed", "inconclusive")
    }
    return {"statements": statements} | {
        key: told[key] for key in ("verdict", "passed", "summary", "failures", "diagnosis", "checks")
    }


def _summary(record: dict[str, Any]) -> list[str]:
    from amsd_astro.validation.wording import VERDICTS

    lines = [f"{record['output']}: {VERDICTS[record['verdict']]}, {record['seconds']:.1f} s"]
    lines += [f"  {sentence}" for sentence in [*record["summary"], *record["diagnosis"][1:]]]
    return [*lines, *(f"  {name}: {told}" for name, told in record["statements"].items())]
