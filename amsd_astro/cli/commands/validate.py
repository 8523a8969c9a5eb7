"""`amsd-astro validate`: a report on what denoising does to the sources of an exposure, or of the mean of several."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.commands import combine as command_combine
from amsd_astro.cli.commands import denoise as command_denoise
from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import DONE, SOME_FAILED, UsageError
from amsd_astro.cli.inputs import check_model, read_input, stated_noise
from amsd_astro.cli.jobs import run_job
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.progress import begin

if TYPE_CHECKING:
    from amsd_astro.frames import Frame
    from amsd_astro.validation import Report

__all__ = ["run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Validate denoising on a file, or on the mean of several: 0 where it passes, 1 where not or not to be judged."""
    from amsd_astro.validation.limits import checked_limits

    if not args.output.lower().endswith((".html", ".htm")):
        raise UsageError(f"argument -o/--output: a report is .html. Received: {args.output}")
    try:
        checked_limits(dict(args.limits))
    except ValueError as error:
        raise UsageError(f"argument --limit: {error}") from None
    command_denoise.check_denoising(args)
    given = {"file": args.files[0]} if len(args.files) == 1 else {"files": args.files}
    if len(args.files) > 1:
        command_combine.check_exposures(args)
    record: dict[str, Any] = {**given, "output": args.output, "kind": "validated"}
    return run_job(record, args, console, _validate, _summary)


def _validate(args: argparse.Namespace, record: dict[str, Any]) -> int:
    """Make the report; whatever can be refused is refused before TensorFlow is loaded."""
    from amsd_astro.frames import check_output

    several = len(args.files) > 1
    page, numbers = Path(args.output), Path(args.output).with_suffix(".json")
    for path in args.files:
        for output in (page, numbers):
            check_output(output, overwrite=args.overwrite, source=path)
    check_model(args.model)
    with ProgressBar(page.name if several else Path(args.files[0]).name, shown=not args.quiet) as bar:
        begin(bar, "reading")
        frame = _mean_of_files(args, bar) if several else read_input(args.files[0], args)
        repeat = None if args.repeat is None else read_input(args.repeat, args, named_files=False)
        begin(bar, "loading the network")
        denoiser = command_denoise.new_denoiser(args)
        from amsd_astro.validation import validate

        report = validate(
            frame,
            denoiser=denoiser,
            repeat=repeat,
            seed=args.seed or 0,
            noise=None if several else stated_noise(args),  # of the mean it follows from what is stated of each
            n_sources=args.sources,
            fwhm=args.fwhm,
            limits=dict(args.limits),
            progress=bar,
        )
    report.to_html(page, overwrite=args.overwrite)
    report.to_json(numbers, overwrite=args.overwrite)
    record |= _told(report)
    if several:
        record |= command_combine.told_exposures(frame)
    whole = not any(row["left_out"] for row in record.get("exposures", ()))
    return DONE if report.passed and whole else SOME_FAILED


def _mean_of_files(args: argparse.Namespace, bar: ProgressBar) -> Frame:
    from amsd_astro.combination.interface import combine_sources

    sources = command_combine.exposure_sources(args)
    return combine_sources(sources, denoiser=None, noise=stated_noise(args), progress=bar)


def _told(report: Report) -> dict[str, Any]:
    from amsd_astro.validation.wording import statement

    told = report.to_dict()
    statements = {
        check.name: statement(check) for check in report.checks if check.verdict in ("failed", "inconclusive")
    }
    return {"statements": statements} | {
        key: told[key] for key in ("verdict", "passed", "summary", "untested", "failures", "diagnosis", "checks")
    }


def _summary(record: dict[str, Any]) -> list[str]:
    from amsd_astro.validation.wording import VERDICTS

    lines = [f"{record['output']}: {VERDICTS[record['verdict']]}, {record['seconds']:.1f} s"]
    lines += [f"  {sentence}" for sentence in [*record["summary"], *record["diagnosis"][1:]]]
    return [*lines, *(f"  {name}: {told}" for name, told in record["statements"].items())]
