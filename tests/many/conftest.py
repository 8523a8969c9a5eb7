"""Where the tests of many files, and the processes they start, find what they share."""

from __future__ import annotations

import sys
from pathlib import Path

# The tests are no package: this is how their shared modules are found, in spawned processes too.
sys.path.insert(0, str(Path(__file__).parent))
