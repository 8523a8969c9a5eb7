"""One peer on one FITS file, from the exposure to the denoised exposure: what a person who uses it has to run.

    python whole.py METHOD in.fits out.fits --settings '{"n_epochs": 100}'

Noise, stabilization and the way back are the package's own (which must be on PYTHONPATH); TensorFlow is not imported.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from astropy.io import fits
from peer import METHODS, denoise

from amsd_astro import read_frame
from amsd_astro.denoiser.preparation import prepare


def main() -> None:
    """Denoise a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("given", type=Path, metavar="in.fits")
    parser.add_argument("made", type=Path, metavar="out.fits")
    parser.add_argument("--settings", type=json.loads, default={}, help="of the method, in JSON")
    options = parser.parse_args()
    start = time.perf_counter()
    prepared = prepare(read_frame(options.given), None, seed=0)
    if prepared.values is None:
        parser.error(f"{options.given}: the frame shows no noise")
    result, told = denoise(options.method, prepared.values, prepared.noise.correlation, options.settings)
    data = np.where(prepared.frame.mask, prepared.frame.data, prepared.stabilizer.inverse(result))
    fits.writeto(options.made, data.astype(np.float32), prepared.frame.header, overwrite=True)
    print(json.dumps({**told, "seconds_whole": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
