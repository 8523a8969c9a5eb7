"""Peak memory of whole processes on frames of growing size: plain, packed, tile-compressed, with planes, in training.

    python -m benchmarks.speed.memory -o benchmarks/results/memory.md

Memory is RssAnon, what a process holds of its own (not what the system keeps of files), looked at every 20 ms, less
that of a process that only imports TensorFlow. Frames are made on the spot. The network is that of the recipe or,
where that is said, a small one, to have the memory of reading and writing in a fraction of the time.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from amsd_astro.resources import count_processors

_IMPORT = "import tensorflow, time; tensorflow.config.list_physical_devices(); time.sleep(1)"
_RUN = """
import dataclasses, sys
from amsd_astro.cli import main
from amsd_astro.network import recipes
from amsd_astro.network.architectures import AmsdArchitecture
widths = {widths}
if widths:
    recipes.AMSD = dataclasses.replace(recipes.AMSD, architecture=AmsdArchitecture(widths, 4), weights=None)
sys.exit(main(sys.argv[1:]))
"""
_WIDTHS = {"full": None, "small": (4, 8)}


@dataclass(frozen=True)
class _Case:
    side: int
    kind: str = "float32"
    network: str = "full"
    command: str = "denoise"


_CASES = (
    _Case(1000),
    _Case(2000),
    _Case(4000),
    _Case(10000),
    _Case(10000, command="train"),
    _Case(4000, "float32 .gz", "small"),
    _Case(10000, "float32", "small"),
    _Case(10000, "float32 .gz", "small"),
    _Case(10000, "int16, RICE tiles", "small"),
    _Case(10000, "float32, ERR and MASK, 1 % bad", "small"),
)


def _peak(command: Sequence[str]) -> tuple[float, float]:
    """Return the largest RssAnon of a process, MiB, and its seconds."""
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        peak = max([peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon"))])
        time.sleep(0.02)
    _, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[-6:])}: {errors.decode()[-500:]}")
    return peak / 1024, time.perf_counter() - start


def _pixels(side: int) -> np.ndarray:
    """Return a sky of 300 e with stars, in electrons."""
    rng = np.random.default_rng(side)
    data = np.empty((side, side), np.float32)
    for row in range(0, side, 500):
        part = data[row : row + 500]
        part[:] = rng.normal(300, 18, part.shape)
        stars = rng.integers(0, [len(part), side], (side // 4, 2))
        part[stars[:, 0], stars[:, 1]] += 1000 * rng.pareto(1.5, len(stars))
    return data


def _make(case: _Case, folder: Path) -> Path:
    """Write the frame of a case."""
    path = folder / f"frame{case.side}_{case.kind.split()[-1].strip('.%')}.fits"
    data = _pixels(case.side)
    header = fits.Header({"BUNIT": "electron", "RDNOISE": 5.0})
    if case.kind == "int16, RICE tiles":
        fits.CompImageHDU(data.astype(np.int16), header, compression_type="RICE_1").writeto(path)
    elif "ERR" in case.kind:
        bad = (np.random.default_rng(1).random(data.shape) < 0.01).astype(np.int16)
        planes = [fits.ImageHDU(np.sqrt(np.abs(data) + 25), name="ERR"), fits.ImageHDU(bad, name="MASK")]
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(data, header, name="SCI"), *planes]).writeto(path)
    else:
        fits.PrimaryHDU(data, header).writeto(path)
    if case.kind.endswith(".gz"):
        packed = path.with_name(path.name + ".gz")
        with open(path, "rb") as plain, gzip.open(packed, "wb", compresslevel=1) as file:
            shutil.copyfileobj(plain, file, 2**22)
        path.unlink()
        return packed
    return path


def _command(case: _Case, path: Path, model: Path, folder: Path) -> list[str]:
    code = _RUN.format(widths=_WIDTHS[case.network])
    words = [sys.executable, "-c", code, case.command, str(path), "--overwrite"]
    if case.command == "train":
        return [*words, "--steps", "20", "-o", str(folder / "trained.npz")]
    return [*words, "--model", str(model), "-o", str(folder / "out.fits")]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, help="write the table here")
    parser.add_argument("--largest", type=int, default=10000, help="leave out frames with longer sides")
    options = parser.parse_args()
    rows = ["| frame | file | network | command | peak above TensorFlow, MiB | s |", "|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory(dir=None) as name:
        folder = Path(name)
        base = min(_peak([sys.executable, "-c", _IMPORT])[0] for _ in range(2))
        teacher = _make(_Case(300), folder)
        models = {network: folder / f"{network}.npz" for network in _WIDTHS}
        for network, model in models.items():
            code = _RUN.format(widths=_WIDTHS[network])
            subprocess.run(
                [sys.executable, "-c", code, "train", str(teacher), "-o", str(model), "--steps", "5", "-q"], check=True
            )
        for case in _CASES:
            if case.side > options.largest:
                continue
            path = _make(case, folder)
            size = path.stat().st_size / 2**20
            peak, seconds = _peak(_command(case, path, models[case.network], folder))
            path.unlink()
            rows.append(
                f"| {case.side} x {case.side} | {case.kind}, {size:.0f} MiB | {case.network} | {case.command} "
                f"| {peak - base:.0f} | {seconds:.0f} |"
            )
            print(rows[-1], flush=True)
    machine = f"{datetime.date.today()}, {count_processors()} processors, {platform.machine()}"
    head = f"`python -m benchmarks.speed.memory` ({machine}, Python {platform.python_version()}; "
    text = "\n".join([head + f"TensorFlow alone: {base:.0f} MiB).\n", *rows])
    print(text)
    if options.output:
        options.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
