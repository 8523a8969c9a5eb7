"""A command that does one job: done as a whole, or failed with one message."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import DONE, UsageError, describe_failure
from amsd_astro.cli.remote_inputs import local_inputs, shown_record

__all__ = ["run_job"]


def run_job(
    record: dict[str, Any],
    args: argparse.Namespace,
    console: Console,
    work: Callable[[argparse.Namespace, dict[str, Any]], int | None],
    summary: Callable[[dict[str, Any]], list[str]],
) -> int:
    """Do the job of a command and report it.

    Parameters
    ----------
    record : dict
        What `--json` prints: at first what was asked for, and the ``kind`` of a job that is done.
    args : Namespace
        The options.
    console : Console
        Where it is reported.
    work : callable
        Does the job by options that name files of this machine, adds what there is to tell to the record, and may
        return an exit status of its own.
    summary : callable
        Returns the lines for people once it is done.

    Returns
    -------
    int
        The exit status.
    """
    console.calm_astropy()
    start = time.perf_counter()
    record |= {**shown_record(record), "ok": True, "message": ""}
    status = DONE
    with console.collect_warnings() as notes:
        try:
            with local_inputs(args) as local:
                status = work(local, record) or DONE
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - goes into the report
            failure = describe_failure(error)
            status = failure.status
            record |= {"ok": False, "kind": failure.kind, "message": failure.message}
            console.failure(failure.message, error)
    record |= {"status": status, "warnings": list(notes), "seconds": round(time.perf_counter() - start, 3)}
    if args.json:
        console.json(record)
    elif record["ok"]:
        console.result(*summary(record))
    return status
