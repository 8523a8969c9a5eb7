"""One simulated frame whose truth is known, by the command line as it is: error in strata, bias, calibration, time.

    python -m benchmarks.quality.study ../shared/data/study -o benchmarks/results/study.md

The folder holds ``frame.fits`` and ``truth.fits``. The figures are rms(denoised - truth) / sigma per pixel, sigma the
true noise, in strata of the true S/N per pixel, with the mean error beside, and the width of (denoised - truth) over
the sigma map. Samples of this package work too: ``--frame data_samples/galaxy_field_1.fits --truth ..._truth.fits``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.kept_results import machine
from benchmarks.scenes.frames_with_truth import true_sigma
from benchmarks.scenes.strata import FEWEST, STRATA


def _table(result: fits.HDUList, truth: np.ndarray, sky: float) -> list[str]:
    header = result[0].header
    sigma = true_sigma(truth, header)
    good = result["AMSD_FLAGS"].data & 1 == 0
    error = (result[0].data - truth) / sigma
    score = (result[0].data - truth) / result["AMSD_SIGMA"].data
    signal = (truth - sky) / sigma
    rows = ["| S/N per pixel | pixels | rms / sigma | mean error / sigma | width of z |", "|---|---|---|---|---|"]
    for name, low, high in STRATA:
        chosen = good & (signal >= low) & (signal < high)
        if chosen.sum() >= FEWEST:
            cells = (
                f"{np.sqrt(np.mean(error[chosen] ** 2)):.3f} | {error[chosen].mean():+.3f} | {score[chosen].std():.2f}"
            )
            rows.append(f"| {name} | {chosen.sum()} | {cells} |")
    return rows


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="holds frame.fits and truth.fits")
    parser.add_argument("--frame", type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("-o", "--output", type=Path, help="write the table here")
    parser.add_argument("--keep", type=Path, help="keep the denoised frame here")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.folder is None and (options.frame is None or options.truth is None):
        parser.error("give a folder, or --frame and --truth")
    frame = options.frame or options.folder / "frame.fits"
    truth = fits.getdata(options.truth or options.folder / "truth.fits").astype(float)
    with tempfile.TemporaryDirectory() as folder:
        out = options.keep or Path(folder) / "denoised.fits"
        command = [sys.executable, "-m", "amsd_astro", "denoise", str(frame), "-o", str(out), "--overwrite"]
        start = time.perf_counter()
        subprocess.run([*command, "--seed", str(options.seed)], check=True)
        seconds = time.perf_counter() - start
        with fits.open(out) as result:
            rows = _table(result, truth, float(np.min(truth)))
            risk = result[0].header.get("AMSDRISK", float("nan"))
    head = (
        f"`amsd-astro denoise {frame} --seed {options.seed}`: {seconds:.0f} s, whole process; estimated risk {risk:.4f}"
    )
    text = "\n".join([f"{head} ({machine()}).\n", *rows])
    print(text)
    if options.output:
        options.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
