"""The bounds of what the network answers."""

__all__ = ["RANGE", "RESIDUAL_BOUND", "TYPICAL"]

RESIDUAL_BOUND = 5.0
"""Sigma; no pixel is moved by more."""

TYPICAL, RANGE = -3.0, 4.0
"""Of the logarithm of the posterior variance: its middle, and how far it may be from there."""
