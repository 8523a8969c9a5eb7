"""What denoising does to the flux, width and place of sources put into the unseen frames.

    python -m benchmarks.quality.photometry -o benchmarks/results/photometry.md

`validate` puts stars and galaxies of known flux into each frame, denoises it with and without them, and measures both;
it also counts detections where there are no sources. Its checks are shown as it finds them, each with its standard
error, beside the limits that were asked for.
"""

from __future__ import annotations

import sys

import numpy as np

from amsd_astro import Denoiser, validate
from amsd_astro.validation import Report
from benchmarks.kept_results import command, machine
from benchmarks.scenes.unseen_frames import unseen_scene
from benchmarks.scenes.unseen_options import unseen_options

_ASKED = {"flux_bright": 0.5, "flux_middle": 2.0, "fwhm": 1.0, "centroid": 0.02}
_HEAD = """\
Mean change by denoising, with its standard error, of sources that `validate` puts into the 18 frames of \
`unseen_frames.py`: aperture flux at an S/N of 50 to 200 and of 10 to 50, FWHM and place of stars; and detections \
where there is nothing (in noise alone, and in the frame mirrored about its sky), in what denoising makes of it / in \
the same as it is, by a matched filter. Asked: 0.5 %, 2 %, 1 % and 0.02 px, or two standard errors, and no more \
detections; bold where it is more than both. An empty cell: too few sources of the kind."""


def main() -> int:
    """Validate every frame, and write the table."""
    options = unseen_options(__doc__)
    heads = [
        "frame",
        "flux, S/N > 50, %",
        "flux, S/N 10-50, %",
        "FWHM, %",
        "place, px",
        "false in noise",
        "false in the mirrored frame",
    ]
    lines = [f"Made by `{command(__spec__)}` ({machine()}).", "", _HEAD, ""]
    lines += [f"| {' | '.join([*heads, 'verdict'])} |", f"|{'---|' * (len(heads) + 1)}"]
    for name in options.frames:
        report = validate(unseen_scene(name).frame, denoiser=Denoiser(steps=options.steps))
        failed = ", ".join(check.name for check in report.failures)
        verdict = f"{report.verdict}: {failed}" if failed else report.verdict
        lines.append(f"| {' | '.join([name, *_cells(report), verdict])} |")
        sys.stderr.write(lines[-1] + "\n")
    options.output.write_text("\n".join(lines) + "\n")
    return 0


def _cells(report: Report) -> list[str]:
    checks = {check.name: check for check in report.checks}
    cells = []
    for name, asked in _ASKED.items():
        check = checks.get(name)
        if check is None or check.value is None or not np.isfinite(check.value):
            cells.append("")
            continue
        error = check.error or 0.0
        told = f"{check.value:+.3f} +- {error:.3f}"
        cells.append(f"**{told}**" if abs(check.value) > max(asked, 2 * error) else told)
    for name in ("n_false", "n_false_mirrored"):
        denoised, raw = (report.data[which][name] for which in ("denoised", "raw"))
        cells.append(f"{denoised} / {raw}" if denoised <= raw else f"**{denoised} / {raw}**")
    return cells


if __name__ == "__main__":
    raise SystemExit(main())
