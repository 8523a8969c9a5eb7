"""Targets of the noisy versions in a folder: what is left of each at a coarser scale."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import FrameError
from amsd_astro.frames import check_output
from amsd_astro.images.files import ending_of_like, images_by_stem, make_folder, read_image, version_of
from amsd_astro.images.npy_arrays import write_array
from amsd_astro.network.thesis.interpolation import SCALES, blurred, stacked_groups
from amsd_astro.version import __version__

if TYPE_CHECKING:
    from amsd_astro.progress import Progress

__all__ = ["Target", "target_of", "write_targets"]

_SMALLEST = max(factor for factor, _ in SCALES)


@dataclass(frozen=True)
class Target:
    """A file of a target.

    Attributes
    ----------
    source : Path
        The noisy version.
    path : Path
        The file.
    """

    source: Path
    path: Path


def target_of(
    noisy: NDArray[np.floating], version: int, *, groups: bool = False, registered: bool = False
) -> NDArray[np.float32]:
    """Make the target of a noisy version: shrunk by averaging, grown back by cubic convolution.

    Parameters
    ----------
    noisy : ndarray, shape (ny, nx, C)
        The noisy version, values of 0 to 1, at least 3 pixels on each side.
    version : int
        1, 2 or 3: shrunk by 2, 3 or 2, and grown with a = 1.2, 1.5 or 1.8.
    groups : bool, optional
        Stack the noisy version and all three such scales of it along the channels instead.
    registered : bool, optional
        As for `~amsd_astro.network.thesis.interpolation.blurred`.

    Returns
    -------
    ndarray of float32, shape (ny, nx, C), or (ny, nx, 4 C) with ``groups``
        Values can lie a little beyond 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro.images import target_of
    >>> target_of(np.full((32, 32, 1), 0.5, "f4"), 1).shape
    (32, 32, 1)
    """
    if not 1 <= version <= len(SCALES):
        raise ValueError(f"version must be 1 to {len(SCALES)}. Received: {version}")
    if groups:
        return stacked_groups(noisy, registered=registered)
    return blurred(noisy, *SCALES[version - 1], registered=registered)


def write_targets(
    folder: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    groups: bool = False,
    registered: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> list[Target]:
    """Write the target of each noisy version of a folder, under the same name.

    Parameters
    ----------
    folder : path-like
        Noisy versions, NAME_1, NAME_2 and NAME_3 for each image.
    output : path-like
        Folder for the targets, made if it is missing. They are files like the noisy versions, .npy with ``groups``.
    groups, registered : bool, optional
        As for `target_of`.
    overwrite : bool, optional
        Whether files may be replaced.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    list of Target
        In the order of the names.

    Raises
    ------
    FrameError
        The folder or an image cannot be used, or the name of one does not tell its version.
    OutputError
        An output exists or cannot be made.

    Examples
    --------
    >>> from amsd_astro.images import write_noisy, write_targets
    >>> versions = write_noisy("images", "noisy")
    >>> len(write_targets("noisy", "targets"))
    3
    """
    images = images_by_stem(folder)
    versions = {stem: version_of(path)[1] for stem, path in images.items()}
    directory = make_folder(output, inputs=[folder])
    planned = {stem: directory / f"{stem}{'.npy' if groups else ending_of_like(path)}" for stem, path in images.items()}
    for stem, path in images.items():
        check_output(planned[stem], overwrite=overwrite, source=path)
    for n_done, (stem, path) in enumerate(images.items(), 1):
        _write_target(path, versions[stem], planned[stem], groups=groups, registered=registered, overwrite=overwrite)
        if progress is not None:
            progress(n_done, len(images), "making targets")
    return [Target(path, planned[stem]) for stem, path in images.items()]


def _write_target(path: Path, version: int, target: Path, *, groups: bool, registered: bool, overwrite: bool) -> None:
    image = read_image(path)
    if min(image.values.shape[:2]) < _SMALLEST:
        rule = f"an image must have at least {_SMALLEST} pixels on each side to be shrunk"
        raise FrameError(f"{rule}. Received: {image.values.shape[1]} x {image.values.shape[0]}", path=path)
    values = target_of(image.values, version, groups=groups, registered=registered)
    if groups:
        write_array(values, target, overwrite=overwrite, source=path)
        return
    factor, a = SCALES[version - 1]
    history = f"amsd_astro {__version__}: shrunk by {factor}, grown with a = {a}"
    image.write(values, target, overwrite=overwrite, history=history)
