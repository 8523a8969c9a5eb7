"""Where the tests of notebooks find what they share."""

from __future__ import annotations

import sys
from pathlib import Path

# Neither the tests nor the folder of notebooks are packages: this is how their modules are found.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "notebooks")]
