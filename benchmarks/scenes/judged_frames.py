"""What quality is judged on: the unseen frames, the samples told their true noise, and one exposure against others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from astropy.io import fits
from scipy.ndimage import gaussian_filter

from amsd_astro import read_frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.model import NoiseModel
from benchmarks.scenes.frames_with_truth import SAMPLES, Scene, sample_scene
from benchmarks.scenes.sharp_frames import SHARP, sharp_scene
from benchmarks.scenes.unseen_frames import UNSEEN, unseen_scene

__all__ = ["FRAMES", "Repeat", "frame_scene", "read_repeat", "repeat_names"]

FRAMES = (*UNSEEN, *SAMPLES, *SHARP)
"""Names of the frames with truth: the unseen ones, the samples, then the sharp ones."""

_SAMPLE_FOLDER = Path(__file__).resolve().parents[2] / "data_samples"


def frame_scene(name: str) -> Scene:
    """A frame with truth, its true noise beside it (what the peers are told)."""
    if name in UNSEEN:
        return unseen_scene(name)
    if name in SHARP:
        return sharp_scene(name)
    scene = sample_scene(name, _SAMPLE_FOLDER)
    gain, read_noise, pedestal = (float(scene.frame.header[key]) for key in ("GAIN", "RDNOISE", "PEDESTAL"))
    level = measure_noise(scene.frame).sky
    floor = (read_noise / gain) ** 2 - pedestal / gain
    return replace(scene, noise=NoiseModel(1 / gain, floor, level))


@dataclass(frozen=True)
class Repeat:
    """One exposure of a field with others.

    Attributes
    ----------
    scene : Scene
        The exposure; its `truth` is the mean of the others, which has noise too, its `noise` is measured on it.
    folder : Path
        Where it lies.
    sigma, sigma_others : float
        Noise of the exposure and of the mean of the others.
    halves : (ndarray, ndarray) or None
        Means of two halves of the others, whose noise is independent.
    compared : ndarray of bool
        Pixels that all exposures have.
    zones : dict
        The pixels "sky" and "faint", by the smoothed reference.
    """

    scene: Scene
    folder: Path
    sigma: float
    sigma_others: float
    halves: tuple[np.ndarray, np.ndarray] | None
    compared: np.ndarray
    zones: dict[str, np.ndarray]


def repeat_names(folder: Path) -> list[str]:
    """Names of the sets in ``folder / "repeats"``."""
    return sorted(path.name for path in (folder / "repeats").iterdir() if path.is_dir())


def _image(path: Path) -> np.ndarray:
    with fits.open(path) as hdus:
        return next(np.asarray(hdu.data, float) for hdu in hdus if hdu.is_image and hdu.data is not None)


def read_repeat(folder: Path) -> Repeat:
    """Read a set: T.fits, R.fits and MASK.fits, RA.fits and RB.fits where there are halves."""
    exposure, others, mask = (_image(folder / f"{name}.fits") for name in ("T", "R", "MASK"))
    header = fits.getheader(folder / "T.fits")
    sigma, sigma_others = float(header["SIGT"]), float(header["SIGR"])
    frame = read_frame(folder / "T.fits")
    # a reference as noisy as the exposure chooses its zones together with it
    both = (exposure + others) / 2 if sigma_others > 0.5 * sigma else others
    level = gaussian_filter(both, 1.5) / sigma
    compared = mask == 0
    halves = None
    if (folder / "RA.fits").exists():
        halves = _image(folder / "RA.fits"), _image(folder / "RB.fits")
        compared &= (halves[0] != 0) & (halves[1] != 0)
    zones = {"sky": compared & (np.abs(level) < 0.5), "faint": compared & (level >= 0.5) & (level < 5)}
    scene = Scene(folder.name, frame, others, np.full(others.shape, sigma), measure_noise(frame))
    return Repeat(scene, folder, sigma, sigma_others, halves, compared, zones)
