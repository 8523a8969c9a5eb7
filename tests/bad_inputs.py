"""Every kind of bad input, and of input that is odd but accepted: what makes it, and what must come of it.

The kinds are told apart in the folder ``kinds``, each a small function whose name is the kind.
"""

from __future__ import annotations

import sys
from pathlib import Path

# The tests are no package: this is how their shared modules are found.
sys.path.insert(0, str(Path(__file__).parent / "kinds"))

import axes_kinds  # noqa: F401
import file_kinds  # noqa: F401
import header_kinds  # noqa: F401
import odd_kinds  # noqa: F401
import output_kinds  # noqa: F401
import path_kinds  # noqa: F401
import plane_kinds  # noqa: F401
import tile_kinds  # noqa: F401
from kind_registry import BAD, GOOD, GOOD_NAME, ODD, BadKind, OddKind

__all__ = ["BAD", "GOOD", "GOOD_NAME", "ODD", "BadKind", "OddKind", "command_words"]


def command_words(kind: BadKind, folder: Path, fault: Path, *more: str) -> list[str]:
    """Return a command line that runs into a kind of bad input made in a folder."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in kind.reading.items()]
    if kind.role == "model":
        options += ["--model", str(fault)]
    output = fault if kind.role == "output" else folder / "made.fits"
    source = fault if kind.role == "input" else folder / GOOD_NAME
    return ["denoise", "-o", str(output), *options, *kind.options, *more, "--", str(source)]
