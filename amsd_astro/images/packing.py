"""Noisy versions and targets in two arrays, which training maps into memory."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from amsd_astro.denoiser.pair_training import check_shapes, check_values
from amsd_astro.errors import FrameChangedError, FrameError
from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import check_output
from amsd_astro.images.files import images_by_stem, make_folder, read_image, version_of
from amsd_astro.images.fits_exposures import Exposure
from amsd_astro.images.image import Image
from amsd_astro.images.npy_arrays import map_array, write_array_head
from amsd_astro.network.architectures import GROUPS, MOST_CHANNELS, SMALLEST_IMAGE
from amsd_astro.network.thesis.noisy_versions import N_VERSIONS

if TYPE_CHECKING:
    from amsd_astro.progress import Progress

__all__ = ["NOISY", "TARGET", "PackedArrays", "open_pairs", "pack_pairs"]

NOISY, TARGET = "noisy.npy", "target.npy"

_SHOWN = 4  # files of different shapes that a message names

Shapes = Mapping[Path, tuple[int, ...]]


@dataclass(frozen=True)
class PackedArrays:
    """What was packed.

    Attributes
    ----------
    noisy, target : Path
        The files.
    noisy_shape, target_shape : tuple of int
        Their shapes, (3 n, ny, nx, channels).
    names : list of str
        The images, in the order of the arrays.
    """

    noisy: Path
    target: Path
    noisy_shape: tuple[int, ...]
    target_shape: tuple[int, ...]
    names: list[str]


def pack_pairs(
    noisy: str | os.PathLike[str],
    target: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    crop: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> PackedArrays:
    """Pack noisy versions and their targets into noisy.npy and target.npy.

    The arrays are float32 of shape (3 n, ny, nx, C), values clipped to 0..1; targets of stacked groups have 4 C
    channels. Versions of an image follow one another, images are sorted by name. One image is held at a time.

    Parameters
    ----------
    noisy, target : path-like
        Folders, with files NAME_1, NAME_2 and NAME_3 for each image in both.
    output : path-like
        Folder for the arrays, made if it is missing.
    crop : bool, optional
        Cut images of different sizes to the smallest, around their centres.
    overwrite : bool, optional
        Whether the arrays may be replaced.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    PackedArrays

    Raises
    ------
    FrameError
        A file cannot be used, has no partner, or differs from the others in size or channels.
    OutputError
        An output exists or cannot be made.

    Examples
    --------
    >>> from amsd_astro.images import pack_pairs, write_noisy, write_targets
    >>> versions, targets = write_noisy("images", "noisy"), write_targets("noisy", "targets")
    >>> pack_pairs("noisy", "targets", "packed").noisy_shape
    (3, 64, 64, 1)
    """
    names, pairs = _pairs_of(noisy, target)
    directory = make_folder(output, inputs=[noisy, target])
    outputs = [check_output(directory / name, overwrite=overwrite) for name in (NOISY, TARGET)]
    shapes: dict[Path, tuple[int, ...]] = {}
    for n_done, pair in enumerate(pairs, 1):
        shapes |= _checked_pair(pair)
        if progress is not None:
            progress(n_done, len(pairs), "looking at images")
    size = _common_size(shapes, crop=crop)
    n_channels = [_common_channels([pair[k] for pair in pairs], shapes) for k in (0, 1)]
    if n_channels[0] > MOST_CHANNELS:
        rule = f"images must have at most {MOST_CHANNELS} channels"
        raise FrameError(f"{rule}. Received: {n_channels[0]}", path=pairs[0][0])
    if n_channels[1] not in [n_groups * n_channels[0] for n_groups in GROUPS]:
        rule = f"targets must have the {n_channels[0]} channel(s) of the noisy images, or four times as many"
        raise FrameError(f"{rule}. Received: {n_channels[1]}", path=pairs[0][1])
    packed = [(len(pairs), *size, n) for n in n_channels]
    with new_file(outputs[0], overwrite=overwrite) as first, new_file(outputs[1], overwrite=overwrite) as second:
        for file, shape in zip((first, second), packed, strict=True):
            write_array_head(file, shape)
        for n_done, pair in enumerate(pairs, 1):
            for path, file in zip(pair, (first, second), strict=True):
                _append(file, path, shapes[path], size)
            if progress is not None:
                progress(n_done, len(pairs), "packing")
    return PackedArrays(directory / NOISY, directory / TARGET, packed[0], packed[1], names)


def _pairs_of(
    noisy: str | os.PathLike[str], target: str | os.PathLike[str]
) -> tuple[list[str], list[tuple[Path, Path]]]:
    """Return the names of the images, and each noisy version with its target."""
    folders = [images_by_stem(folder) for folder in (noisy, target)]
    for mine, others, other in ((folders[0], folders[1], target), (folders[1], folders[0], noisy)):
        for stem, path in mine.items():
            if stem not in others:
                raise FrameError(f"there is no image {stem} in {os.fspath(other)} to go with it.", path=path)
    versions: dict[str, dict[int, str]] = defaultdict(dict)
    for stem, path in folders[0].items():
        name, version = version_of(path)
        versions[name][version] = stem
    for name, stems in versions.items():
        missing = [str(k) for k in range(1, N_VERSIONS + 1) if k not in stems]
        if missing:
            path = folders[0][next(iter(stems.values()))]
            raise FrameError(f"all versions must be there. Missing: {name}_{missing[0]}", path=path)
    names = sorted(versions)
    ordered = [versions[name][k] for name in names for k in range(1, N_VERSIONS + 1)]
    return names, [(folders[0][stem], folders[1][stem]) for stem in ordered]


def _checked_pair(pair: tuple[Path, Path]) -> dict[Path, tuple[int, ...]]:
    noisy, target = (read_image(path) for path in pair)
    if noisy.values.shape[:2] != target.values.shape[:2]:
        sizes = f"{_size(target.values.shape)} and {_size(noisy.values.shape)}"
        raise FrameError(f"must have the size of {noisy.path}. Received: {sizes}", path=target.path)
    if isinstance(noisy, Exposure) and isinstance(target, Exposure) and noisy.scale != target.scale:
        raise FrameError(
            f"must have the scale that {noisy.path} has (the cards AMSDSLOP to AMSDHIGH).", path=target.path
        )
    return {image.path: image.values.shape for image in (noisy, target)}


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"


def _common_size(shapes: Shapes, *, crop: bool) -> tuple[int, int]:
    ny, nx = (min(shape[axis] for shape in shapes.values()) for axis in (0, 1))
    smallest = min(shapes, key=lambda path: min(shapes[path][:2]))
    if not crop:
        _refuse_different({path: _size(shape) for path, shape in shapes.items()}, "size, or be cropped to the smallest")
    if min(ny, nx) < SMALLEST_IMAGE:
        rule = f"images must have at least {SMALLEST_IMAGE} pixels on each side to be learned from"
        raise FrameError(f"{rule}. Received: {_size(shapes[smallest])}", path=smallest)
    return ny, nx


def _common_channels(paths: Iterable[Path], shapes: Shapes) -> int:
    counts = {path: shapes[path][2] for path in paths}
    _refuse_different({path: f"{n} channel(s)" for path, n in counts.items()}, "number of channels")
    return next(iter(counts.values()))


def _refuse_different(kinds: Mapping[Path, str], what: str) -> None:
    """Name the first file of each kind where there are several."""
    firsts: dict[str, Path] = {}
    for path, kind in kinds.items():
        firsts.setdefault(kind, path)
    if len(firsts) > 1:
        named = [f"{path}: {kind}" for kind, path in list(firsts.items())[:_SHOWN]]
        more = ", ..." if len(firsts) > _SHOWN else ""
        raise FrameError(f"all images must have one {what}. Received: {', '.join(named)}{more}")


def _append(file: BinaryIO, path: Path, shape: tuple[int, ...], size: tuple[int, int]) -> None:
    image: Image = read_image(path)
    if image.values.shape != shape:
        raise FrameChangedError("the image changed while images were packed.", path=path)
    rows, columns = (slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(shape, size, strict=False))
    file.write(np.ascontiguousarray(np.clip(image.values[rows, columns], 0, 1), "<f4").data)


def open_pairs(folder: str | os.PathLike[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Map the arrays that `pack_pairs` wrote into memory.

    Parameters
    ----------
    folder : path-like
        With noisy.npy and target.npy.

    Returns
    -------
    ndarray of float32, shape (3 n, ny, nx, C)
        Noisy versions, for reading.
    ndarray of float32, shape (3 n, ny, nx, C) or (3 n, ny, nx, 4 C)
        Targets.

    Raises
    ------
    FrameError
        The arrays are missing or damaged, or no pairs to learn from.

    Examples
    --------
    >>> from amsd_astro.images import open_pairs, pack_pairs, write_noisy, write_targets
    >>> versions, targets = write_noisy("images", "noisy"), write_targets("noisy", "targets")
    >>> packed = pack_pairs("noisy", "targets", "packed")
    >>> [array.shape for array in open_pairs("packed")]
    [(3, 64, 64, 1), (3, 64, 64, 1)]
    """
    paths = Path(folder, NOISY), Path(folder, TARGET)
    noisy, target = (map_array(path) for path in paths)
    try:
        check_shapes(noisy, target)
    except ValueError as error:
        raise FrameError(str(error), path=folder) from None
    for path, array in zip(paths, (noisy, target), strict=True):
        try:
            check_values(array, path.stem)
        except ValueError as error:
            raise FrameError(str(error), path=path) from None
    return noisy, target
