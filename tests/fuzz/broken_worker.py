"""A child whose product is broken in another way for each index, to see that every kind of failure is found."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import journey
import numpy as np
import worker
from seed_files import made_here

from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame, read_frame, write_frame

_sound_travel = journey.travel


def _change_after(marker: bytes) -> Callable[[Frame, Path], None]:
    """Return a writer that spoils the byte behind a marker."""

    def write(frame: Frame, target: Path) -> None:
        write_frame(frame, target)
        body = bytearray(target.read_bytes())
        body[body.index(marker) + len(marker)] ^= 1
        target.write_bytes(body)

    return write


def _change_nan(frame: Frame, target: Path) -> None:
    """Write another pixel that is NaN."""
    data = frame.data.copy()
    data[5, 5] = np.nan
    changed = frame.with_arrays(data, frame.uncertainty, frame.flags, frame.noise)
    write_frame(changed, target)


def _leave_file(frame: Frame, target: Path) -> None:
    write_frame(frame, target)
    raise FrameError("refused too late.")


def _read(act: Callable[[], object]) -> Callable[..., Any]:
    def read(path: Path, **options: Any) -> Frame:
        act()
        return read_frame(path, **options)

    return read


def _refuse() -> None:
    raise FrameError


_READERS: dict[int, Callable[[], object]] = {
    0: lambda: os.kill(os.getpid(), signal.SIGSEGV),
    1: lambda: time.sleep(60),
    2: lambda: np.ones(2 * worker.MAX_GROWTH, np.uint8).sum(),
    3: lambda: dict[str, int]()["a key"],
    4: lambda: np.empty(2**45, np.uint8),
    5: _refuse,
}
_WRITERS: dict[int, Callable[..., None]] = {
    6: _leave_file,
    7: _change_nan,
    8: _change_after(b"TELESCOP= '"),
    9: _change_after(b"starstar"),
}


def _travel(path: Path, target: Path, plan: journey.Plan) -> journey.Verdict:
    if plan.index < 0:
        return _sound_travel(path, target, plan)
    path.write_bytes(made_here()["mef"])
    journey.read_frame = _read(_READERS.get(plan.index, int))  # type: ignore[attr-defined]
    journey.write_frame = _WRITERS.get(plan.index, write_frame)  # type: ignore[attr-defined]
    return _sound_travel(path, target, journey.Plan(plan.index, False, plan.name, {}))


if __name__ == "__main__":
    worker.MAX_GROWTH = 2**26  # quicker to reach
    worker.main(_travel)
