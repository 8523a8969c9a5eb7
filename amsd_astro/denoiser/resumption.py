"""The file in which the state of a training outlives an interruption."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from amsd_astro.arrays.blocks import row_blocks
from amsd_astro.denoiser.preparation import Prepared
from amsd_astro.errors import AmsdWarning, ModelError, OutputExistsError
from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import Frame, check_output
from amsd_astro.network.files.checkpoints import found_instead, load_state, save_state
from amsd_astro.network.training_state import TrainingState
from amsd_astro.regular_files import open_regular
from amsd_astro.version import __version__

__all__ = ["TrainingFile", "frame_key", "training_key"]

_log = logging.getLogger(__name__)


def training_key(prepared: Sequence[Prepared], settings: dict[str, Any]) -> str:
    """Return what tells a training from every other one: its frames as the network sees them, settings and versions.

    Parameters
    ----------
    prepared : sequence of Prepared
        The frames.
    settings : dict
        All else that the training depends on, of JSON types.
    """
    import keras

    # another Keras may order weights and the optimizer's arrays in another way
    versions = [__version__, keras.__version__, keras.backend.backend()]
    digest = hashlib.sha256(json.dumps([*versions, settings], sort_keys=True, default=list).encode())
    for one in prepared:
        if one.values is None:
            continue
        digest.update(f"{one.values.shape} {one.noise.correlation.shape}".encode() + one.noise.correlation.tobytes())
        for block in row_blocks(one.values.shape):
            digest.update(one.values[block.rows].tobytes())
            digest.update(one.frame.mask[block.rows].tobytes())
    return digest.hexdigest()


def frame_key(frame: Frame) -> str:
    """Return what tells a frame from every other one: 16 hexadecimal digits of its pixels and mask."""
    digest = hashlib.sha256(f"{frame.data.shape} {frame.data.dtype}".encode())
    for block in row_blocks(frame.data.shape):
        digest.update(np.ascontiguousarray(frame.data[block.rows]).data)
        digest.update(np.ascontiguousarray(frame.mask[block.rows]).data)
    return digest.hexdigest()[:16]


class TrainingFile:
    """Keeps the state of one training in a file.

    Parameters
    ----------
    path : str or path-like
        The file; the state of another training in it is replaced, anything else is left alone.
    key : str
        By `training_key`.

    Raises
    ------
    OutputExistsError
        There is something that is no checkpoint of this user's.
    OutputError
        No file can be made there.
    """

    def __init__(self, path: str | os.PathLike[str], key: str) -> None:
        self._path = check_output(path, overwrite=True)
        self._key = key
        if (found := found_instead(self._path)) is not None:
            raise OutputExistsError(f"{self._path}: is {found}; it is left as it is.")

    def load(self) -> TrainingState | None:
        """Return the state in the file; None, with a warning, where it is damaged or of another training."""
        try:
            with open_regular(self._path, follow=False) as file:
                state = load_state(file, key=self._key)
        except FileNotFoundError:
            return None
        except (ModelError, OSError) as error:
            self.refuse(error)
            return None
        _log.info("%s: holds the state after %d steps", self._path, state.n_steps)
        return state

    def refuse(self, error: Exception) -> None:
        """Warn that the state in the file is of no use."""
        warnings.warn(f"{self._path}: training begins anew: {error}", AmsdWarning, stacklevel=6)

    def keep(self, state: TrainingState) -> None:
        """Write the state, whole or not at all; that it cannot be kept does not end a training."""
        if (found := found_instead(self._path)) is not None:  # it came meanwhile
            _log.warning("%s: the state of the training cannot be kept (there is %s)", self._path, found)
            return
        try:
            with new_file(self._path, overwrite=True) as file:
                save_state(file, state, key=self._key)
        except OSError as error:
            _log.warning("%s: the state of the training cannot be kept (%s)", self._path, error)
