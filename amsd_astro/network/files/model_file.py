"""Model files: settings and arrays in one ``.npz``, read without pickle and checked before use.

The array ``settings`` is JSON text as uint8; ``w000``, ``w001`` and so on are the weights, little-endian float32 in the
network's order, or float16 where no weight loses a digit by it. Nothing is compressed, so that no file grows when it
is read. `numpy.load` reads these files too.
"""

from __future__ import annotations

import json
import logging
import math
import re
import reprlib
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import ModelError
from amsd_astro.network.amsd.bands import N_BANDS
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.digests import digest_arrays
from amsd_astro.network.engines.lite import can_be_lite
from amsd_astro.network.files.array_archive import LARGEST_FILE, LARGEST_HEADER, Archive, pack_arrays, sufficient_type
from amsd_astro.network.files.saved_networks import NETWORKS, Architecture, Shape
from amsd_astro.version import __version__

if TYPE_CHECKING:
    from amsd_astro.network.predictor import Predictor

__all__ = ["check_answer", "load_model", "read_model", "save_model"]

_log = logging.getLogger(__name__)

_FORMAT = 5  # to be raised with every change of the settings, of a network or of the order of its weights
_PRECISIONS = {"float32": "<f4", "float16": "<f2"}
_SETTINGS, _LARGEST_SETTINGS = "settings.npy", 100_000  # bytes
_N_PROBED, _PROBE_TOLERANCE = 16, 0.05
_SHA256 = re.compile("[0-9a-f]{64}")
_KEY = re.compile("[0-9a-f]{16}")
_MOST_FRAMES = 2000  # that a file can name as those that its weights were trained on


def save_model(file: BinaryIO, model: Predictor, settings: dict[str, Any]) -> None:
    """Write a model; the same model and settings give the same bytes.

    Parameters
    ----------
    file : binary file
        Where to; written from front to back.
    model : Predictor
        The model.
    settings : dict
        What else is to be known of it; JSON types only. At least ``recipe`` and ``steps``, as `load_model` wants them;
        of ``frames``, keys of those that the weights were trained on, as many are written as a file can hold.

    Raises
    ------
    ModelError
        The model could not be loaded again: weights that are not finite, settings out of their range.
    """
    weights = [np.ascontiguousarray(weight, "<f4") for weight in model.get_weights()]
    if not all(np.isfinite(weight).all() for weight in weights):
        raise ModelError("the weights of a model must be finite to be saved. Received: NaN or infinity")
    stated = {
        **settings,
        **({"frames": settings["frames"][:_MOST_FRAMES]} if "frames" in settings else {}),
        "weights": sufficient_type(weights),
        "format": _FORMAT,
        "version": __version__,
        "architecture": {"name": settings.get("recipe"), **asdict(model.architecture)},
        "variance_scale": float(model.variance_scale),
        **model.describe(),
        "sha256": digest_arrays(weights),
        "probe": [float(f"{value:.4g}") for value in _probe(model.network, model.architecture)],
    }
    text = np.frombuffer(json.dumps(stated, sort_keys=True, allow_nan=False).encode(), np.uint8)
    stored = {_name(k): weight.astype(_PRECISIONS[stated["weights"]]) for k, weight in enumerate(weights)}
    content = pack_arrays({"settings": text, **stored})
    _read(content)
    file.write(content)


def load_model(
    file: BinaryIO, *, name: str, start: Callable[[], None] | None = None
) -> tuple[Predictor, dict[str, Any]]:
    """Read a model. Keras is loaded only when everything in the file has been checked.

    Parameters
    ----------
    file : binary file
        Where from.
    name : str
        What to call it in messages.
    start : callable, optional
        Called when the file has been checked, before the network is built; not where LiteRT can run it, and Keras may
        never be wanted.

    Returns
    -------
    Predictor, dict
        The model and its settings: ``recipe``, ``steps``, ``version`` (of the program that wrote it) and the rest.

    Raises
    ------
    ModelError
        It is damaged or no model of this program.
    """
    settings, architecture, weights = read_model(file, name=name)
    if start is not None and not (settings["recipe"] == "amsd" and can_be_lite(weights)):
        start()
    model = NETWORKS[settings["recipe"]].build(architecture, settings, weights)
    model = model.replaced(variance_scale=float(settings["variance_scale"]))
    model.check_network(partial(check_answer, architecture=architecture, stated=settings["probe"], name=name))
    _log.debug("%s: %s, written by amsd_astro %s", name, architecture, settings["version"])
    return model, settings


def read_model(file: BinaryIO, *, name: str) -> tuple[dict[str, Any], Architecture, list[NDArray[np.float32]]]:
    """Read what is in a model file, checked, without Keras.

    Parameters
    ----------
    file, name
        As for `load_model`.

    Returns
    -------
    dict, Architecture, list of ndarray
        Settings, sizes of the network, and its weights in Keras's order.

    Raises
    ------
    ModelError
        It is damaged or no model of this program.
    """
    try:
        return _read(file.read(LARGEST_FILE + 1))
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error


def check_answer(
    network: Callable[[NDArray[np.float32]], Any], architecture: Architecture, stated: list[float], *, name: str
) -> None:
    """Make sure that a network answers as it did when it was saved.

    Parameters
    ----------
    network : callable
        The network with the weights of the file.
    architecture
        Its sizes.
    stated : list of float
        The ``probe`` of its settings.
    name : str
        What to call the file in messages.

    Raises
    ------
    ModelError
        Its layers have another order here.
    """
    error = float(np.abs(_probe(network, architecture) - stated).max())
    if not error <= _PROBE_TOLERANCE * max(map(abs, stated)) + 1e-5:
        raise ModelError(
            f"{name}: the network must answer a test as it did when it was saved (its layers may have another order "
            f"here). Received: an answer that is off by {error:.3g}"
        )


def _name(k: int) -> str:
    return f"w{k:03d}"


def _probe(network: Callable[[NDArray[np.float32]], Any], architecture: Architecture) -> NDArray[np.float64]:
    """A few values of the network's answer to a fixed input: they show weights that went to the wrong layers.

    Two layers of one shape can change places in the network's order, with another version of Keras for instance.
    """
    side = 2 * architecture.stride
    n_channels = N_BANDS if isinstance(architecture, AmsdArchitecture) else architecture.n_channels
    k = np.arange(side * side * n_channels)
    values = (k * 7919 % 2003 / 1000 - 1).astype(np.float32).reshape(1, side, side, n_channels)
    answer = np.asarray(network(values), np.float64).ravel()
    return answer[np.linspace(0, answer.size - 1, _N_PROBED).astype(int)]


def _read(content: bytes) -> tuple[dict[str, Any], Architecture, list[NDArray[np.float32]]]:
    """Settings, architecture and weights of a file's content."""
    archive = Archive(content)
    size = archive.sizes.get(_SETTINGS)
    if size is None:
        found = reprlib.repr(sorted(archive.sizes))
        raise ModelError(f"a model file must hold an array named settings. Received: {found}")
    if size > _LARGEST_SETTINGS + LARGEST_HEADER:
        raise ModelError(f"settings must have at most {_LARGEST_SETTINGS} bytes. Received: {size}")
    settings = _settings(archive.read(_SETTINGS, "|u1", None, what="settings").tobytes())
    network = NETWORKS[settings["recipe"]]
    architecture = network.read(settings)
    shapes = network.shapes(architecture)
    kind = np.dtype(_PRECISIONS[settings.get("weights") or "float32"])
    _check_sizes(archive.sizes, shapes, kind)
    weights = []
    for k, shape in enumerate(shapes):
        weight = archive.read(f"{_name(k)}.npy", kind.str, shape, what=f"weight {k}").astype("<f4", copy=False)
        if not np.isfinite(weight).all():
            raise ModelError(f"weight {k} must be finite. Received: NaN or infinity")
        weights.append(weight)
    if (digest := digest_arrays(weights)) != settings["sha256"]:
        raise ModelError(f"the weights must have the SHA-256 {settings['sha256']}. Received: {digest}")
    return settings, architecture, weights


def _check_sizes(sizes: dict[str, int], shapes: list[Shape], kind: np.dtype[Any]) -> None:
    """Make sure of the names and sizes of the weights, before any is read."""
    names = [f"{_name(k)}.npy" for k in range(len(shapes))]
    missing = sorted({*names} - {*sizes})
    others = sorted({*sizes} - {*names, _SETTINGS})
    if missing or others:
        found = f"no {missing[0]}" if missing else f"also {reprlib.repr(others[0])}"
        raise ModelError(f"the members must be settings.npy and {names[0]} to {names[-1]}. Received: {found}")
    for k, (name, shape) in enumerate(zip(names, shapes, strict=True)):
        n_bytes = kind.itemsize * math.prod(shape)
        if not n_bytes < sizes[name] <= n_bytes + LARGEST_HEADER:
            raise ModelError(
                f"weight {k} must be {kind.name} of shape {shape}: {n_bytes} bytes and a header. "
                f"Received: {sizes[name]} bytes"
            )


def _settings(text: bytes) -> dict[str, Any]:
    """Settings of known format whose entries this program needs are as it needs them."""
    try:
        settings = json.loads(text.decode(), parse_constant=_refused_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"settings must be JSON text. Received: {str(error)[:100]}") from error
    if not isinstance(settings, dict):
        raise ModelError(f"settings must be a JSON object. Received: {reprlib.repr(settings)}")
    stated = settings.get("format")
    if type(stated) is not int or stated != _FORMAT:
        found = f"format {reprlib.repr(stated)}, written by amsd_astro {reprlib.repr(settings.get('version'))}"
        newer = type(stated) is int and stated > _FORMAT
        why = "a newer program wrote this file" if newer else "this file is older or not of this program"
        raise ModelError(f"amsd_astro {__version__} reads model files of format {_FORMAT}, {why}. Received: {found}")
    for key, (rule, holds) in _RULES.items():
        if not holds(settings.get(key)):
            raise ModelError(f"{key} must be {rule}. Received: {reprlib.repr(settings.get(key))}")
    if settings["architecture"].get("name") != settings["recipe"]:
        stated = reprlib.repr(settings["architecture"])
        raise ModelError(f"architecture must be the one of recipe {settings['recipe']!r}. Received: {stated}")
    return settings


def _refused_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key that stands twice")
    return dict(pairs)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e30


def _are_keys(value: Any) -> bool:
    """Whether these are frames that weights were trained on; files need not name them."""
    if value is None:
        return True
    return isinstance(value, list) and len(value) <= _MOST_FRAMES and all(map(_is_key, value))


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and bool(_KEY.fullmatch(value))


def _is_probe(value: Any) -> bool:
    return isinstance(value, list) and len(value) == _N_PROBED and all(map(_is_number, value))


_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "version": ("text", lambda value: isinstance(value, str) and len(value) <= 100),
    "recipe": (f"one of {', '.join(NETWORKS)}", lambda value: isinstance(value, str) and value in NETWORKS),
    "architecture": ("an object", lambda value: isinstance(value, dict)),
    "variance_scale": ("a positive number", lambda value: _is_number(value) and 0 < value < 1e6),
    "steps": ("a whole number of 0 to 1e9", lambda value: type(value) is int and 0 <= value <= 10**9),
    "frames": (f"a list of at most {_MOST_FRAMES} frames, 16 hexadecimal digits each", lambda value: _are_keys(value)),
    "repeats": ("true or false", lambda value: value is None or isinstance(value, bool)),
    "weights": ("float32 or float16", lambda value: value is None or value in [*_PRECISIONS]),
    "seed": ("a whole number, not negative", lambda value: value is None or (type(value) is int and value >= 0)),
    "sha256": ("64 hexadecimal digits", lambda value: isinstance(value, str) and bool(_SHA256.fullmatch(value))),
    "probe": (f"{_N_PROBED} numbers", _is_probe),
}
