"""The images of a folder: which files they are, what they are called, and how each is read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from amsd_astro.errors import FrameError, FrameNotFoundError, OutputError, OutputExistsError
from amsd_astro.images.fits_exposures import Exposure
from amsd_astro.images.image import Image
from amsd_astro.images.npy_arrays import ArrayImage
from amsd_astro.images.picture_files import ENDINGS as _PICTURES
from amsd_astro.images.picture_files import Picture

__all__ = [
    "ending_of_like",
    "find_images",
    "images_by_stem",
    "is_frame",
    "make_folder",
    "read_image",
    "stem_of",
    "version_of",
]

_FITS = re.compile(r"\.(fits|fit|fts)(\.gz|\.bz2|\.xz|\.fz)?\Z", re.IGNORECASE)
_ARRAY = ".npy"
_VERSION = re.compile(r"(.+)_([1-3])\Z", re.DOTALL)


def find_images(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the images of a folder, sorted by name.

    Parameters
    ----------
    folder : path-like
        PNG, TIFF, JPEG, FITS and .npy files count, by their names; hidden files and folders do not.

    Raises
    ------
    FrameError
        There is no such folder, or no image in it.

    Examples
    --------
    >>> from amsd_astro.images import find_images
    >>> [path.name for path in find_images("images")]
    ['star.npy']
    """
    try:
        found = [Path(folder, entry.name) for entry in os.scandir(folder) if not entry.is_dir()]
    except FileNotFoundError:
        raise FrameNotFoundError("no such folder.", path=folder) from None
    except NotADirectoryError:
        raise FrameError("must be a folder of images. Received: a file", path=folder) from None
    except (ValueError, OSError) as error:
        raise FrameError(f"the folder cannot be read ({error}).", path=folder) from error
    images = sorted(path for path in found if not path.name.startswith(".") and _ending(path))
    if not images:
        raise FrameError("the folder holds no image (PNG, TIFF, JPEG, FITS or .npy).", path=folder)
    return images


def _ending(path: Path) -> str:
    """The ending of an image's name, in lower case; empty for another file."""
    match = _FITS.search(path.name)
    if match:
        return match[0].lower()
    ending = path.suffix.lower()
    return ending if ending in _PICTURES or ending == _ARRAY else ""


def stem_of(path: Path) -> str:
    """Return the name of an image without its ending: M31 for M31.fits.gz."""
    return path.name[: len(path.name) - len(_ending(path))]


def is_frame(path: Path) -> bool:
    """Whether an image is a FITS file, by its name."""
    return _FITS.search(path.name) is not None


def ending_of_like(path: Path) -> str:
    """Return the ending of files made of an image: PNG of a JPEG, and FITS without packing."""
    ending = _ending(path)
    if is_frame(path):
        return ".fits.fz" if ending.endswith(".fz") else ".fits"
    return _PICTURES.get(ending, _ARRAY)


def images_by_stem(folder: str | os.PathLike[str]) -> dict[str, Path]:
    """Return the images of a folder by their stems, sorted by file name.

    Raises
    ------
    FrameError
        As `find_images`; or two have one stem, so that what is made of them would have one name.
    """
    images: dict[str, Path] = {}
    for path in find_images(folder):
        other = images.setdefault(stem_of(path), path)
        if other is not path:
            raise FrameError(f"must have another name than {other}, apart from the ending.", path=path)
    return images


def version_of(path: Path) -> tuple[str, int]:
    """Return whose version an image is, and which: M31 and 2 for M31_2.fits.

    Raises
    ------
    FrameError
        Its name does not tell.
    """
    match = _VERSION.match(stem_of(path))
    if match is None:
        raise FrameError("the name of a noisy version must end in _1, _2 or _3.", path=path)
    return match[1], int(match[2])


def read_image(path: str | os.PathLike[str]) -> Image:
    """Read an image.

    Parameters
    ----------
    path : path-like
        A PNG, TIFF, JPEG, FITS or .npy file, by its name.

    Returns
    -------
    Image
        Its values are float32 of shape (ny, nx, C), 0 to 1.

    Raises
    ------
    FrameError
        There is no such file, or it cannot be used; the message says why.

    Examples
    --------
    >>> from amsd_astro.images import read_image
    >>> image = read_image("images/star.npy")
    >>> image.values.shape
    (64, 64, 1)
    """
    path = Path(path)
    if is_frame(path):
        return Exposure.read(path)
    ending = _ending(path)
    if not ending:
        raise FrameError("is no PNG, TIFF, JPEG, FITS or .npy file by its name.", path=path)
    return ArrayImage.read(path) if ending == _ARRAY else Picture.read(path)


def make_folder(path: str | os.PathLike[str], *, inputs: Iterable[str | os.PathLike[str]]) -> Path:
    """Make a folder for outputs, with those above it, unless it is there.

    Parameters
    ----------
    path : path-like
        The folder.
    inputs : iterable of path-like
        Folders of inputs: outputs among them would be taken for inputs the next time.

    Raises
    ------
    OutputError
        It cannot be made, or is one of the inputs.
    """
    for other in inputs:
        if os.path.realpath(other) == os.path.realpath(path):
            raise OutputExistsError(f"{os.fspath(path)}: the output folder must be another than the folder of inputs.")
    try:
        os.makedirs(path, exist_ok=True)
    except FileExistsError:
        raise OutputError(f"{os.fspath(path)}: the output must be a folder. Received: a file") from None
    except (ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"{os.fspath(path)}: the folder cannot be made ({reason}).") from error
    return Path(path)
