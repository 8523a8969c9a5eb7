"""What tests of several parts share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

# The tests are no package: this is how their shared modules are found.
sys.path.insert(0, str(Path(__file__).parent))

# Settings that count only before TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Tests are not timed: the machines are shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
