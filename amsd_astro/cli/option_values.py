"""How the values of single options are read."""

from __future__ import annotations

import argparse
import math
import re

from amsd_astro.cli.shared_options import number
from amsd_astro.spelling import closest

__all__ = ["limit", "noise", "orientations", "recipe", "region", "share", "sigmas"]


def limit(text: str) -> tuple[str, tuple[float | None, float | None]]:
    """Return the name of a check and its limits."""
    name, equal, pair = text.partition("=")
    low, colon, high = pair.partition(":")
    try:
        limits = tuple(None if not part.strip() else float(part) for part in (low, high))
    except ValueError:
        colon = ""
    if not (name and equal and colon):
        raise argparse.ArgumentTypeError(f"must be NAME=LOW:HIGH. Received: {text}")
    return name, (limits[0], limits[1])


def noise(text: str) -> tuple[float, float]:
    """Return slope and floor of a noise model."""
    slope, _, floor = text.partition(",")
    try:
        made = float(slope), float(floor)
    except ValueError:
        made = -1.0, 0.0
    if not (made[0] >= 0 and all(map(math.isfinite, made)) and any(made)):
        rule = "must be SLOPE,FLOOR: two numbers, not both zero, the first not negative"
        raise argparse.ArgumentTypeError(f"{rule}. Received: {text}")
    return made


def orientations(text: str) -> int:
    """Return how many of the eight flips and rotations."""
    if text not in tuple("12345678"):
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 to 8. Received: {text}")
    return int(text)


def share(text: str) -> float:
    """Return a share, 0 to 1."""
    value = number(0)(text)
    if value > 1:
        raise argparse.ArgumentTypeError(f"must be a number, 0 to 1. Received: {text}")
    return value


def recipe(text: str) -> str:
    """Read the name of a recipe; the names are looked up only when one is given."""
    from amsd_astro.denoiser import RECIPES

    if text not in RECIPES:
        meant = closest(text, RECIPES)
        asked = f"; did you mean {meant}?" if meant else ""
        raise argparse.ArgumentTypeError(f"must be one of {', '.join(RECIPES)}. Received: {text}{asked}")
    return text


def region(text: str) -> tuple[slice, slice]:
    """Return rows and columns of a section X1:X2,Y1:Y2, counted from one, both ends within."""
    found = re.fullmatch(r"\[?(\d+):(\d+),(\d+):(\d+)\]?", text.replace(" ", ""))
    x1, x2, y1, y2 = (int(part) for part in found.groups()) if found else (0, 0, 0, 0)
    if not (1 <= x1 <= x2 and 1 <= y1 <= y2):
        raise argparse.ArgumentTypeError(f"must be X1:X2,Y1:Y2, pixels from 1 on, in order. Received: {text}")
    return slice(y1 - 1, y2), slice(x1 - 1, x2)


def sigmas(text: str) -> tuple[float, float]:
    """Return two numbers LOW:HIGH, in order."""
    low, _, high = text.partition(":")
    try:
        limits = float(low), float(high)
    except ValueError:
        limits = 0.0, 0.0
    if not (math.isfinite(limits[0]) and math.isfinite(limits[1]) and limits[0] < limits[1]):
        raise argparse.ArgumentTypeError(f"must be LOW:HIGH, two numbers in order. Received: {text}")
    return limits
