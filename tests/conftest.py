"""What tests of several parts share."""

from __future__ import annotations

import os

# Settings that count only before TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
