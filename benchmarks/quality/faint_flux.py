"""What becomes of the flux of faint sources in one exposure, and of stacks: the middle of samples, exposed 16 times.

    python -m benchmarks.quality.faint_flux -o benchmarks/results/faint_flux.md

Apertures of 4 pixels lie at the peaks of the truth, known beforehand. The noise of every exposure and stack is told.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np
from astropy.io import fits
from photutils.aperture import CircularAperture, aperture_photometry
from photutils.detection import find_peaks

from amsd_astro import Denoiser, NoiseModel
from benchmarks.kept_results import command, machine
from benchmarks.scenes.frames_with_truth import true_sigma

_FOLDER = Path(__file__).resolve().parents[2] / "data_samples"
_MIDDLE = (slice(128, 384),) * 2
_N_EXPOSURES = 16
_SEED = 3
_RADIUS = 4  # pixels
_PEAK = 0.15  # noise widths above the sky
_BINS = (1, 3, 5, 10, 30, 100, np.inf)
_HEAD = """\
The middle 256 x 256 pixels of samples, exposed 16 times without cosmic rays and bad columns, denoised with the noise \
told. Fluxes: sums in apertures of 4 pixels at the peaks of the truth of `galaxy_field`, over the true flux of all \
sources of the bin; scatter: the standard deviation from exposure to exposure, denoised over not denoised, median of \
the sources. Stacks: rms error over that of the plain mean of the exposures."""


class _Middle:
    """The middle of a sample: its truth, its noise, and exposures of it."""

    def __init__(self, name: str) -> None:
        self._cards = cards = fits.getheader(_FOLDER / f"{name}_1.fits")
        self.truth = fits.getdata(_FOLDER / f"{name}_truth.fits")[_MIDDLE].astype(float)
        self.sky = float(np.median(self.truth))
        self._gain, self._read_noise, self._pedestal = (float(cards[key]) for key in ("GAIN", "RDNOISE", "PEDESTAL"))
        self._rng = np.random.default_rng(_SEED)

    @property
    def variance(self) -> np.ndarray:
        """Of the pixels of one exposure."""
        return true_sigma(self.truth, self._cards) ** 2

    def expose(self) -> np.ndarray:
        """One exposure more."""
        electrons = self._rng.poisson((self.truth - self._pedestal) * self._gain)
        return (electrons + self._rng.normal(0, self._read_noise, self.truth.shape)) / self._gain + self._pedestal

    def noise(self, n: int) -> NoiseModel:
        """The noise model of the mean of so many exposures."""
        floor = -self._pedestal / self._gain + (self._read_noise / self._gain) ** 2
        return NoiseModel(1 / self._gain / n, floor / n, sky=self.sky)


def main() -> int:
    """Measure and write both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD]
    stacks = ["", "| sample | stack of denoised frames | denoised stack |", "|---|---|---|"]
    denoiser = Denoiser()
    for name in ("galaxy_field", "star_cluster"):
        field = _Middle(name)
        exposures = [field.expose() for _ in range(_N_EXPOSURES)]
        denoised = [np.asarray(denoiser.denoise(one, noise=field.noise(1)).data, float) for one in exposures]
        if name == "galaxy_field":
            lines += _fluxes(field, exposures, denoised)
        stack = np.mean(exposures, axis=0)
        denoised_stack = denoiser.denoise(stack, noise=field.noise(_N_EXPOSURES)).data
        plain, of_denoised, deep = (
            float(np.sqrt(np.mean((image - field.truth) ** 2 / field.variance)))
            for image in (stack, np.mean(denoised, axis=0), denoised_stack)
        )
        stacks.append(f"| {name} | {of_denoised / plain:.2f} | {deep / plain:.2f} |")
    options.output.write_text("\n".join([*lines, *stacks]) + "\n")
    return 0


def _fluxes(field: _Middle, exposures: list[np.ndarray], denoised: list[np.ndarray]) -> list[str]:
    least = field.sky + _PEAK * np.sqrt(np.median(field.variance))
    peaks = find_peaks(field.truth, least, box_size=9, border_width=10)
    apertures = CircularAperture(np.c_[peaks["x_peak"], peaks["y_peak"]], _RADIUS)

    def sums(image: np.ndarray) -> np.ndarray:
        return np.asarray(aperture_photometry(image, apertures)["aperture_sum"].value)

    flux, error = sums(field.truth - field.sky), np.sqrt(sums(field.variance))
    before, after = (np.array([sums(one - field.sky) for one in images]) for images in (exposures, denoised))
    lines = ["", "| S/N in the aperture | sources | exposure, % | denoised, % | scatter |", "|---|---|---|---|---|"]
    for low, high in itertools.pairwise(_BINS):
        chosen = (flux > low * error) & (flux <= high * error)
        if not chosen.any():
            continue
        shares = [100 * (found[:, chosen].mean(axis=0).sum() / flux[chosen].sum() - 1) for found in (before, after)]
        scatter = float(np.median(after[:, chosen].std(axis=0) / before[:, chosen].std(axis=0)))
        name = f"{low:g} to {high:g}" if np.isfinite(high) else f"over {low:g}"
        lines.append(f"| {name} | {chosen.sum()} | {shares[0]:+.1f} | {shares[1]:+.1f} | {scatter:.2f} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
