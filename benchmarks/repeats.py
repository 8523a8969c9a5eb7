"""Repeated exposures: how far one denoised exposure is from the others of the same field.

    python benchmarks/repeats.py ../shared/data -o benchmarks/repeats.md

The folder holds ``score_repeat.py`` and ``repeats/SET/{T,R,MASK}.fits``: T one exposure, R the mean of the others.
The remaining error is sqrt(mean((D - R)**2) - SIGR**2) / SIGT on sky and on faint pixels; the raw exposure has 1. The
flux figure is the flux of R's clear but faint sources that the method loses, in per cent.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
from baselines import gaussian, starlet

from amsd_astro import Denoiser, read_frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.resources import count_processors

_WIDTHS = (0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 2.4, 2.8, 3.2, 3.6, 4.0, 4.8, 5.6)
_ZONES = ("sky", "faint")


def scorer(folder: Path) -> ModuleType:
    """The module that scores, from the folder of the frames."""
    spec = importlib.util.spec_from_file_location("score_repeat", folder / "score_repeat.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{folder}: there is no score_repeat.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _starlets(path: Path) -> np.ndarray:
    frame = read_frame(path)
    stabilizer = measure_noise(frame).stabilizer()
    return stabilizer.inverse(starlet(stabilizer.forward(frame.data), 3.0))


def _ours(path: Path, steps: int | None, seed: int, outputs: Path) -> tuple[np.ndarray, dict[str, float]]:
    start = time.perf_counter()
    denoiser = Denoiser(steps=steps, seed=seed)
    result = denoiser.fit_denoise(path)
    kept = {"seconds": time.perf_counter() - start, "risk": float(result.header.get("AMSDRISK", np.nan))}
    result.write(outputs / f"{path.parent.name}.fits", overwrite=True)
    return np.asarray(result.data, float), kept


def _best_gaussian(image: np.ndarray, score: Callable[[np.ndarray], dict]) -> dict[str, tuple[float, ...]]:
    """The best width for each zone apart: more than one filter could do."""
    scores = {width: score(gaussian(image, width)) for width in _WIDTHS}
    best = {zone: min(_WIDTHS, key=lambda width, zone=zone: scores[width][zone][0]) for zone in _ZONES}
    chosen = {zone: (*scores[best[zone]][zone], best[zone]) for zone in _ZONES}
    chosen["flux"] = scores[best["faint"]]["flux"]
    return chosen


def _row(name: str, method: str, scores: dict[str, tuple[float, ...]], note: str = "") -> str:
    flux, error = scores["flux"][:2]
    cells = [f"{scores[zone][0]:.3f}" for zone in _ZONES]
    return f"| {name} | {method} | {cells[0]} | {cells[1]} | {flux:+.2f} +- {error:.2f} | {note} |"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds score_repeat.py and repeats/")
    parser.add_argument("-o", "--output", type=Path, help="write the table (and .json) here")
    parser.add_argument("--steps", type=int, help="training steps (default: the program decides)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sets", nargs="*", help="only these sets")
    parser.add_argument("--keep", type=Path, help="keep the denoised frames here")
    options = parser.parse_args()
    module = scorer(options.folder)
    rows = ["| set | method | sky | faint | flux lost or won, % | |", "|---|---|---|---|---|---|"]
    record: dict[str, dict[str, object]] = {}
    outputs = options.keep or Path(tempfile.mkdtemp())
    outputs.mkdir(parents=True, exist_ok=True)
    names = options.sets or sorted(p.name for p in (options.folder / "repeats").iterdir() if p.is_dir())
    for name in names:
        folder = options.folder / "repeats" / name
        raw = np.asarray(read_frame(folder / "T.fits").data, float)

        def score(image: np.ndarray, folder: Path = folder) -> dict[str, tuple[float, ...]]:
            return module.score(folder, image)

        ours, kept = _ours(folder / "T.fits", options.steps, options.seed, outputs)
        found = {
            "as it is": score(raw),
            "Gaussian, best width": _best_gaussian(raw, score),
            "starlets, 3 sigma": score(_starlets(folder / "T.fits")),
            "amsd": score(ours),
        }
        widths = " and ".join(f"{found['Gaussian, best width'][zone][2]} px" for zone in _ZONES)
        notes = {"Gaussian, best width": widths, "amsd": f"{kept['seconds']:.0f} s, risk {kept['risk']:.4f}"}
        for method, scores in found.items():
            rows.append(_row(name, method, scores, notes.get(method, "")))
            print(rows[-1], flush=True)
        record[name] = {
            **{method: {k: list(map(float, v)) for k, v in s.items()} for method, s in found.items()},
            **kept,
        }
    if options.output:
        machine = f"{datetime.date.today()}, {count_processors()} processors, {platform.machine()}"
        command = f"python benchmarks/repeats.py {options.folder} -o {options.output}"
        head = f"Made by `{command}` (seed {options.seed}, {machine}, Python {platform.python_version()}).\n"
        options.output.write_text(head + "\n" + "\n".join(rows) + "\n")
        options.output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
