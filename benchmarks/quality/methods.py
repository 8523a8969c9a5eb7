"""The methods of the quality table: the package as it is, the peers in their environment, and two classical filters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import amsd_astro
from amsd_astro import Denoiser
from benchmarks.kept_results import kept
from benchmarks.peers.classical import gaussian, starlet
from benchmarks.peers.environment import run_peer
from benchmarks.scenes.frames_with_truth import Scene

__all__ = ["CLASSICAL", "METHODS", "OURS", "PEERS", "Runner", "blurred"]

OURS = {"amsd --steps 0": 0, "amsd": None, "amsd --steps 400": 400}
"""Rows of the package and their number of steps."""
PEERS = ("bm3d", "bm3d_white", "n2v", "n2v2", "zsn2n", "nlm", "wavelet", "tv")
"""Methods of peers/packages/peer.py."""
CLASSICAL = ("starlet", "gaussian")
METHODS = (*OURS, *PEERS, *CLASSICAL)

_WIDTHS = tuple(round(0.3 * 1.15**k, 3) for k in range(22))  # pixels, 0.3 to 5.6
_STARLET = 3.0  # noise widths


def _package_digest() -> str:
    """First digits of a digest of what makes a result: the package's modules and weights, its command line apart."""
    root, digest = Path(amsd_astro.__file__).parent, hashlib.sha256()
    for folder in ("arrays", "denoiser", "fits", "frames", "network", "noise"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def blurred(scene: Scene) -> list[tuple[float, np.ndarray]]:
    """Widths and results of Gaussian filters of the stabilized frame, from which truth may choose."""
    return [(width, _back(scene, gaussian(scene.noisy, width))) for width in _WIDTHS]


def _back(scene: Scene, values: np.ndarray) -> np.ndarray:
    """From noise units to the frame's unit by the exact unbiased inverse; bad pixels stay as they were."""
    return np.where(scene.good, scene.stabilizer.inverse(values), scene.frame.data)


@dataclass(frozen=True)
class Runner:
    """Runs methods on frames, results kept.

    Parameters
    ----------
    python : str
        The Python of the peers' environment.
    cache : Path or None
        Where results are kept.
    settings : dict
        Of peers, by method; those of the rest are their own.
    model : Path or None
        A model file in the place of the packaged weights.
    seed : int
        Of the package's method and the peers that take one.
    n_orientations : int or None
        That the package's method averages over, by default as many as it does.
    """

    python: str
    cache: Path | None
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    model: Path | None = None
    seed: int = 0
    n_orientations: int | None = None

    def run(self, scene: Scene, method: str) -> tuple[np.ndarray, np.ndarray | None, float]:
        """Denoise a frame.

        Parameters
        ----------
        scene : Scene
            The frame, with the noise that all but the package's own method are told.
        method : str
            One of `METHODS`, but for "gaussian", see `blurred`.

        Returns
        -------
        values : ndarray, shape (ny, nx)
            In the frame's unit.
        sigma : ndarray, shape (ny, nx), or None
            What the package claims for the error; others claim nothing.
        seconds : float
            Of the peer's whole process; of the package's method without the start of Python.
        """
        if method in OURS:
            made, seconds = self._kept(scene, method, self._own_state(method), lambda: self._ours(scene, OURS[method]))
            return made[0], made[1], seconds
        if method == "starlet":
            values, seconds = self._kept(scene, method, {}, lambda: _back(scene, starlet(scene.noisy, _STARLET)))
            return values, None, seconds
        settings = self.settings.get(method, {})
        told = hashlib.sha256(scene.noisy.tobytes() + np.ascontiguousarray(scene.model.correlation).tobytes())
        state = {"settings": settings, "told": told.hexdigest()}
        values, seconds = self._kept(scene, method, state, lambda: self._peer(scene, method, settings))
        return values, None, seconds

    def _kept(
        self, scene: Scene, method: str, state: dict[str, Any], make: Callable[[], np.ndarray]
    ) -> tuple[np.ndarray, float]:
        digest = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:10]
        return kept(self.cache, f"{scene.key}_{method.replace(' ', '').replace('--', '_')}_{digest}", make)

    def _own_state(self, method: str) -> dict[str, Any]:
        model = None if self.model is None else hashlib.sha256(self.model.read_bytes()).hexdigest()
        state = {"package": _package_digest(), "model": model, "steps": OURS[method], "seed": self.seed}
        return state | {"orientations": self.n_orientations}

    def _ours(self, scene: Scene, n_steps: int | None) -> np.ndarray:
        """Result and 1-sigma map of the package, told nothing of the noise."""
        settings: dict[str, Any] = {"steps": n_steps, "seed": self.seed, "n_orientations": self.n_orientations}
        denoiser = Denoiser(**settings) if self.model is None else Denoiser.load(self.model, **settings)
        result = denoiser.fit_denoise(scene.frame)
        return np.stack([np.asarray(result.data, float), np.asarray(result.uncertainty.array, float)])

    def _peer(self, scene: Scene, method: str, settings: dict[str, Any]) -> np.ndarray:
        return _back(scene, run_peer(self.python, method, scene.noisy, scene.model.correlation, settings))
