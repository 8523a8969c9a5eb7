"""One peer on one field, inside the peers' environment.

    python peer.py METHOD in.npz out.npy --settings '{"n_epochs": 100}'

``in.npz`` holds ``values``, the field in noise units with bad pixels filled, and ``correlation``, that of its noise.
The last line on standard output tells the seconds that the method took, its imports included, and what it chose.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["METHODS", "denoise"]


def _blind_spots(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any], *, version2: bool) -> Any:
    from blind_spots_careamics import noise2void

    return noise2void(values, version2=version2, **settings)


def _n2v(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]) -> Any:
    return _blind_spots(values, correlation, settings, version2=False)


def _n2v2(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]) -> Any:
    return _blind_spots(values, correlation, settings, version2=True)


def _zsn2n(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]) -> Any:
    from zero_shot import zero_shot_noise2noise

    return zero_shot_noise2noise(values, **settings)


def _bm3d(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]) -> Any:
    from block_matching import block_matching

    return block_matching(values, correlation, **settings)


def _bm3d_white(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]) -> Any:
    return _bm3d(values, np.ones((1, 1)), settings)


def _nlm(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]) -> Any:
    from calibrated import non_local_means

    return non_local_means(values, correlation, **settings)


def _wavelet(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]) -> Any:
    from calibrated import wavelets

    return wavelets(values, correlation, **settings)


def _tv(values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]) -> Any:
    from calibrated import total_variation

    return total_variation(values, correlation, **settings)


METHODS = {
    "bm3d": _bm3d,
    "bm3d_white": _bm3d_white,
    "n2v": _n2v,
    "n2v2": _n2v2,
    "zsn2n": _zsn2n,
    "nlm": _nlm,
    "wavelet": _wavelet,
    "tv": _tv,
}
"""From a field, the correlation of its noise and settings to the denoised field and what is to be told of it."""

_SMALLEST = {"n2v": {"n_epochs": 1}, "n2v2": {"n_epochs": 1}, "zsn2n": {"n_iterations": 2}}


def denoise(
    method: str, values: np.ndarray, correlation: np.ndarray, settings: dict[str, Any]
) -> tuple[np.ndarray, dict[str, Any]]:
    """Denoise a field.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    values : ndarray, shape (ny, nx)
        The field in noise units.
    correlation : ndarray, shape (2 k + 1, 2 k + 1)
        Correlation of its noise.
    settings : dict
        Arguments of the method.

    Returns
    -------
    result : ndarray of float32, shape (ny, nx)
    told : dict
        ``seconds`` and what the method chose.
    """
    start = time.perf_counter()
    result, told = METHODS[method](np.asarray(values, np.float32), correlation, settings)
    return np.asarray(result, np.float32), {"seconds": time.perf_counter() - start, **told}


def _check() -> None:
    """Run every method for a moment: what is installed works."""
    values = np.random.default_rng(0).standard_normal((256, 256))
    for method in METHODS:
        _, told = denoise(method, values, np.ones((1, 1)), _SMALLEST.get(method, {}))
        print(f"{method}: {json.dumps(told)}", flush=True)


def main() -> None:
    """Run a peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", choices=METHODS, nargs="?")
    parser.add_argument("given", type=Path, metavar="in.npz", nargs="?")
    parser.add_argument("made", type=Path, metavar="out.npy", nargs="?")
    parser.add_argument("--settings", type=json.loads, default={}, help="of the method, in JSON")
    parser.add_argument("--check", action="store_true", help="run every method for a moment instead")
    options = parser.parse_args()
    if options.check:
        _check()
        return
    if options.made is None:
        parser.error("give METHOD, in.npz and out.npy")
    with np.load(options.given) as given:
        values, correlation = given["values"], given["correlation"]
    result, told = denoise(options.method, values, correlation, options.settings)
    np.save(options.made, result)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
