"""How far a denoised frame is from the truth: error over noise in strata, PSNR and SSIM on one stretch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skimage.metrics import structural_similarity

from amsd_astro.network.thesis.normalization import Normalization
from benchmarks.scenes.frames_with_truth import Scene

__all__ = ["FEWEST", "STRATA", "Measured", "Ruler"]

STRATA = (("all", -np.inf, np.inf), ("< 0.1", -np.inf, 0.1), ("0.1-1", 0.1, 1), ("1-5", 1, 5), ("> 5", 5, np.inf))
FEWEST = 1000
"""Pixels of a stratum that is judged."""

_EQUAL = 1e-12  # mean squared error of values that are the same: 120 dB

Cut = tuple[slice, slice]
_WHOLE = (slice(None), slice(None))


@dataclass(frozen=True)
class Measured:
    """PSNR in dB, SSIM, and rms error over the true noise by stratum (those with too few pixels are left out)."""

    psnr: float
    ssim: float
    rms: dict[str, float]


class Ruler:
    """Measures results on one scene.

    PSNR is ``-10 log10(mean((u - v)**2))``, u and v the stretched result and truth, over good pixels. SSIM is that of
    Wang et al. (2004) by scikit-image with the Gaussian window of 1.5 pixels, averaged over good pixels; bad pixels are
    those of the truth in both. The stretch brings the noisy frame's pixels in noise units to 0..1 through asinh; the
    values of an ordinary image are clipped to 0..1 instead.

    Parameters
    ----------
    scene : Scene
        What is measured on.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._stretch = Normalization.over([scene.noisy], softening=1.0)
        self.truth = self.stretched(scene.truth)

    def stretched(self, values: np.ndarray) -> np.ndarray:
        """Values of the frame's unit as they are compared and shown, 0 to 1."""
        if self._scene.is_image:
            return np.clip(np.asarray(values, float), 0, 1)
        return self._stretch.forward(self._scene.stabilizer.forward(values)).astype(float)

    def level(self, n_sigma: float) -> float:
        """Stretched value of what lies so many noise widths above the sky (for a frame)."""
        return float(self._stretch.forward(np.float64(n_sigma)))

    def measure(self, values: np.ndarray, cut: Cut = _WHOLE) -> Measured:
        """Compare a result with the truth, on the whole frame or a part."""
        scene, good = self._scene, self._scene.good[cut]
        shown = np.where(scene.good, self.stretched(values), self.truth)
        _, similarity = structural_similarity(
            self.truth, shown, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0, full=True
        )
        squared = (shown - self.truth)[cut][good] ** 2
        error = ((np.asarray(values, float) - scene.truth) / scene.sigma)[cut]
        rms = {}
        for name, low, high in STRATA[:1] if scene.is_image else STRATA:
            chosen = good & (scene.signal[cut] >= low) & (scene.signal[cut] < high)
            if chosen.sum() >= FEWEST:
                rms[name] = float(np.sqrt(np.mean(error[chosen] ** 2)))
        return Measured(float(-10 * np.log10(max(squared.mean(), _EQUAL))), float(similarity[cut][good].mean()), rms)
