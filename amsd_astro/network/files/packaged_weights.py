"""The weights that come with the package."""

from __future__ import annotations

import functools
import io
from importlib import resources

from amsd_astro.network.files.model_file import load_model
from amsd_astro.network.predictor import Predictor

__all__ = ["packaged_model"]


@functools.cache  # nobody writes on a model: all that ask for one may have the same
def packaged_model(name: str) -> Predictor:
    """Return a model with weights of the package.

    Parameters
    ----------
    name : str
        File in ``network/weights``.
    """
    content = resources.files("amsd_astro.network").joinpath("weights", name).read_bytes()
    return load_model(io.BytesIO(content), name=name)[0]
