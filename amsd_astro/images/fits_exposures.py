"""FITS frames as images: values of 0 to 1 in, files in the frame's own units out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsd_astro.errors import FrameError
from amsd_astro.frames import Frame, read_frame, refuse_mosaic, write_frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.images.image import Image
from amsd_astro.images.scale import Scale

__all__ = ["Exposure"]


@dataclass(frozen=True)
class Exposure(Image):
    """An image of a FITS file.

    Attributes
    ----------
    path, values
        As for `Image`, of one channel. Bad pixels are filled from their neighbours.
    frame : Frame
        The frame.
    scale : Scale
        From its units to the values.
    """

    path: Path
    values: NDArray[np.float32]
    frame: Frame
    scale: Scale

    @classmethod
    def read(cls, path: Path) -> Exposure:
        """Read a file, with the scale that its header records, else with one that is measured.

        Raises
        ------
        FrameError
            As `read_frame`; or the frame is the mosaic of a colour camera, or shows no noise.
        """
        frame = read_frame(path)
        try:
            scale = Scale.from_header(frame.header)
        except FrameError as error:
            raise FrameError(error.message, path=path) from None
        if scale is None:
            refuse_mosaic(frame)
            frame.noise = measure_noise(frame)
            scale = Scale.measure(frame, frame.noise)
        return cls(path, scale.forward(frame)[..., None], frame, scale)

    def write(
        self,
        values: NDArray[np.floating],
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        cards: Mapping[str, tuple[Any, str]] | None = None,
        history: str = "",
    ) -> None:
        """Write other values to a FITS file with the header and the HDUs of this one; see `Image.write`."""
        self.write_data(
            self.scale.inverse(values[..., 0]), path, overwrite=overwrite, cards=cards or {}, history=history
        )

    def write_data(
        self,
        data: NDArray[np.floating],
        path: str | os.PathLike[str],
        *,
        overwrite: bool,
        cards: Mapping[str, tuple[Any, str]],
        history: str,
    ) -> None:
        """Write other pixels, in the units of the frame.

        Parameters
        ----------
        data : ndarray, shape (ny, nx)
            The pixels; bad ones keep the value they have in the frame.
        path, overwrite, cards, history
            As for `Image.write`; the scale is recorded, too.
        """
        frame = self.frame
        pixels = np.where(frame.mask, frame.data, data).astype(frame.data.dtype)
        made = frame.with_arrays(pixels, None, None, None)
        for keyword, card in {**self.scale.cards(), **cards}.items():
            made.header.remove(keyword, ignore_missing=True, remove_all=True)
            made.header[keyword] = card
        if history:
            made.header.add_history(history)
        write_frame(made, path, overwrite=overwrite, sigma=False)
