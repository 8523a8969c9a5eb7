"""Opening a model file that somebody names."""

from __future__ import annotations

import os
from typing import BinaryIO

from amsd_astro.errors import FrameNotFoundError, ModelError
from amsd_astro.regular_files import NotRegularError, open_regular

__all__ = ["open_model"]


def open_model(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a model file for reading; nothing in it is looked at.

    Parameters
    ----------
    path : str or path-like
        The file.

    Raises
    ------
    FrameNotFoundError
        There is no such file.
    ModelError
        It is no regular file, or may not be read.
    """
    name = os.fspath(path)
    try:
        return open_regular(path)
    except (FileNotFoundError, NotADirectoryError):
        raise FrameNotFoundError("there is no such model file.", path=path) from None
    except NotRegularError:
        raise ModelError(f"{name}: a model file must be a regular file. Received: a folder or a device") from None
    except PermissionError:
        raise ModelError(f"{name}: the model file may not be read (permission denied).") from None
    except ValueError as error:  # an embedded NUL
        raise ModelError(f"{name!r}: the name cannot be opened ({error}).") from error
