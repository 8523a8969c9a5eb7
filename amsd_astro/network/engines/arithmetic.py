"""What computes a network's answers, and in which numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ENGINES", "Arithmetic"]

ENGINES = ("auto", "litert", "tensorflow")
"""What can be asked for."""


@dataclass(frozen=True)
class Arithmetic:
    """An engine and its numbers.

    Attributes
    ----------
    engine : str
        ``"tensorflow"`` or ``"litert"``.
    precision : str
        ``"float32"`` or ``"bfloat16"``; LiteRT has the first alone.
    n_threads : int or None
        Threads of LiteRT, by default all that the process may use; those of TensorFlow are set when it starts.
    """

    engine: str = "tensorflow"
    precision: str = "float32"
    n_threads: int | None = None
