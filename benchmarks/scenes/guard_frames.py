"""Frames whose noise is not what denoising is told, or cannot be told: adaptation must not make such a frame worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from amsd_astro import Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.model import NoiseModel
from amsd_astro.simulation import Resampling
from benchmarks.scenes.frames_with_truth import sample_scene

__all__ = ["GUARDS", "GuardFrame", "guard_frame"]

_FOLDER = Path(__file__).resolve().parents[2] / "data_samples"
_SIDE = 320
_SEED = 3


@dataclass(frozen=True)
class GuardFrame:
    """A frame, its truth and true noise (without what is wrong with it), and the noise model that is stated or None."""

    frame: Frame
    truth: np.ndarray
    sigma: np.ndarray
    noise: NoiseModel | None

    def error(self, result: np.ndarray) -> float:
        """Root of the mean squared error over the true noise, of good pixels."""
        error = (np.asarray(result, float) - self.truth) / self.sigma
        return float(np.sqrt(np.mean(error[~self.frame.mask] ** 2)))


def guard_frame(name: str) -> GuardFrame:
    """Return one of `GUARDS`: a corner of the sample galaxy_field that something is wrong with.

    Parameters
    ----------
    name : str
        Which.
    """
    scene = sample_scene("galaxy_field", _FOLDER)
    corner = (slice(0, _SIDE), slice(0, _SIDE))
    data = np.asarray(scene.frame.data, float)[corner]
    plain = GuardFrame(
        Frame(data.astype(np.float32), mask=scene.frame.mask[corner], header=scene.frame.header),
        scene.truth[corner],
        scene.sigma[corner],
        None,
    )
    return GUARDS[name](plain)


def _right(plain: GuardFrame) -> GuardFrame:
    return plain


def _misstated(plain: GuardFrame, factor: float) -> GuardFrame:
    model = measure_noise(plain.frame)
    return replace(plain, noise=_scaled(model, factor**2))


def _scaled(model: NoiseModel, factor: float) -> NoiseModel:
    return replace(
        model, slope=model.slope * factor, floor=model.floor * factor, sky_variance=model.sky_variance * factor
    )


def _hidden_correlation(plain: GuardFrame) -> GuardFrame:
    """Resampled, the width of the noise stated but not its correlation."""
    resampling = Resampling("bilinear", (_SIDE - 8, _SIDE - 8), shift=(3.5, 3.5))
    used = tuple(slice(0, side) for side in resampling.input_shape)
    data, truth = (resampling.apply(np.asarray(image[used], float)) for image in (plain.frame.data, plain.truth))
    variance = resampling.variance(plain.sigma[used] ** 2)
    share = float(np.mean(variance / plain.sigma[4:-4, 4:-4] ** 2))
    frame = Frame(data.astype(np.float32), mask=resampling.spread(plain.frame.mask[used]), header=plain.frame.header)
    return GuardFrame(frame, truth, np.sqrt(variance), _scaled(measure_noise(plain.frame), share))


def _changed(plain: GuardFrame, change: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]) -> GuardFrame:
    sky = float(np.sqrt(measure_noise(plain.frame).sky_variance))
    data = change(np.asarray(plain.frame.data, float), sky, np.random.default_rng(_SEED))
    return replace(plain, frame=Frame(data.astype(np.float32), mask=plain.frame.mask, header=plain.frame.header))


GUARDS: dict[str, Callable[[GuardFrame], GuardFrame]] = {
    "noise as it is": _right,
    "noise stated 10 % low": lambda plain: _misstated(plain, 0.9),
    "noise stated 10 % high": lambda plain: _misstated(plain, 1.1),
    "hidden correlation": _hidden_correlation,
    "steps of 1 sigma": lambda plain: _changed(plain, lambda data, sky, rng: np.round(data / sky) * sky),
    "rows, 0.3 sigma": lambda plain: _changed(
        plain, lambda data, sky, rng: data + rng.normal(0, 0.3 * sky, (len(data), 1))
    ),
    "fixed pattern, 0.4 sigma": lambda plain: _changed(
        plain, lambda data, sky, rng: data + rng.normal(0, 0.4 * sky, data.shape)
    ),
}
"""By name, what is done to the plain frame."""
