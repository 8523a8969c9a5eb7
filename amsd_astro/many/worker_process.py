"""A process that does one job after another for the one that started it, and ends with it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from multiprocessing import connection, parent_process
from types import FrameType
from typing import Any

from amsd_astro.many.failures import TERMINATED, Terminated
from amsd_astro.many.work import Work

__all__ = ["GRACE", "READY", "serve"]

READY = "ready"
GRACE = 10.0  # seconds to clean up after SIGTERM


def serve(pipe: connection.Connection, work: Work) -> None:
    """Do the jobs that come through a pipe, until None comes or nobody is at its other end.

    Parameters
    ----------
    pipe : Connection
        Gives jobs; takes `READY`, then a record for each.
    work : Work
        Does them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started this process ends it
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        pipe.send(READY)
        while (job := pipe.recv()) is not None:
            pipe.send(work(job))
    except (EOFError, ConnectionError):
        return
    except Terminated:
        sys.exit(TERMINATED)


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb the cleaning up
    raise Terminated(TERMINATED)


def _end_with_parent() -> None:
    """Wait for the parent's end, however it comes; a library at work may keep the signal from being seen."""
    parent: Any = parent_process()
    if parent is None:
        return
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(TERMINATED)
