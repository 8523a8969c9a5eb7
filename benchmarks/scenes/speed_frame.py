"""A simulated exposure of any size: the truth of a sample, mirrored on and on, and fresh noise.

python -m benchmarks.scenes.speed_frame SIDE out.fits
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from astropy.io import fits

__all__ = ["exposure"]

_SAMPLES = Path(__file__).resolve().parents[2] / "data_samples"
_ROWS = 1024  # exposed at a time


def exposure(truth: np.ndarray, header: fits.Header, side: int, seed: int = 0) -> np.ndarray:
    """An exposure of ``side`` x ``side`` pixels.

    Parameters
    ----------
    truth : ndarray, shape (ny, nx)
        Of a sample, in adu.
    header : Header
        Tells GAIN, RDNOISE and PEDESTAL.
    side : int
        Pixels on a side; beyond the truth's own it goes on mirrored.
    seed : int
        Seed of the noise.

    Returns
    -------
    ndarray of float32, shape (side, side)
    """
    gain, read_noise, pedestal = (float(header[key]) for key in ("GAIN", "RDNOISE", "PEDESTAL"))
    rng = np.random.default_rng(seed)
    rows, columns = (_mirrored(side, n) for n in truth.shape)
    data = np.empty((side, side), np.float32)
    for start in range(0, side, _ROWS):
        part = truth[np.ix_(rows[start : start + _ROWS], columns)]
        electrons = rng.poisson((part - pedestal) * gain) + rng.normal(0, read_noise, part.shape)
        data[start : start + _ROWS] = np.round(electrons / gain + pedestal)
    return data


def _mirrored(side: int, n: int) -> np.ndarray:
    """Places 0, 1, .., n - 1, n - 1, .., 1, 0, 0, 1, .."""
    place = np.arange(side) % (2 * n)
    return np.minimum(place, 2 * n - 1 - place)


def main() -> None:
    """Write an exposure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("side", type=int)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    truth = fits.getdata(_SAMPLES / "galaxy_field_truth.fits").astype(float)
    header = fits.getheader(_SAMPLES / "galaxy_field_1.fits")
    kept = fits.Header([header.cards[key] for key in ("GAIN", "RDNOISE", "PEDESTAL", "BUNIT") if key in header])
    fits.writeto(options.output, exposure(truth, header, options.side), kept, overwrite=True)


if __name__ == "__main__":
    main()
