"""Files of masks and errors at addresses, which are those of many exposures: each is fetched once."""

from __future__ import annotations

import copy
from dataclasses import is_dataclass, replace
from typing import Any

from amsd_astro.remote.fetching import Fetches

__all__ = ["RemotePlanes"]

_NAMES = ("mask_file", "error_file")


class RemotePlanes:
    """Keeps what was fetched; in another process nothing is fetched yet."""

    def __init__(self) -> None:
        self._fetches = Fetches()

    def options(self, options: Any) -> Any:
        """Return options that name files of this machine.

        Parameters
        ----------
        options : Options or Namespace
            By the names of the command line.
        """
        local = {name: self._fetches.local(getattr(options, name)) for name in _NAMES}
        if all(local[name] is getattr(options, name) for name in _NAMES):
            return options
        if is_dataclass(options) and not isinstance(options, type):
            return replace(options, **local)
        changed = copy.copy(options)
        vars(changed).update(local)
        return changed
