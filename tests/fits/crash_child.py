"""A program that writes frames in processes that are killed on the way, or that get in each other's way.

``crash_child.py SOURCE`` reads a frame once, then takes one JSON object a line and answers each by one: it forks for
every write, so a killed writer costs milliseconds, not the import. It loads no TensorFlow, which would not fork.
"""

from __future__ import annotations

import gc
import io
import itertools
import json
import os
import random
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from amsd_astro.errors import OutputExistsError
from amsd_astro.fits import output_file
from amsd_astro.frames import Frame, check_output, read_frame, write_frame

__all__ = ["EXISTS", "new_frame", "write_model"]

EXISTS = 17
"""Exit status of a writer whose output exists."""

_PIECE = 128 * 1024
_PAUSE = 0.0007

_CALLS = {"fsync": "f", "link": "l", "replace": "r", "unlink": "u"}
"""Calls that are reported before and after, by what letter; writes are w."""


def new_frame(source: Frame, content: int) -> Frame:
    """Return a frame of pixels that tell which content was written."""
    data = np.arange(source.data.size, dtype=np.float32).reshape(source.data.shape) + np.float32(content)
    return source.with_arrays(data, source.uncertainty, source.flags, source.noise)


def write_model(path: str | os.PathLike[str], content: int, *, overwrite: bool, size: int = 200_000) -> None:
    """Write arrays the way a model is saved."""
    weights = {f"w{k}": np.arange(size, dtype=np.float32) + np.float32(content) for k in range(4)}
    packed = io.BytesIO()
    np.savez(packed, settings=np.zeros(9, np.uint8), **weights)  # type: ignore[arg-type]
    with output_file.new_file(check_output(path, overwrite=overwrite), overwrite=overwrite) as file:
        file.write(packed.getvalue())


def _slow_down(report: Callable[[str], object], waits: dict[int, Callable[[], object]]) -> None:
    """Cut writes into small pieces, and report these and all calls that matter before and after, pausing each time.

    `waits` tells what to do instead at some steps.
    """
    n_steps = itertools.count(1)

    def step(letter: str) -> None:
        report(letter)
        waits.get(next(n_steps), lambda: time.sleep(_PAUSE))()

    def slowed(name: str, genuine: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            step(_CALLS[name])
            result = genuine(*args, **options)
            step(_CALLS[name])
            return result

        return call

    for name in _CALLS:
        setattr(os, name, slowed(name, getattr(os, name)))
    genuine_write = output_file._Output.write

    def write(self: Any, data: Any, /) -> int:
        step("w")
        return genuine_write(self, memoryview(data)[:_PIECE])

    output_file._Output.write = write


def _write(frames: list[Frame], order: dict[str, Any]) -> int:
    """Write once; return the exit status."""
    path, overwrite = order["path"], order["overwrite"]
    try:
        if order["through"] == "program":
            return _run_program(frames, path)
        if order["through"] == "model":
            write_model(path, order["content"], overwrite=overwrite)
        else:
            write_frame(frames[order["content"]], path, overwrite=overwrite, sigma=False)
    except OutputExistsError:
        return EXISTS
    return 0


def _run_program(frames: list[Frame], path: str) -> int:
    """Denoise by the command line, with a stand-in for the network."""
    from amsd_astro.cli import main

    class StandIn:
        def __init__(self, **settings: Any) -> None:
            pass

        def fit_denoise(self, frame: Frame, **options: Any) -> Frame:
            result = new_frame(frame, 2)
            result.noise = None
            return result

    module = types.ModuleType("amsd_astro.denoiser")
    module.Denoiser = StandIn  # type: ignore[attr-defined]
    sys.modules["amsd_astro.denoiser"] = module
    source = frames[0].source
    assert source is not None
    return main(["denoise", str(source.path), "-o", path, "--overwrite", "--quiet", "--seed", "1"])


def _fork(work: Callable[[], int]) -> int:
    """Do work in a new process; return its number."""
    process = os.fork()
    if process:
        return process
    status = 99
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        status = work()
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _interrupted(frames: list[Frame], order: dict[str, Any]) -> dict[str, Any]:
    """Write, and send a signal a moment after a given step; without one just tell the steps."""
    ours, theirs = os.pipe()
    gate, keeper = os.pipe()
    at = order.get("at", -9)

    def work() -> int:
        os.close(ours)
        os.close(keeper)
        # On a busy machine the signal may be late: soon after its step the writer waits for it.
        _slow_down(lambda letter: os.write(theirs, letter.encode()), {at + 2: lambda: os.read(gate, 1)})
        return _write(frames, order)

    process = _fork(work)
    os.close(theirs)
    os.close(gate)
    steps = b""
    with os.fdopen(ours, "rb", buffering=0) as reports, os.fdopen(keeper, "wb") as waited_for:
        while letter := reports.read(1):
            steps += letter
            if at == len(steps):
                time.sleep(random.Random(at).uniform(0, 1.5 * _PAUSE))
                os.kill(process, order["signal"])
                waited_for.close()
    return {"status": os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), "steps": steps.decode()}


def _together(frames: list[Frame], order: dict[str, Any]) -> dict[str, Any]:
    """Let two processes write the same file, of contents 1 and 2, at the same moment and many times."""
    ours, theirs = os.pipe()

    def writer(content: int) -> Callable[[], int]:
        def work() -> int:
            os.close(theirs)
            os.read(ours, 1)  # ends when the pipe is closed: both start
            for _ in range(order["n_times"]):
                status = _write(frames, order | {"content": content, "through": "frame"})
            return status

        return work

    processes = [_fork(writer(content)) for content in (1, 2)]
    os.close(ours)
    os.close(theirs)
    return {"statuses": [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]}


def _main() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    source = read_frame(sys.argv[1])
    frames = [new_frame(source, content) for content in range(3)]
    gc.freeze()  # or every fork would copy what the collector touches
    for line in sys.stdin:
        order = json.loads(line)
        answer = (_together if order["through"] == "both" else _interrupted)(frames, order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
