"""Planes in files of their own: which are named, or found beside a file by its name, and what is in them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from astropy.io import fits
from mutate import mutate

__all__ = ["OF_OWN_FILES", "draw_own_files", "other_file"]

OF_OWN_FILES = ("mask_file", "error_file", "companions")

_SHAPE = (40, 48)  # of most seed files
_SOUND = (-1, -2)  # a mask and errors, where there is no mutant
_STEP = 1_000_003  # to the index of the mutant that is the other file
_HDUS = (*[""] * 12, "[0]", "[0]", "[1]", "[1]", "[DQ]", "[MASK]", "[ERR,1]", "[]", "[[1]", "[999]")
_COMPANIONS = (
    ("c4d_ooi_r.fits", "c4d_ood_r.fits", "c4d_oow_r.fits"),
    ("ztf_sciimg.fits", "ztf_mskimg.fits", "none"),
    ("rings.skycell.1.fits", "rings.skycell.1.mask.fits", "rings.skycell.1.wt.fits"),
)


def draw_own_files(rng: np.random.Generator, index: int) -> tuple[str, dict[str, Any], dict[str, int]]:
    """Draw planes in files of their own for some indices.

    Parameters
    ----------
    rng : Generator
        Of the index.
    index : int
        Of the file.

    Returns
    -------
    str
        What the file has to be called; empty for any name.
    dict
        Options, whose names of files are those in its folder.
    dict of str to int
        Other files in the folder, by their names, for `other_file`.
    """
    how = rng.random()
    if how > 0.15:
        return "", {}, {}
    others = [sound if rng.random() < 0.7 else index + _STEP * (k + 1) for k, sound in enumerate(_SOUND)]
    if how < 0.04:
        name, *beside = _COMPANIONS[int(rng.integers(len(_COMPANIONS)))]
        there = {one: other for one, other in zip(beside, others, strict=True) if one != "none" and rng.random() < 0.9}
        return name, {"companions": True}, there
    options: dict[str, Any] = {}
    there = {}
    for role, other in zip(("mask", "error"), others, strict=True):
        if rng.random() < 0.6:
            own = f"{role}.fits"
            options[f"{role}_file"] = own + str(rng.choice(_HDUS))
            if rng.random() < 0.95:
                there[own] = other
    return "", options, there


def other_file(seed: int, number: int) -> bytes:
    """Return the bytes of another file: a mutant of that index, or below 0 a sound mask, or sound errors."""
    if number >= 0:
        return mutate(seed, number).body
    y, x = np.indices(_SHAPE)
    plane = ((x + y) % 9 == 0).astype(np.uint8) if number == _SOUND[0] else (15 + x / 9).astype(np.float32)
    out = io.BytesIO()
    fits.writeto(out, plane)
    return out.getvalue()
