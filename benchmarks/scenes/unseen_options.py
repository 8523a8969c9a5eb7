"""Options of the benchmarks that go through the unseen frames."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.scenes.unseen_frames import UNSEEN

__all__ = ["unseen_options"]


def unseen_options(description: str | None) -> argparse.Namespace:
    """Read ``frames``, ``steps`` and ``output`` from the command line.

    Parameters
    ----------
    description : str
        What the benchmark says of itself.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", nargs="+", choices=UNSEEN, default=list(UNSEEN), metavar="FRAME")
    parser.add_argument("--steps", type=int, help="of adapting (default: the program decides)")
    parser.add_argument("-o", "--output", type=Path, required=True)
    return parser.parse_args()
