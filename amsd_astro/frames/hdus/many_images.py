"""Results of several images of one file, which are kept on the disk one after another and written together."""

from __future__ import annotations

import contextlib
import os
import warnings
from dataclasses import replace

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.arrays.scratch import ScratchFile
from amsd_astro.errors import FrameError
from amsd_astro.fits.byte_streams import STRIPE
from amsd_astro.fits.hdu_bytes import Pieces
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.source import FrameSource
from amsd_astro.frames.splice import NewImage, new_image, splice
from amsd_astro.frames.writer import scan_again
from amsd_astro.remote.uploading import check_destination, new_output

__all__ = ["ManyImages"]


class ManyImages:
    """Denoised frames of one file. Memory holds one of them at a time."""

    def __init__(self) -> None:
        self._images: list[NewImage] = []
        self._sources: list[FrameSource] = []

    def __len__(self) -> int:
        return len(self._images)

    def add(self, frame: Frame) -> None:
        """Keep a result on the disk.

        Parameters
        ----------
        frame : Frame
            What was made of an image of the file.

        Raises
        ------
        FrameChangedError
            The file changed since the image was read.
        FrameError
            The frame is of another file, or of none.
        """
        source = frame.source
        if source is None or (self._sources and source.path != self._sources[0].path):
            raise FrameError("the frames must be images of one file.", path=None if source is None else source.path)
        with warnings.catch_warnings(), usual_float_errors():
            warnings.simplefilter("ignore")
            source.check_unchanged()
            file = scan_again(source)
            with contextlib.closing(file.stream):
                made = new_image(frame, source, file, sigma=True)
        ours = [(cards, _kept(pieces)) for cards, pieces in made.ours]
        self._images.append(replace(made, pieces=_kept(made.pieces), ours=ours))
        self._sources.append(source)

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the file with all that was added in the place of what it was made of.

        Parameters
        ----------
        path : str or path-like
            The output.
        overwrite : bool, optional
            Whether it may exist.

        Raises
        ------
        OutputExistsError, OutputError, FrameChangedError, OSError
            As for `write_frame`.
        """
        first = self._sources[0]
        target = check_destination(path, overwrite=overwrite, source=first.path)
        self._check_unchanged()
        file = scan_again(first)
        images = sorted(self._images, key=lambda image: image.hdu)
        with contextlib.closing(file.stream), new_output(target, overwrite=overwrite) as out:
            splice(images, file, out)
            self._check_unchanged()

    def _check_unchanged(self) -> None:
        for source in self._sources:
            source.check_unchanged()


def _kept(pieces: Pieces) -> Pieces:
    """Put the pieces of a data unit into a file without a name."""
    scratch = ScratchFile()
    for piece in pieces():
        scratch.append(piece)
    return lambda: scratch.pieces(STRIPE)
