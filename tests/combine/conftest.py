"""Where tests of several exposures find what they share."""

from __future__ import annotations

import sys
from pathlib import Path

# The tests are no package: this is how their shared modules are found.
sys.path.insert(0, str(Path(__file__).parent))
