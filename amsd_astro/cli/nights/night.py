"""Many files at a time: what is checked before, what is shown meanwhile, and the table at the end."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
from collections.abc import Generator, Sequence
from typing import Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import UsageError
from amsd_astro.cli.nights.progress import NightProgress
from amsd_astro.cli.nights.table import night_table
from amsd_astro.many.machine import check_processes
from amsd_astro.many.processes import run_in_processes
from amsd_astro.many.work import Job, Work
from amsd_astro.remote.addresses import shown_name

__all__ = ["check_night", "run_night"]


def check_night(args: argparse.Namespace) -> None:
    """Refuse more processes than the machine takes, and a cluster without the package for it."""
    if args.scheduler is not None:
        if args.jobs > 1:
            raise UsageError("argument --jobs: is for this machine; not allowed with argument --scheduler")
        if importlib.util.find_spec("distributed") is None:
            raise UsageError("argument --scheduler: needs the package distributed, in the extra amsd_astro[cluster]")
    elif args.jobs > 1:
        try:
            check_processes(args.jobs, args.threads)
        except ValueError as error:
            raise UsageError(f"argument --jobs: {error}") from None


def run_night(work: Work, jobs: Sequence[Job], args: argparse.Namespace, console: Console) -> list[int]:
    """Do all jobs, several at a time, and report them.

    Parameters
    ----------
    work : Work
        Does them; the ``lines`` of its records are for standard error.
    jobs : sequence of Job
        One a file.
    args : Namespace
        The options.
    console : Console
        Where it is reported.

    Returns
    -------
    list of int
        Their exit statuses.
    """
    records: dict[Job, dict[str, Any]] = {}
    with (
        NightProgress(jobs, console, shown=not args.quiet) as progress,
        contextlib.closing(_done(work, jobs, args)) as done,
    ):
        for job, told in done:
            record = {
                "warnings": [],
                "seconds": None,
                **told,
                "file": shown_name(job.path),
                "output": shown_name(job.output),
            }
            for line in record.pop("lines", None) or _lines_of(record):
                console.note(line)
            records[job] = record
            if args.json:
                console.json(record)
            progress.count(job, record)
    in_order = [records[job] for job in jobs]
    if not args.json:
        console.result(*night_table(in_order), progress.told())
    return [record["status"] for record in in_order]


def _done(work: Work, jobs: Sequence[Job], args: argparse.Namespace) -> Generator[tuple[Job, dict[str, Any]]]:
    """Do all jobs on a cluster or in processes."""
    if args.scheduler is not None:
        from amsd_astro.many.cluster import calm_cluster, connected, run_on_cluster

        calm_cluster()
        with connected(args.scheduler) as client:
            yield from run_on_cluster(client, work, jobs)
    else:
        work.n_threads = check_processes(args.jobs, args.threads)
        yield from run_in_processes(work, jobs, n_jobs=args.jobs)


def _lines_of(record: dict[str, Any]) -> list[str]:
    """Return the line of a failure that its process could not tell of."""
    return [] if record["ok"] else [f"amsd-astro: error: {record['file']}: {record['message']}"]
