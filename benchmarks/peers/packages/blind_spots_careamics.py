"""Noise2Void (Krull et al. 2019) and N2V2 (Hoeck et al. 2022), by their authors' package ``careamics``.

Everything is the package's own default for a single image, with patches of 64 x 64 pixels in batches of 16 and 100
epochs, as its authors run it on single fields (careamics-reproducibility, Convallaria): 0.2 % of a patch's pixels
hidden, window of 11 pixels, a U-Net of depth 2 with 32 channels, Adam at the package's rate, lowered on a plateau, all
flips and turns, 8 patches held out, the last weights kept.
"""

from __future__ import annotations

import importlib.machinery
import logging
import sys
import tempfile
import time
import types
import warnings
from typing import Any

import numpy as np

__all__ = ["noise2void"]

_STRIDE = 8  # a whole image must be a multiple of the network's: mirrored at its end, cut again
_WHOLE = 1024  # pixels on a side up to which the image is predicted in one piece
_TILE, _OVERLAP = (256, 256), (48, 48)  # those of the package's guides


def _stand_in_for_torchvision() -> None:
    """Let careamics be imported without torchvision, of which it uses one crop, in a network that is not run here."""
    try:
        import torchvision  # noqa: F401
    except ImportError:
        import torchmetrics  # noqa: F401 - looks for the real one, and does well without it

        names = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
        modules: list[Any] = [types.ModuleType(name) for name in names]
        for name, module in zip(names, modules, strict=True):
            module.__spec__ = importlib.machinery.ModuleSpec(name, None)
            sys.modules[name] = module
        modules[0].__version__ = "0"
        modules[0].transforms, modules[1].functional = modules[1:]


def _quiet() -> None:
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")


def noise2void(
    values: np.ndarray,
    *,
    version2: bool,
    n_epochs: int = 100,
    patch: int = 64,
    batch: int = 16,
    seed: int = 0,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Train on the field itself, then denoise it.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        Field in noise units.
    version2 : bool
        N2V2 instead of Noise2Void.
    n_epochs, patch, batch : int
        Times that every patch is seen, pixels on a side of a patch, patches in a batch.
    seed : int
        Seed of everything random.
    """
    start = time.perf_counter()
    _quiet()
    _stand_in_for_torchvision()
    from careamics import CAREamist
    from careamics.config import create_advanced_n2v_config

    imported = time.perf_counter()
    config = create_advanced_n2v_config(
        "peer",
        "array",
        "YX",
        [patch, patch],
        batch,
        num_epochs=n_epochs,
        use_n2v2=version2,
        num_workers=0,  # patches of an array in memory: other processes would only cost
        trainer_params={"enable_model_summary": False},
        seed=seed + 1,  # it takes no zero
    )
    with tempfile.TemporaryDirectory() as folder:
        careamist = CAREamist(config, work_dir=folder, enable_progress_bar=False)
        careamist.train(train_data=values)
        trained = time.perf_counter()
        result = _predicted(careamist, values)
    told = {
        "epochs": n_epochs,
        "seconds_importing": imported - start,
        "seconds_training": trained - imported,
        "seconds_predicting": time.perf_counter() - trained,
    }
    return result, told


def _predicted(careamist: Any, values: np.ndarray) -> np.ndarray:
    """The whole field in one piece, or in the tiles of the package."""
    ny, nx = values.shape
    if max(ny, nx) > _WHOLE:
        made, _ = careamist.predict(values, data_type="array", tile_size=_TILE, tile_overlap=_OVERLAP, batch_size=1)
    else:
        padded = np.pad(values, [(0, -ny % _STRIDE), (0, -nx % _STRIDE)], mode="symmetric")
        made, _ = careamist.predict(padded, data_type="array")
    return np.squeeze(np.asarray(made[0]))[:ny, :nx]
