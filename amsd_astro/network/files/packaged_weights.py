"""The weights that come with the package."""

from __future__ import annotations

import functools
import io
from importlib import resources

from amsd_astro.network.digests import fingerprint_of
from amsd_astro.network.files.model_file import load_model, read_model
from amsd_astro.network.predictor import Predictor

__all__ = ["packaged_fingerprint", "packaged_model"]


@functools.cache  # nobody writes on a model: all that ask for one may have the same
def packaged_model(name: str) -> Predictor:
    """Return a model with weights of the package.

    Parameters
    ----------
    name : str
        File in ``network/weights``.
    """
    return load_model(_content(name), name=name)[0]


@functools.cache
def packaged_fingerprint(name: str) -> str:
    """Return what the `fingerprint` of such a model is; no network is built for it.

    Parameters
    ----------
    name : str
        File in ``network/weights``.
    """
    settings, _, weights = read_model(_content(name), name=name)
    return fingerprint_of(weights, settings.get("shrinkage"))


def _content(name: str) -> io.BytesIO:
    return io.BytesIO(resources.files("amsd_astro.network").joinpath("weights", name).read_bytes())
