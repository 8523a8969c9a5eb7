"""Errors say where, keep it, and cross process borders."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from amsd_astro import errors


def test_the_file_and_the_hdu_come_first() -> None:
    error = errors.FrameError("BITPIX must be 8. Received: 9", path=Path("a.fits"), hdu=2)
    assert str(error) == "a.fits[2]: BITPIX must be 8. Received: 9"
    assert (error.path, error.hdu) == (Path("a.fits"), 2)
    assert str(errors.FrameError("no file")) == "no file"


@pytest.mark.parametrize(
    "name",
    [name for name in errors.__all__ if name.endswith(("FoundError", "FrameError", "ChangedError", "DenoisedError"))],
)
def test_they_survive_pickling(name: str) -> None:
    error = getattr(errors, name)("gone", path="x.fits", hdu=1)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error) == "x.fits[1]: gone"
    assert (again.path, again.hdu) == ("x.fits", 1)


def test_they_are_what_callers_expect() -> None:
    assert issubclass(errors.FrameNotFoundError, FileNotFoundError)
    assert issubclass(errors.FrameError, ValueError) and not issubclass(errors.FrameError, OSError)
    assert issubclass(errors.OutputExistsError, FileExistsError)
    assert issubclass(errors.ModelError, ValueError)
    assert issubclass(errors.AmsdWarning, UserWarning)
