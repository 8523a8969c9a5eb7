"""What tests of combined exposures share with those of their exposures."""

from __future__ import annotations

import sys
from pathlib import Path

# The tests are no package: this is how the made exposures are found.
sys.path.insert(0, str(Path(__file__).parents[1] / "exposures"))
