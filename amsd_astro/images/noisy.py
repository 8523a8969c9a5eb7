"""Noisy versions of the images of a folder: three of each, with the noise of the thesis recipe."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame, check_output, refuse_denoised
from amsd_astro.frames.noise import measure_noise
from amsd_astro.images.files import ending_of_like, images_by_stem, is_frame, make_folder, read_image
from amsd_astro.images.fits_exposures import Exposure
from amsd_astro.images.image import Image
from amsd_astro.network.thesis.noisy_versions import N_VERSIONS, draw_sigmas, with_white_noise
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.unit_noise import UnitNoise
from amsd_astro.version import __version__

if TYPE_CHECKING:
    from amsd_astro.progress import Progress

__all__ = ["NOISES", "NoisyVersion", "image_generator", "noisy_versions", "with_detector_noise", "write_noisy"]

NOISES = ("white", "detector")

_SIGMA_OF_ONE = 50.0  # the drawn sigma at which detector noise is as strong as what the frame has already


@dataclass(frozen=True)
class NoisyVersion:
    """A file with noise added.

    Attributes
    ----------
    source : Path
        The image that it was made of.
    path : Path
        The file.
    sigma : float
        Strength of the noise: in 255ths of the values' range, or, of a detector, in 50ths of the frame's own.
    """

    source: Path
    path: Path
    sigma: float


def image_generator(seed: int, stem: str) -> np.random.Generator:
    """Return the random numbers of one image: its name counts, not what else is in the folder."""
    return np.random.default_rng([seed, zlib.crc32(os.fsencode(stem))])


def noisy_versions(
    image: NDArray[np.floating], rng: np.random.Generator
) -> tuple[list[float], list[NDArray[np.float32]]]:
    """Make the three noisy versions of an image.

    Parameters
    ----------
    image : ndarray, shape (ny, nx, C)
        Values of 0 to 1.
    rng : numpy.random.Generator
        Where sigmas and noise come from.

    Returns
    -------
    list of float
        The sigma of each, in 255ths, of the ranges 40..90, 50..100 and 30..80.
    list of ndarray of float32
        The versions, clipped to 0..1.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.images import noisy_versions
    >>> sigmas, versions = noisy_versions(np.full((32, 32, 1), 0.5, "f4"), np.random.default_rng(0))
    >>> len(sigmas), versions[0].shape
    (3, (32, 32, 1))
    """
    sigmas = draw_sigmas(rng)
    return sigmas, [with_white_noise(image, sigma, rng) for sigma in sigmas]


def with_detector_noise(
    frame: Frame, noise: NoiseModel, strength: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Add noise like a frame's own: as strong where the signal is strong, and of the same correlation.

    Parameters
    ----------
    frame : Frame
        The frame, never changed.
    noise : NoiseModel
        Its noise.
    strength : float
        Width of what is added, over that of the noise in the frame.
    rng : numpy.random.Generator
        Where the noise comes from.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
        Pixels in the units of the frame; those of masked pixels mean nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro import NoiseModel, read_frame
    >>> from amsd_astro.images import with_detector_noise
    >>> frame, noise = read_frame("exposure.fits"), NoiseModel(0.6, -600.0, sky=1330.0)
    >>> noisier = with_detector_noise(frame, noise, 1.0, np.random.default_rng(0))
    >>> bool(noisier[~frame.mask].std() > frame.data[~frame.mask].std())
    True
    """
    stabilizer = noise.stabilizer()
    values = stabilizer.forward(np.where(frame.mask, noise.sky, frame.data))
    drawn = UnitNoise(noise.correlation).draw(rng, values.shape)
    return stabilizer.undo(values + np.float32(strength) * drawn)


def write_noisy(
    folder: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    seed: int = 0,
    noise: str = "white",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> list[NoisyVersion]:
    """Write three noisy versions of each image of a folder.

    Parameters
    ----------
    folder : path-like
        PNG, TIFF, JPEG, FITS and .npy files.
    output : path-like
        Folder for NAME_1, NAME_2 and NAME_3, made if it is missing. They are files like the image; a JPEG gives PNG.
    seed : int, optional
        Seed of sigmas and noise.
    noise : {"white", "detector"}, optional
        White noise on the values of 0 to 1; or noise like that of the detector, for FITS frames.
    overwrite : bool, optional
        Whether files may be replaced.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    list of NoisyVersion
        In the order of the images' names, then of the versions.

    Raises
    ------
    FrameError
        The folder or an image cannot be used, or is no FITS file where it must be.
    OutputError
        An output exists or cannot be made.

    Examples
    --------
    >>> from amsd_astro.images import write_noisy
    >>> [version.path.name for version in write_noisy("images", "noisy")]
    ['star_1.npy', 'star_2.npy', 'star_3.npy']
    """
    if noise not in NOISES:
        raise ValueError(f"noise must be one of {', '.join(NOISES)}. Received: {noise!r}")
    images = images_by_stem(folder)
    for path in images.values():
        if noise == "detector" and not is_frame(path):
            raise FrameError("must be a FITS file to be given noise of its detector.", path=path)
    directory = make_folder(output, inputs=[folder])
    planned = {
        stem: [directory / f"{stem}_{k}{ending_of_like(path)}" for k in range(1, N_VERSIONS + 1)]
        for stem, path in images.items()
    }
    for stem, targets in planned.items():
        for target in targets:
            check_output(target, overwrite=overwrite, source=images[stem])
    made: list[NoisyVersion] = []
    for n_done, (stem, path) in enumerate(images.items(), 1):
        made += _write_versions(read_image(path), planned[stem], image_generator(seed, stem), noise, overwrite)
        if progress is not None:
            progress(n_done, len(images), "adding noise")
    return made


def _write_versions(
    image: Image, targets: list[Path], rng: np.random.Generator, noise: str, overwrite: bool
) -> list[NoisyVersion]:
    if isinstance(image, Exposure):
        refuse_denoised(image.frame, cure="the exposure itself")
    if noise == "detector":
        assert isinstance(image, Exposure)
        return _write_detector_versions(image, targets, rng, overwrite)
    sigmas, versions = noisy_versions(image.values, rng)
    for sigma, values, target in zip(sigmas, versions, targets, strict=True):
        cards = {"AMSDSIGM": (round(sigma, 6), "white noise added, in 255ths of AMSDLOW to AMSDHIGH")}
        image.write(values, target, overwrite=overwrite, cards=cards, history=_history("white noise"))
    return [NoisyVersion(image.path, *version) for version in zip(targets, sigmas, strict=True)]


def _write_detector_versions(
    image: Exposure, targets: list[Path], rng: np.random.Generator, overwrite: bool
) -> list[NoisyVersion]:
    model = image.frame.noise or measure_noise(image.frame)
    sigmas = draw_sigmas(rng)
    for sigma, target in zip(sigmas, targets, strict=True):
        data = with_detector_noise(image.frame, model, sigma / _SIGMA_OF_ONE, rng)
        cards = {"AMSDSIGM": (round(sigma, 6), "noise like its own added, in 50ths of its width")}
        image.write_data(data, target, overwrite=overwrite, cards=cards, history=_history("noise like its own"))
    return [NoisyVersion(image.path, *version) for version in zip(targets, sigmas, strict=True)]


def _history(what: str) -> str:
    return f"amsd_astro {__version__}: {what} added, see AMSDSIGM"
