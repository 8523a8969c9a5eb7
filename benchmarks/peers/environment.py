"""Runs peers in their own environment, each as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["PeerError", "peer_python", "run_peer", "versions"]

_SCRIPT = Path(__file__).resolve().parent / "packages" / "peer.py"
_PACKAGES = ("careamics", "torch", "bm3d", "bm4d", "scikit-image", "PyWavelets", "numpy")
_TOLD = 2000  # last characters of a failed process's messages that are shown


class PeerError(Exception):
    """A peer's process failed."""


def peer_python(folder: Path) -> str:
    """Return the Python of an environment made by make_environment.py."""
    return str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


def run_peer(
    python: str, method: str, values: np.ndarray, correlation: np.ndarray, settings: Mapping[str, Any]
) -> np.ndarray:
    """Denoise a field in the peers' environment.

    Parameters
    ----------
    python : str
        The Python of that environment.
    method : str
        A method of packages/peer.py.
    values : ndarray, shape (ny, nx)
        The field in noise units, bad pixels filled.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of its noise.
    settings : mapping
        The method's settings.

    Returns
    -------
    ndarray of float32, shape (ny, nx)

    Raises
    ------
    PeerError
        The process failed, or its answer is no field of this shape.
    """
    with tempfile.TemporaryDirectory() as name:
        given, made = Path(name, "in.npz"), Path(name, "out.npy")
        np.savez(given, values=np.asarray(values, np.float32), correlation=np.asarray(correlation, np.float64))
        command = [python, str(_SCRIPT), method, str(given), str(made), "--settings", json.dumps(dict(settings))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not made.exists():
            raise PeerError(f"{method} ended with status {done.returncode}:\n{done.stderr[-_TOLD:]}")
        print(f"{method}: {done.stdout.strip().splitlines()[-1]}", file=sys.stderr, flush=True)
        result = np.load(made)
    if result.shape != values.shape or not np.all(np.isfinite(result)):
        raise PeerError(f"{method} must give a finite field of shape {values.shape}. Received: shape={result.shape}")
    return np.asarray(result, np.float32)


def versions(python: str) -> dict[str, str]:
    """Return the versions of those of the peers' packages that are there."""
    code = (
        "import json, importlib.metadata as m; there = {d.name for d in m.distributions()}; "
        f"print(json.dumps({{name: m.version(name) for name in {_PACKAGES} if name in there}}))"
    )
    return dict(json.loads(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout))
