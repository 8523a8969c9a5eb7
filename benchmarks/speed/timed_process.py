"""Run a command, write its seconds and its peak memory: `python timed_process.py report.json COMMAND...`.

A small process of its own, because a child's peak starts from what its parent held: a parent with large arrays would
hide what a small child takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Run the command and exit as it does."""
    report, words = sys.argv[1], sys.argv[2:]
    start = time.perf_counter()
    process = subprocess.Popen(words)
    _, status, usage = os.wait4(process.pid, 0)  # of this child alone, which getrusage cannot tell apart
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # bytes, or kilobytes
    with open(report, "w") as file:
        processor = usage.ru_utime + usage.ru_stime
        json.dump({"seconds": seconds, "processor": processor, "peak": peak / 2**20}, file)
    sys.exit(process.returncode if process.returncode >= 0 else 128 - process.returncode)


if __name__ == "__main__":
    main()
