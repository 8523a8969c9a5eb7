"""`amsd-astro simulate`: the sample exposures and their truth."""

from __future__ import annotations

import argparse

from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import DONE
from amsd_astro.cli.progress import ProgressBar

__all__ = ["run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Write the sample frames."""
    from amsd_astro.simulation import write_samples

    console.calm_astropy()
    with ProgressBar("simulate", shown=not args.quiet) as bar:
        paths = write_samples(args.output, seed=args.seed, overwrite=args.overwrite, progress=bar)
    if args.json:
        console.json({"ok": True, "kind": "simulated", "files": [str(path) for path in paths]})
    else:
        console.result(*(str(path) for path in paths))
    return DONE
