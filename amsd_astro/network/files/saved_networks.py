"""What the network of each recipe looks like in a model file: checked before Keras is loaded."""

from __future__ import annotations

import itertools
import math
import reprlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import ModelError
from amsd_astro.network.amsd.bands import N_BANDS
from amsd_astro.network.amsd.shrinkage import N_SHARES, Shrinkage
from amsd_astro.network.architectures import (
    GROUPS,
    MOST_CHANNELS,
    MOST_RESIDUALS,
    AmsdArchitecture,
    ThesisArchitecture,
    are_residuals,
)
from amsd_astro.network.thesis.normalization import Normalization

if TYPE_CHECKING:
    from amsd_astro.network.predictor import Predictor

__all__ = ["NETWORKS", "Architecture", "SavedNetwork", "Shape"]

Architecture = AmsdArchitecture | ThesisArchitecture
Shape = tuple[int, ...]
Weights = Sequence[NDArray[np.floating]]

_WIDTHS = range(4, 257)
_MOST_WIDTHS = 4  # the smallest blocks that a frame is judged by suit strides up to 16
_LARGEST_SHARE = 100


@dataclass(frozen=True)
class SavedNetwork:
    """What a recipe's network is in a file.

    Parameters
    ----------
    read : callable
        From the settings of a file to the architecture; raises ModelError where they are not as they must be.
    shapes : callable
        From the architecture to the shapes of the weights, in the order of the model's ``get_weights``.
    build : callable
        From the architecture, the settings and the weights to a model.
    """

    read: Callable[[dict[str, Any]], Architecture]
    shapes: Callable[[Any], list[Shape]]
    build: Callable[[Any, dict[str, Any], Weights], Predictor]


class _Shapes(list[Shape]):
    """Shapes of the weights of convolutions."""

    def convolution(self, n_in: int, n_out: int, size: int) -> int:
        """Add those of one; return the channels it gives."""
        self.extend([(size, size, n_in, n_out), (n_out,)])
        return n_out


def _amsd_architecture(settings: dict[str, Any]) -> AmsdArchitecture:
    stated = settings["architecture"]
    widths, detail, residuals = stated.get("widths"), stated.get("detail"), stated.get("residuals", [])
    is_whole = {"name", "widths", "detail"} <= set(stated) <= {"name", "widths", "detail", "residuals"}
    if not is_whole or not isinstance(widths, list) or not isinstance(residuals, list):
        raise ModelError(f"architecture must have widths, detail and residuals. Received: {reprlib.repr(stated)}")
    if not 1 <= len(widths) <= _MOST_WIDTHS:
        raise ModelError(f"architecture must have 1 to {_MOST_WIDTHS} widths. Received: {reprlib.repr(stated)}")
    if not are_residuals(residuals, len(widths)):
        limits = f"0 to {MOST_RESIDUALS}"
        raise ModelError(f"residuals must be whole numbers of {limits}, one a width. Received: {reprlib.repr(stated)}")
    if not all(type(width) is int and width in _WIDTHS for width in [*widths, detail]):
        limits = f"{_WIDTHS.start} to {_WIDTHS.stop - 1}"
        raise ModelError(f"widths and detail must be whole numbers of {limits}. Received: {reprlib.repr(stated)}")
    _shrinkage(settings)
    return AmsdArchitecture(tuple(widths), detail, tuple(residuals))


def _shrinkage(settings: dict[str, Any]) -> Shrinkage | None:
    stated = settings.get("shrinkage")
    if stated is None:
        return None
    if not isinstance(stated, list) or len(stated) != N_SHARES:
        raise ModelError(f"shrinkage must be {N_SHARES} numbers. Received: {reprlib.repr(stated)}")
    if not all(type(share) in (int, float) and abs(share) <= _LARGEST_SHARE for share in stated):
        raise ModelError(f"shrinkage must have numbers within {_LARGEST_SHARE}. Received: {reprlib.repr(stated)}")
    return Shrinkage(tuple(map(float, stated)))


def _amsd_model(architecture: AmsdArchitecture, settings: dict[str, Any], weights: Weights) -> Predictor:
    from amsd_astro.network.amsd.model import MultiscaleModel

    return MultiscaleModel(architecture, weights=weights, shrinkage=_shrinkage(settings), is_trained=True)


def _amsd_shapes(architecture: AmsdArchitecture) -> list[Shape]:
    """Shapes of the weights that `build_amsd` makes, in Keras's order."""
    shapes = _Shapes()

    def level(width: int, n_residuals: int) -> None:
        quarter = width // 4
        shapes.convolution(width, quarter, 1)
        shapes.convolution(width, width - 2 * quarter, 3)
        shapes.convolution(quarter, quarter, 5)
        shapes.convolution(width, quarter, 1)
        for _ in range(n_residuals):
            shapes.convolution(shapes.convolution(width, width - quarter, 3), width, 1)

    levels, detail = architecture.levels, architecture.detail
    shapes.convolution(N_BANDS, levels[0][0], 6)
    level(*levels[0])
    for (finer, _), (width, n_residuals) in itertools.pairwise(levels):
        shapes.convolution(finer, width, 3)
        level(width, n_residuals)
    for (coarser, _), (width, n_residuals) in itertools.pairwise(levels[::-1]):
        shapes.convolution(coarser, width, 1)
        level(width, n_residuals)
    shapes.extend([(2, 2, detail, levels[0][0]), (detail,)])  # of a transposed convolution
    shapes.convolution(detail + N_BANDS, detail, 3)
    shapes.convolution(2 * detail + N_BANDS, detail, 1)
    shapes.convolution(detail, 1, 1)  # noise
    shapes.convolution(detail, 1, 1)  # variance
    return shapes


def _thesis_architecture(settings: dict[str, Any]) -> ThesisArchitecture:
    stated = settings["architecture"]
    n_channels, n_groups = stated.get("n_channels"), stated.get("n_groups")
    if set(stated) != {"name", "n_channels", "n_groups"} or not all(type(n) is int for n in (n_channels, n_groups)):
        raise ModelError(f"architecture must have n_channels and n_groups. Received: {reprlib.repr(stated)}")
    if not 1 <= n_channels <= MOST_CHANNELS or n_groups not in GROUPS:
        rule = f"n_channels must be 1 to {MOST_CHANNELS}, n_groups one of {GROUPS}"
        raise ModelError(f"{rule}. Received: {n_channels}, {n_groups}")
    _normalization(settings)
    return ThesisArchitecture(n_channels, n_groups)


def _normalization(settings: dict[str, Any]) -> Normalization | None:
    stated = settings.get("stretch", {})
    if stated is None:
        return None
    if not isinstance(stated, dict) or set(stated) != {"softening", "low", "high"}:
        raise ModelError(f"stretch must have softening, low and high. Received: {reprlib.repr(stated)}")
    if not all(type(value) in (int, float) and math.isfinite(value) for value in stated.values()):
        raise ModelError(f"stretch must have finite numbers. Received: {reprlib.repr(stated)}")
    if not (0 < stated["softening"] < 1e6 and -100 < stated["low"] < stated["high"] < 100):
        raise ModelError(
            f"stretch must have a positive softening and -100 < low < high < 100. Received: {reprlib.repr(stated)}"
        )
    return Normalization(**stated)


def _thesis_model(architecture: ThesisArchitecture, settings: dict[str, Any], weights: Weights) -> Predictor:
    from amsd_astro.network.thesis.model import ThesisModel

    return ThesisModel(architecture, weights=weights, normalization=_normalization(settings))


def _thesis_shapes(architecture: ThesisArchitecture) -> list[Shape]:
    """Shapes of the weights that `build_thesis` makes, as its layers are made."""
    shapes = _Shapes()
    convolution, n_outputs = shapes.convolution, architecture.n_outputs

    def extraction(n_in: int) -> int:
        for size in (5, 3, 1):
            n_in = convolution(n_in, 64, size)
        for size in (3, 5, 7):
            convolution(64, 7, size)
        gates = convolution(21, n_outputs, 3)
        convolution(64, 32, 3)
        for _ in range(12):
            convolution(32, 32, 3)
        towers = convolution(128, n_outputs, 3)
        convolution(64, 128, 3)
        for _ in range(3):
            convolution(128, 128, 3)
        chain = convolution(384, 32, 3)
        return convolution(gates + towers + chain + 64, n_outputs, 3)

    def contraction(n_in: int, width: int) -> int:
        n_in = convolution(convolution(n_in, width, 3), width, 3)
        for share in (2, 4, 8):
            n_in = convolution(convolution(n_in, width // share, 3), width // share, 5)
        n_in = convolution(n_in, n_in, 1)
        for share in (4, 2, 1):
            n_in = convolution(2 * n_in, width // share, 1)
        return convolution(n_in, n_outputs, 1)

    n_in = convolution(convolution(convolution(architecture.n_channels, 64, 3), 32, 1), 16, 1)
    for width in (16, 32):
        n_in = convolution(extraction(n_in) + contraction(n_in, width), n_outputs, 1)
    return shapes


NETWORKS = {
    "amsd": SavedNetwork(_amsd_architecture, _amsd_shapes, _amsd_model),
    "thesis": SavedNetwork(_thesis_architecture, _thesis_shapes, _thesis_model),
}
"""By recipe."""
