"""What learning from a frame does where its noise is not what it is told: the gains of the default, and adapting.

    python -m benchmarks.quality.guards -o benchmarks/results/guards.md

Frames are those of guard_frames.py. Asked: the error is at most 1.05 of that of the weights as they are.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from amsd_astro import Denoiser
from amsd_astro.errors import AmsdWarning
from amsd_astro.network.recipes import AMSD
from benchmarks.kept_results import command, machine
from benchmarks.scenes.guard_frames import GUARDS, guard_frame

_HEAD = """\
rms/sigma: root of the mean of `((result - truth) / true sigma)**2` over good pixels of a corner of the sample \
galaxy_field, four orientations averaged: by the packaged weights as they are, by default (gains learned from the \
frame where it tells of any; change: theirs, rms over the noise), and after adapting for {n_steps} steps. What is \
wrong with the frame is not part of the true sigma. Steps: of the weights that were kept, 0 where no adapted ones \
were better by the held-out risk."""


def main(arguments: list[str] | None = None) -> int:
    """Denoise, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=AMSD.n_adapted, help="of adapting (default %(default)s)")
    parser.add_argument("--frames", nargs="+", choices=GUARDS, default=list(GUARDS), metavar="FRAME", help="only these")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD.format(n_steps=options.steps), ""]
    lines += ["| frame | as they are | by default | ratio | change | adapted | ratio | steps |", f"|{'---|' * 8}"]
    for name in options.frames:
        lines.append(_row(name, options.steps))
        sys.stderr.write(lines[-1] + "\n")
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _row(name: str, n_steps: int) -> str:
    guarded = guard_frame(name)
    denoisers = Denoiser(steps=0, n_orientations=AMSD.n_orientations), Denoiser(), Denoiser(steps=n_steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmsdWarning)
        results = [one.fit_denoise(guarded.frame, noise=guarded.noise) for one in denoisers]
    errors = [guarded.error(result.data) for result in results]
    adaptation = denoisers[-1].adaptation
    cells = [name, f"{errors[0]:.3f}", f"{errors[1]:.3f}", f"{errors[1] / errors[0]:.3f}"]
    cells += [f"{results[1].header['AMSDGAIN']:.4f}", f"{errors[2]:.3f}", f"{errors[2] / errors[0]:.3f}"]
    return f"| {' | '.join([*cells, str(adaptation.n_steps if adaptation else 0)])} |"


if __name__ == "__main__":
    raise SystemExit(main())
