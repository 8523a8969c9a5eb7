"""What becomes of the light of faint, extended things: discs put on empty sky, denoised with and without them.

    python -m benchmarks.quality.extended_light -o benchmarks/results/extended_light.md

The same noise is denoised without the discs as well, so what is measured is their light alone.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np

from amsd_astro import Denoiser, NoiseModel
from benchmarks.kept_results import command, machine

_SIDE, _N_EXPOSURES, _SEED = 512, 8, 3900
_SKY, _READ_NOISE = 500.0, 5.0  # electrons
_SCALES = (4, 8, 16, 32)  # pixels
_PEAKS = (0.1, 0.25, 0.5, 1.0)  # noise of the sky
_PLACES = tuple(itertools.product((128, 384), repeat=2))
_INNER, _OUTER = 2, 4  # scale lengths
_HEAD = f"""\
Exponential discs on empty sky of {_SKY:g} electrons and a read noise of {_READ_NOISE:g}, {_SIDE} x {_SIDE} pixels, \
one of each brightness in a frame, {_N_EXPOSURES} frames a size; the noise is told, all else is the default. Light \
that is kept within {_INNER} scale lengths, and between {_INNER} and {_OUTER}, in per cent with its standard error: \
denoised with the disc less denoised without, over the truth. S/N: of the light in the inner aperture."""


def main() -> int:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    head = "| scale length, px | peak, sigma of a pixel | S/N | kept inside, % | kept outside, % |"
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD, "", head, "|---|---|---|---|---|"]
    denoiser, noise = Denoiser(), NoiseModel.from_gain(1.0, _READ_NOISE, sky=_SKY)
    rng = np.random.default_rng(_SEED)
    for scale in _SCALES:
        kept = []
        for n in range(_N_EXPOSURES):
            peaks = np.roll(_PEAKS, n)  # each brightness at each place
            discs = _discs(scale, peaks)
            empty = rng.poisson(_SKY, discs.shape) + rng.normal(0, _READ_NOISE, discs.shape)
            full = empty + rng.poisson(discs)
            found = denoiser.denoise(full, noise=noise).data - denoiser.denoise(empty, noise=noise).data
            kept.append([_kept(found, discs, _PLACES[k], scale) for k in np.argsort(peaks)])
        lines += _rows(scale, np.array(kept))
        print(*lines[-len(_PEAKS) :], sep="\n")
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _discs(scale: float, peaks: np.ndarray) -> np.ndarray:
    y, x = np.indices((_SIDE, _SIDE))
    light = np.zeros((_SIDE, _SIDE))
    for (row, column), peak in zip(_PLACES, peaks, strict=True):
        light += peak * np.exp(-np.hypot(y - row, x - column) / scale)
    return light * np.sqrt(_SKY + _READ_NOISE**2)


def _kept(found: np.ndarray, truth: np.ndarray, place: tuple[int, int], scale: float) -> list[float]:
    """Shares of the light inside and outside, of that about one place."""
    y, x = np.indices(truth.shape)
    radius = np.hypot(y - place[0], x - place[1]) / scale
    parts = radius < _INNER, (radius >= _INNER) & (radius < _OUTER)
    return [float(found[part].sum() / truth[part].sum()) for part in parts]


def _rows(scale: int, kept: np.ndarray) -> list[str]:
    """One row a brightness; ``kept`` has the shape (n_exposures, n_peaks, 2)."""
    mean, error = 100 * kept.mean(axis=0), 100 * kept.std(axis=0, ddof=1) / np.sqrt(len(kept))
    inside = 2 * np.pi * (1 - (1 + _INNER) * np.exp(-_INNER)) * scale**2
    rows = []
    for k, peak in enumerate(_PEAKS):
        shares = " | ".join(f"{mean[k, part]:.0f} +- {error[k, part]:.0f}" for part in (0, 1))
        rows.append(f"| {scale} | {peak:g} | {peak * inside / (np.sqrt(np.pi) * _INNER * scale):.1f} | {shares} |")
    return rows


if __name__ == "__main__":
    sys.exit(main())
