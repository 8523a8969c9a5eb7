"""Data sets with truth: the sample frames, ordinary images with noise added, all in their own units."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy.io import fits

from amsd_astro import Frame, read_frame
from amsd_astro.denoiser.preparation import prepare
from amsd_astro.errors import AmsdWarning
from amsd_astro.frames.noise import measure_noise
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.stabilization import Stabilizer
from benchmarks.peers.field import CleanField, Field

__all__ = ["SAMPLES", "Scene", "image_scenes", "natural_scene", "sample_scene", "true_sigma"]

SAMPLES = ("galaxy_field", "large_galaxy", "star_cluster")
_NATURAL = ("astronaut", "brick", "chelsea", "coffee", "coins", "grass", "gravel", "moon")
_SIDE = 256


@dataclass(frozen=True)
class Scene:
    """A data set: one noisy frame whose truth is known.

    Attributes
    ----------
    name : str
        Name of files and headings.
    frame : Frame
        The noisy frame; its mask tells the bad pixels.
    truth, sigma : ndarray, shape (ny, nx)
        What the frame is expected to be, and its true noise, both in its unit.
    noise : NoiseModel or None
        Of an ordinary image; None where it is measured on the frame.
    second : Frame or None
        Another exposure with independent noise.
    others : callable
        Returns other fields with truth.
    is_image : bool
        Whether it is an ordinary image of values from 0 to 1.
    sky : ndarray or None
        What the frame would be expected to be without sources; None: the lowest truth everywhere.
    """

    name: str
    frame: Frame
    truth: np.ndarray
    sigma: np.ndarray
    noise: NoiseModel | None = None
    second: Frame | None = None
    others: Callable[[], tuple[CleanField, ...]] = field(default=tuple)
    is_image: bool = False
    sky: np.ndarray | None = None

    @property
    def good(self) -> np.ndarray:
        """Pixels that are measured."""
        return ~self.frame.mask

    @property
    def signal(self) -> np.ndarray:
        """True S/N per pixel above the sky of a frame, the truth over the noise of an ordinary image."""
        lowest = 0.0 if self.is_image else float(self.truth.min())
        return (self.truth - (lowest if self.sky is None else self.sky)) / self.sigma

    @cached_property
    def model(self) -> NoiseModel:
        """Noise of the frame, as every method is told it."""
        return measure_noise(self.frame, stated=self.noise)

    @property
    def stabilizer(self) -> Stabilizer:
        """From the frame's unit to noise units."""
        return self.model.stabilizer()

    @cached_property
    def noisy(self) -> np.ndarray:
        """The frame in noise units, bad pixels filled."""
        return _in_noise_units(self.frame, self.model)

    @cached_property
    def key(self) -> str:
        """Name and first digits of a digest of the pixels."""
        digest = hashlib.sha256(np.ascontiguousarray(self.frame.data).tobytes() + self.truth.tobytes())
        return f"{self.name}_{digest.hexdigest()[:8]}"

    @cached_property
    def field(self) -> Field:
        """What the peers are given."""
        second = None if self.second is None else _in_noise_units(self.second, self.model)
        second_mask = None if self.second is None else self.second.mask
        return Field(self.noisy, self.frame.mask, second, second_mask, self.others())


def _in_noise_units(frame: Frame, noise: NoiseModel) -> np.ndarray:
    with warnings.catch_warnings():
        # the noise of an image is known: that its structure hides it is no news
        warnings.simplefilter("ignore", AmsdWarning)
        values = prepare(Frame(frame.data, mask=frame.mask), noise, seed=0).values
    assert values is not None
    return values


def true_sigma(truth: np.ndarray, header: fits.Header) -> np.ndarray:
    """Noise of a sample's pixels, in adu."""
    pedestal = header.get("PEDESTAL", 0.0)
    return np.sqrt((truth - pedestal) / header["GAIN"] + (header["RDNOISE"] / header["GAIN"]) ** 2)


def sample_scene(name: str, folder: Path) -> Scene:
    """One of the sample frames; the supervised peer learns from the other two."""
    truth = fits.getdata(folder / f"{name}_truth.fits").astype(float)
    frame, second = (read_frame(folder / f"{name}_{number}.fits") for number in (1, 2))

    def others() -> tuple[CleanField, ...]:
        return tuple(_sample_to_learn(other, folder) for other in SAMPLES if other != name)

    return Scene(name, frame, truth, true_sigma(truth, frame.header), second=second, others=others)


def _sample_to_learn(name: str, folder: Path) -> CleanField:
    """A sample's truth in noise units, and fresh exposures of it by the detector that its header tells."""
    truth = fits.getdata(folder / f"{name}_truth.fits").astype(float)
    frame = read_frame(folder / f"{name}_1.fits")
    stabilizer = measure_noise(frame).stabilizer()
    gain, read_noise, pedestal = (float(frame.header[key]) for key in ("GAIN", "RDNOISE", "PEDESTAL"))

    def expose(rng: np.random.Generator) -> np.ndarray:
        electrons = rng.poisson((truth - pedestal) * gain) + rng.normal(0, read_noise, truth.shape)
        return stabilizer.forward(np.round(electrons / gain + pedestal))

    return CleanField(stabilizer.expected(truth), expose)


def _gray(path: Path) -> np.ndarray:
    """Luminance of an image file, 0 to 1."""
    from PIL import Image

    with Image.open(path) as image:
        if image.mode in ("I", "I;16", "F"):
            values = np.asarray(image, np.float32)
            return values / (65535 if values.max() > 255 else 255 if values.max() > 1 else 1)
        return np.asarray(image.convert("L"), np.float32) / 255


def _image_scene(name: str, clean: np.ndarray, others: list[np.ndarray], sigma: float, seed: int) -> Scene:
    """An image with white noise; ``sigma`` in units of its values."""
    rng = np.random.default_rng([seed, 2])
    first, second = (clean + np.float32(sigma) * rng.standard_normal(clean.shape, dtype=np.float32) for _ in range(2))

    def to_learn() -> tuple[CleanField, ...]:
        return tuple(_image_to_learn(other, sigma) for other in others)

    return Scene(
        name,
        Frame(first),
        clean.astype(float),
        np.full(clean.shape, sigma),
        NoiseModel(0.0, sigma**2),
        Frame(second),
        to_learn,
        is_image=True,
    )


def _image_to_learn(clean: np.ndarray, sigma: float) -> CleanField:
    units = np.float32(clean / sigma)
    return CleanField(units, lambda rng: units + rng.standard_normal(units.shape, dtype=np.float32))


def image_scenes(folder: Path, sigma: float, seed: int) -> list[Scene]:
    """Every image of a folder with white noise; the supervised peer learns from the others of the folder."""
    endings = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)
    if not paths:
        raise SystemExit(f"{folder}: there is no image. Expected: {', '.join(endings)}")
    images = {path.stem: _gray(path) for path in paths}
    return [
        _image_scene(name, image, [other for key, other in images.items() if key != name], sigma, seed)
        for name, image in images.items()
    ]


def natural_scene(sigma: float, seed: int) -> Scene:
    """The camera man of scikit-image, averaged to 256 x 256; the supervised peer learns from others of its images."""
    from skimage import color, data

    clean = data.camera().astype(np.float32) / 255
    clean = clean.reshape(_SIDE, 2, _SIDE, 2).mean(axis=(1, 3))
    others = []
    for name in _NATURAL:
        image = getattr(data, name)()
        gray = color.rgb2gray(image) if image.ndim == 3 else image / 255
        ny, nx = (n // 2 * 2 for n in gray.shape)
        others.append(np.float32(gray[:ny, :nx].reshape(ny // 2, 2, nx // 2, 2).mean(axis=(1, 3))))
    return _image_scene("camera", clean, others, sigma, seed)
