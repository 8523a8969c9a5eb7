"""The parent: child processes that are used again, watched by the clock, and started anew when one dies."""

from __future__ import annotations

import json
import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["Pool"]

_START_S = 120.0  # to import everything on a busy machine
_PATIENCE = 3  # times the limit, which is of processor time, before a child is taken to hang


class _Child:
    """One child process with a folder of its own."""

    def __init__(self, worker: Path, seed: int, limit: float) -> None:
        memory = "/dev/shm"  # saves the disk some work
        self.folder = Path(tempfile.mkdtemp(prefix="amsd-fuzz-", dir=memory if os.access(memory, os.W_OK) else None))
        self.limit = limit
        self._before: list[int] = []
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        command = [sys.executable, str(worker), str(seed), str(self.folder), str(limit)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment, bufsize=0
        )
        if self._answer(_START_S) != b"ready\n":
            told = self._told()
            self.stop()
            raise RuntimeError(f"the child does not start: {told}")

    def ask(self, index: int) -> dict[str, Any]:
        """Return the verdict on one file; a dead or silent child is a verdict too."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{index}\n".encode())
            line = self._answer(_PATIENCE * self.limit)
        except BrokenPipeError:
            line = b""
        if line and line.endswith(b"\n"):
            self._before.append(index)
            return dict(json.loads(line))
        if line is None:
            return {"outcome": "hang", "detail": f"no answer in {_PATIENCE * self.limit:g} s\n{self._told()}"}
        status = self._process.wait()
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        # Memory that one file spoils may end the child at a later one.
        return {"outcome": "crash", "error": name, "detail": f"{self._told()}\nread before it: {self._before[-10:]}"}

    def stop(self) -> None:
        """End the process and remove its folder."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answer(self, seconds: float) -> bytes | None:
        """Return a line, empty if the child has died, None if it says nothing in time."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            return None
        return self._process.stdout.readline()

    def _told(self) -> str:
        """Return the end of what the child wrote to standard error: calls, the last first."""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 100_000))
        text = self._errors.read().decode("utf-8", "replace")
        start = max(text.rfind("Fatal Python error"), text.rfind("Timeout ("), text.rfind("Traceback ("), 0)
        return "\n".join(line.strip() for line in text[start:].splitlines()[:14])


class Pool:
    """Some children that share the files among them.

    Parameters
    ----------
    worker : Path
        Script of the child.
    seed : int
        Goes to the children.
    limit : float
        Seconds that one file may take.
    """

    def __init__(self, worker: Path, seed: int, limit: float) -> None:
        self.worker, self.seed, self.limit = worker, seed, limit

    def run(self, indices: list[int], n_jobs: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield index and verdict, in the order they come."""
        waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[int, dict[str, Any]] | BaseException] = queue.SimpleQueue()
        for item in [*indices, *[None] * n_jobs]:
            waiting.put(item)
        threads = [threading.Thread(target=self._serve, args=(waiting, done), daemon=True) for _ in range(n_jobs)]
        for thread in threads:
            thread.start()
        for _ in indices:
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield result
        for thread in threads:
            thread.join()

    def _serve(self, waiting: queue.SimpleQueue[Any], done: queue.SimpleQueue[Any]) -> None:
        child = None
        try:
            while (index := waiting.get()) is not None:
                child = child or _Child(self.worker, self.seed, self.limit)
                verdict = child.ask(index)
                if verdict["outcome"] in ("crash", "hang"):
                    child.stop()
                    child = None
                done.put((index, verdict))
        except BaseException as error:  # noqa: BLE001 - raised again by the parent's thread
            done.put(error)
        finally:
            if child is not None:
                child.stop()
