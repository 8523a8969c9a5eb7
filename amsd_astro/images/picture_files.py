"""PNG, TIFF and JPEG files."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import AmsdWarning, FrameError, OutputError
from amsd_astro.fits.byte_streams import check_expansion
from amsd_astro.fits.output_file import check_output, new_file
from amsd_astro.images.image import Image, check_file, checked_values

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

__all__ = ["ENDINGS", "Picture"]

ENDINGS: Mapping[str, str] = {".png": ".png", ".jpg": ".png", ".jpeg": ".png", ".tif": ".tif", ".tiff": ".tif"}
"""Endings of such files, and of the files that are made of them: a JPEG would smooth the noise."""

# What is told by its content; a wrong name is common between the first two.
_FORMATS = {".png": ("PNG", "JPEG"), ".tif": ("TIFF",)}
_SAVED_AS = {".png": "PNG", ".tif": "TIFF"}
_LEVELS = {"uint8": 255, "uint16": 65535}
# Photographs, also smooth ones of low quality, are packed by less than a hundred; pictures of one colour by a thousand.
_MAX_EXPANSION = 200
_ALWAYS_ALLOWED = 32 * 1024 * 1024  # bytes
_TIFF_BITS = 258  # the tag of the bits of each channel


@dataclass(frozen=True)
class Picture(Image):
    """An image of 8 bits a channel, or a gray one of 16 bits or of floats.

    Attributes
    ----------
    path, values
        As for `Image`.
    kind : str
        How pixels are stored: "uint8", "uint16" or "float32".
    """

    path: Path
    values: NDArray[np.float32]
    kind: str

    @classmethod
    def read(cls, path: Path) -> Picture:
        """Read a file.

        Parameters
        ----------
        path : Path
            Palettes and CMYK become RGB, transparency is left out, and the orientation that a camera recorded is
            applied.

        Raises
        ------
        FrameError
            There is no such file, it is damaged, too large or animated, or holds something else.
        """
        pixels = _read_pixels(path)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        if pixels.dtype.kind == "f":
            return cls(path, checked_values(pixels.astype(np.float32), path), "float32")
        kind = pixels.dtype.name
        return cls(path, np.asarray(pixels / np.float32(_LEVELS[kind]), np.float32), kind)

    def write(
        self,
        values: NDArray[np.floating],
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        cards: Mapping[str, tuple[Any, str]] | None = None,
        history: str = "",
    ) -> None:
        """Write other values to a PNG or TIFF file; see `Image.write`."""
        from PIL import Image as Pillow

        saved_as = _SAVED_AS.get(Path(path).suffix.lower())
        if saved_as is None or (saved_as == "PNG" and self.kind == "float32"):
            endings = ".tif" if self.kind == "float32" else ".png or .tif"
            raise OutputError(f"{os.fspath(path)}: the name of an image of {self.kind} must end in {endings}.")
        target = check_output(path, overwrite=overwrite, source=self.path)
        pixels = np.asarray(values, np.float32)
        if self.kind in _LEVELS:
            pixels = np.rint(np.clip(pixels, 0, 1) * np.float32(_LEVELS[self.kind])).astype(self.kind)
        stored = io.BytesIO()  # Pillow goes back in a file, an output is written from front to back
        picture = Pillow.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        picture.save(stored, saved_as)
        with new_file(target, overwrite=overwrite) as file:
            file.write(stored.getbuffer())


def _read_pixels(path: Path) -> NDArray[Any]:
    """Return the pixels of a file as uint8, uint16 or floats, of shape (ny, nx) or (ny, nx, 3)."""
    from PIL import Image as Pillow
    from PIL import ImageOps, UnidentifiedImageError

    check_file(path)
    stored = path.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bombs too: large cameras have as many pixels
            with Pillow.open(io.BytesIO(stored), formats=_FORMATS[ENDINGS[path.suffix.lower()]]) as picture:
                _check_single(picture, path)
                deep = _is_deep(picture)
                n_channels = 3 if picture.mode in ("P", "PA") else len(picture.getbands())
                n_bytes = picture.width * picture.height * n_channels * (2 if deep else 1)
                check_expansion(n_bytes, len(stored), path, limit=_MAX_EXPANSION, allowed=_ALWAYS_ALLOWED)
                picture.load()
                ImageOps.exif_transpose(picture, in_place=True)
                pixels = _pixels_of(picture, path)
    except (FrameError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        formats = " or ".join(_FORMATS[ENDINGS[path.suffix.lower()]])
        raise FrameError(f"is no {formats} image, or is damaged.", path=path) from error
    except Exception as error:  # Pillow's errors are of a dozen kinds, OSError among them
        raise FrameError(f"the image cannot be read ({error or type(error).__name__}).", path=path) from error
    if deep and pixels.dtype == np.uint8:
        message = f"{path}: more than 8 bits a channel are read for gray images only; this one is reduced to 8 bits"
        warnings.warn(message, AmsdWarning, stacklevel=4)
    return pixels


def _check_single(picture: PillowImage, path: Path) -> None:
    # Cameras put a second, smaller picture into their JPEG files, which are then of the format MPO.
    n_images = 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)
    if n_images > 1:
        raise FrameError(f"must hold one image, no animation or pages. Received: {n_images}", path=path)


def _is_deep(picture: PillowImage) -> bool:
    """Whether the file has more than 8 bits a channel; known before it is decoded alone."""
    if picture.format == "PNG":
        return any(";16" in str(tile[3]) for tile in getattr(picture, "tile", ()))
    bits = getattr(picture, "tag_v2", {}).get(_TIFF_BITS, 8)
    return max(bits) > 8 if isinstance(bits, tuple) else bits > 8


def _pixels_of(picture: PillowImage, path: Path) -> NDArray[Any]:
    mode = picture.mode
    if mode == "F":
        return np.asarray(picture)
    if mode.startswith("I"):
        pixels = np.asarray(picture)
        if pixels.min() < 0 or pixels.max() > _LEVELS["uint16"]:
            raise FrameError(f"integers must be 0 to 65535. Received: {pixels.min()} to {pixels.max()}", path=path)
        return pixels.astype(np.uint16)
    return np.asarray(picture.convert("L" if mode in ("1", "L", "LA", "La") else "RGB"))
