"""Model files: settings and arrays in one ``.npz``, read without pickle and checked before use."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy as np

from amsd_astro.errors import ModelError
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.model import MultiscaleModel

__all__ = ["load_model", "save_model"]

_FORMAT = 1
_LARGEST_SETTINGS = 1_000_000  # bytes
_LARGEST_WIDTH = 1024
_MOST_WIDTHS = 8


def save_model(file: BinaryIO, model: MultiscaleModel, settings: dict[str, Any]) -> None:
    """Write a model.

    Parameters
    ----------
    file : binary file
        Where to.
    model : MultiscaleModel
        The model.
    settings : dict
        What else is to be known of it; JSON types only.
    """
    stated = {
        **settings,
        "format": _FORMAT,
        "architecture": asdict(model.architecture),
        "variance_scale": model.variance_scale,
    }
    arrays: dict[str, Any] = {f"w{k:03d}": weight for k, weight in enumerate(model.get_weights())}
    text = np.frombuffer(json.dumps(stated, sort_keys=True).encode(), np.uint8)
    np.savez(file, settings=text, **arrays)


def load_model(file: BinaryIO, *, name: str) -> tuple[MultiscaleModel, dict[str, Any]]:
    """Read a model.

    Parameters
    ----------
    file : binary file
        Where from.
    name : str
        What to call it in messages.

    Returns
    -------
    MultiscaleModel, dict
        The model and its settings.

    Raises
    ------
    ModelError
        It is damaged or no model of this program.
    """
    try:
        with np.load(file, allow_pickle=False) as stored:
            settings = _settings(stored, name)
            model = MultiscaleModel(_architecture(settings, name))
            model.set_weights(_weights(stored, model, name))
    except ModelError:
        raise
    except Exception as error:  # a damaged archive raises what it likes
        raise ModelError(f"{name}: a model file must be an .npz made by this program. Received: {error}") from error
    scale = settings.get("variance_scale")
    if not isinstance(scale, (int, float)) or not 0 < scale < 1e6:
        raise ModelError(f"{name}: variance_scale must be a positive number. Received: {scale}")
    model.variance_scale = float(scale)
    n_steps = settings.get("steps")
    if type(n_steps) is not int or n_steps < 0:
        raise ModelError(f"{name}: steps must be a whole number, not negative. Received: {n_steps}")
    return model, settings


def _settings(stored: Any, name: str) -> dict[str, Any]:
    if "settings" not in stored.files:
        raise ModelError(f"{name}: a model file must hold an array named settings. Received: {stored.files[:4]}")
    text = stored["settings"]
    if text.dtype != np.uint8 or text.ndim != 1 or text.size > _LARGEST_SETTINGS:
        raise ModelError(f"{name}: settings must be text. Received: {text.dtype}, shape {text.shape}")
    settings = json.loads(text.tobytes().decode())
    if not isinstance(settings, dict) or settings.get("format") != _FORMAT:
        raise ModelError(f"{name}: the format must be {_FORMAT}. Received: {str(settings)[:80]}")
    return settings


def _architecture(settings: dict[str, Any], name: str) -> AmsdArchitecture:
    stated = settings.get("architecture")
    widths: Any = stated.get("widths") if isinstance(stated, dict) else None
    known = isinstance(stated, dict) and set(stated) == {"widths"} and isinstance(widths, list)
    if not known or not 1 <= len(widths) <= _MOST_WIDTHS:
        raise ModelError(f"{name}: the architecture is not one this version knows. Received: {stated}")
    if not all(type(n) is int and 4 <= n <= _LARGEST_WIDTH for n in widths):
        raise ModelError(f"{name}: widths must be whole numbers of 4 to {_LARGEST_WIDTH}. Received: {widths}")
    return AmsdArchitecture(tuple(widths))


def _weights(stored: Any, model: MultiscaleModel, name: str) -> list[np.ndarray]:
    weights = []
    for k, expected in enumerate(model.get_weights()):
        weight = stored[f"w{k:03d}"]
        if weight.shape != expected.shape or weight.dtype != np.float32 or not np.all(np.isfinite(weight)):
            raise ModelError(
                f"{name}: weight {k} must be finite float32 of shape {expected.shape}. "
                f"Received: {weight.dtype}, shape {weight.shape}"
            )
        weights.append(weight)
    return weights
