"""How well a model denoises ordinary images: noise of known strength added, PSNR and SSIM before and after."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import FrameError, ModelError
from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import check_output
from amsd_astro.images.files import images_by_stem, make_folder, read_image
from amsd_astro.images.fits_exposures import Exposure
from amsd_astro.images.image import Image
from amsd_astro.images.noisy import image_generator
from amsd_astro.images.panels import Panel, side_by_side
from amsd_astro.images.similarity import SMALLEST, psnr, ssim
from amsd_astro.network.thesis.noisy_versions import with_white_noise

if TYPE_CHECKING:
    from amsd_astro.denoiser import Denoiser
    from amsd_astro.progress import Progress

__all__ = ["MEAN", "SCORES", "SIGMAS", "Score", "ScoringPlan", "mean_scores", "plan_scoring", "score_images"]

SCORES = "scores.csv"
SIGMAS = (10.0, 30.0, 50.0)
"""Noise that is added where nothing else is asked for, in 255ths of the range of values."""

MEAN = "(mean)"
"""What stands in the place of an image's name for the mean over all."""

_LONGEST_NAME = 32  # characters that fit under a small image


@dataclass(frozen=True)
class Score:
    """What a model made of one image with noise of one strength.

    Attributes
    ----------
    image : str
        File name of the image, or "(mean)".
    sigma : float
        Noise that was added, in 255ths.
    psnr_noisy, ssim_noisy : float
        Of the noisy image, clipped to 0..1; PSNR in dB.
    psnr, ssim : float
        Of the denoised image, clipped to 0..1.
    """

    image: str
    sigma: float
    psnr_noisy: float
    ssim_noisy: float
    psnr: float
    ssim: float


@dataclass(frozen=True)
class ScoringPlan:
    """What is to be scored and written, checked before a model is loaded.

    Attributes
    ----------
    images : list of Path
        The images.
    sigmas : tuple of float
        Strengths of the noise.
    pictures : dict of (Path, float) to Path
        The picture of each image and strength.
    table : Path
        The file of scores.
    overwrite : bool
        Whether files may be replaced.
    """

    images: list[Path]
    sigmas: tuple[float, ...]
    pictures: dict[tuple[Path, float], Path]
    table: Path
    overwrite: bool


def plan_scoring(
    folder: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    sigmas: Sequence[float] = SIGMAS,
    overwrite: bool = False,
) -> ScoringPlan:
    """Make sure that a folder can be scored.

    Parameters
    ----------
    folder : path-like
        Images without noise: PNG, TIFF, JPEG, FITS and .npy files.
    output : path-like
        Folder for scores.csv and the pictures, NAME_sigma30.png; made if it is missing.
    sigmas : sequence of float, optional
        Noise to add, in 255ths of the range of values.
    overwrite : bool, optional
        Whether files may be replaced.

    Raises
    ------
    FrameError
        The folder cannot be used.
    OutputError
        An output exists or cannot be made.

    Examples
    --------
    >>> from amsd_astro.images import plan_scoring
    >>> plan_scoring("images", "scores", sigmas=[25.0]).sigmas
    (25.0,)
    """
    images = images_by_stem(folder)
    directory = make_folder(output, inputs=[folder])
    chosen = tuple(dict.fromkeys(float(sigma) for sigma in sigmas))
    pictures = {
        (path, sigma): directory / f"{stem}_sigma{sigma:g}.png" for stem, path in images.items() for sigma in chosen
    }
    for (path, _), picture in pictures.items():
        check_output(picture, overwrite=overwrite, source=path)
    check_output(directory / SCORES, overwrite=overwrite)
    return ScoringPlan(list(images.values()), chosen, pictures, directory / SCORES, overwrite)


def score_images(
    plan: ScoringPlan, denoiser: Denoiser, *, seed: int = 0, progress: Progress | None = None
) -> list[Score]:
    """Denoise images with noise added, and write scores and pictures.

    Parameters
    ----------
    plan : ScoringPlan
        By `plan_scoring`.
    denoiser : Denoiser
        With a trained model of any recipe.
    seed : int, optional
        Seed of the noise; that of an image does not depend on the others.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    list of Score
        By image, then by strength.

    Raises
    ------
    FrameError
        An image cannot be used.
    ModelError
        The model takes other images.

    Examples
    --------
    >>> from amsd_astro import Denoiser
    >>> from amsd_astro.images import plan_scoring, score_images
    >>> plan = plan_scoring("images", "scores", sigmas=[25.0])
    >>> (score,) = score_images(plan, Denoiser(mode="fast"))
    >>> score.psnr > score.psnr_noisy
    True
    """
    scores: list[Score] = []
    for path in plan.images:
        image = read_image(path)
        if min(image.values.shape[:2]) < SMALLEST:
            rule = f"an image must have at least {SMALLEST} pixels on each side to be scored"
            raise FrameError(f"{rule}. Received: {image.values.shape[1]} x {image.values.shape[0]}", path=path)
        for sigma in plan.sigmas:
            score, panels = _scored(image, sigma, denoiser, seed)
            target = check_output(plan.pictures[path, sigma], overwrite=plan.overwrite, source=path)
            with new_file(target, overwrite=plan.overwrite) as file:
                file.write(side_by_side(panels))
            scores.append(score)
            if progress is not None:
                progress(len(scores), len(plan.pictures), "testing")
    _write_table(scores + mean_scores(scores), plan)
    return scores


def _scored(image: Image, sigma: float, denoiser: Denoiser, seed: int) -> tuple[Score, list[Panel]]:
    clean = np.clip(image.values, 0, 1)
    noisy = with_white_noise(clean, sigma, image_generator(seed, f"{image.path.name} {sigma:g}"))
    try:
        denoised = np.clip(denoiser.denoise_image(noisy, sigma=sigma / 255), 0, 1)
    except ModelError as error:
        raise ModelError(f"{image.path}: {error}") from error
    score = Score(
        image.path.name, sigma, psnr(noisy, clean), ssim(noisy, clean), psnr(denoised, clean), ssim(denoised, clean)
    )
    panels = [
        Panel(["original", _printable(image.path.name)], _upright(clean, image)),
        Panel([f"noisy, sigma {sigma:g}", _figures(score.psnr_noisy, score.ssim_noisy)], _upright(noisy, image)),
        Panel(["denoised", _figures(score.psnr, score.ssim)], _upright(denoised, image)),
    ]
    return score, panels


def _printable(name: str) -> str:
    text = "".join(char if char.isprintable() else "?" for char in name)
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 3]}..."


def _upright(values: NDArray[np.float32], image: Image) -> NDArray[np.float32]:
    """The first row of a FITS frame is the lowest one."""
    return values[::-1] if isinstance(image, Exposure) else values


def _figures(decibels: float, likeness: float) -> str:
    return f"{decibels:.2f} dB, SSIM {likeness:.3f}"


def mean_scores(scores: Sequence[Score]) -> list[Score]:
    """Return the mean over images for each strength of the noise."""
    means = []
    for sigma in dict.fromkeys(score.sigma for score in scores):
        rows = [(s.psnr_noisy, s.ssim_noisy, s.psnr, s.ssim) for s in scores if s.sigma == sigma]
        means.append(Score(MEAN, sigma, *(float(value) for value in np.mean(rows, axis=0))))
    return means


def _write_table(scores: Sequence[Score], plan: ScoringPlan) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "sigma", "psnr_noisy", "ssim_noisy", "psnr", "ssim"])
    for s in scores:
        figures = [f"{value:.4f}" for value in (s.psnr_noisy, s.ssim_noisy, s.psnr, s.ssim)]
        writer.writerow([s.image, f"{s.sigma:g}", *figures])
    target = check_output(plan.table, overwrite=plan.overwrite)
    with new_file(target, overwrite=plan.overwrite) as file:
        file.write(text.getvalue().encode("utf-8", "surrogateescape"))
