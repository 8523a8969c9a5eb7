"""The file in which the state of a training outlives an interruption."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from amsd_astro.denoiser.preparation import Prepared
from amsd_astro.errors import AmsdWarning, ModelError
from amsd_astro.frames import check_output
from amsd_astro.frames.blocks import row_blocks
from amsd_astro.frames.outfile import new_file
from amsd_astro.version import __version__

if TYPE_CHECKING:
    from amsd_astro.network.training import TrainingState

__all__ = ["TrainingFile", "training_key"]

_log = logging.getLogger(__name__)


def training_key(prepared: Sequence[Prepared], settings: dict[str, Any]) -> str:
    """Return what tells a training from every other one: its frames as the network sees them, and its settings.

    Parameters
    ----------
    prepared : sequence of Prepared
        The frames.
    settings : dict
        All else that the training depends on, of JSON types.
    """
    digest = hashlib.sha256(json.dumps([__version__, settings], sort_keys=True, default=list).encode())
    for one in prepared:
        if one.values is None:
            continue
        digest.update(f"{one.values.shape} {one.noise.correlation.shape}".encode() + one.noise.correlation.tobytes())
        for block in row_blocks(one.values.shape):
            digest.update(one.values[block.rows].tobytes())
            digest.update(one.frame.mask[block.rows].tobytes())
    return digest.hexdigest()


class TrainingFile:
    """Keeps the state of one training in a file.

    Parameters
    ----------
    path : str or path-like
        The file; what it holds of another training is replaced.
    key : str
        By `training_key`.
    """

    def __init__(self, path: str | os.PathLike[str], key: str) -> None:
        self._path = check_output(path, overwrite=True)
        self._key = key

    def load(self) -> TrainingState | None:
        """Return the state in the file; None, with a warning, where it is damaged or of another training."""
        from amsd_astro.network.checkpoints import load_state

        try:
            with open(self._path, "rb") as file:
                state = load_state(file, key=self._key)
        except FileNotFoundError:
            return None
        except ModelError as error:
            warnings.warn(f"{self._path}: training begins anew: {error}", AmsdWarning, stacklevel=5)
            return None
        _log.info("%s: training goes on after %d steps", self._path, state.n_steps)
        return state

    def keep(self, state: TrainingState) -> None:
        """Write the state, whole or not at all; that it cannot be kept does not end a training."""
        from amsd_astro.network.checkpoints import save_state

        try:
            with new_file(self._path, overwrite=True) as file:
                save_state(file, state, key=self._key)
        except OSError as error:
            _log.warning("%s: the state of the training cannot be kept (%s)", self._path, error)
