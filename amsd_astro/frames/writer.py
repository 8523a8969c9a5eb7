"""Writing a frame: the source's bytes spliced with the new pixels, or a new file for a frame that came from none.

Nothing that is written carries a date, so the same frame gives the same file.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings

import numpy as np
from astropy import units as u

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.errors import FrameChangedError, FrameError
from amsd_astro.fits.cards import card_keyword, find_card, make_card, merge_cards
from amsd_astro.fits.hdu_bytes import Pieces, stripes, write_hdu
from amsd_astro.fits.raw_hdus import RawFile
from amsd_astro.fits.scanning import scan
from amsd_astro.fits.world_coordinates import clean_header
from amsd_astro.frames.extensions.combination import COMBINED_KEYWORD
from amsd_astro.frames.extensions.result_hdus import ccd_hdus, our_hdus
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.source import FrameSource
from amsd_astro.frames.splice import float_cards, new_image, splice
from amsd_astro.remote.uploading import check_destination, new_output

__all__ = ["scan_again", "write_frame"]

_log = logging.getLogger(__name__)
_FILE_ONLY = re.compile(
    r"(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|GROUPS|EXTEND|NEXTEND|INHERIT|BSCALE|BZERO|BLANK|CHECKSUM|DATASUM|"
    r"TFIELDS|THEAP|ZIMAGE|ZCMPTYPE|ZBITPIX|ZNAXIS\d*|ZTILE\d+|ZQUANTIZ|ZDITHER0|END)\Z"
)


def write_frame(
    frame: Frame, path: str | os.PathLike[str], *, overwrite: bool = False, sigma: bool | None = None
) -> None:
    """Write a frame to a FITS file.

    A frame that was read from a file gives that file again: only the image's pixels, the cards that describe them and
    the cards edited on `frame.header` differ. Any other frame gives a new file: the image, and its mask and its
    uncertainty as MASK and UNCERT where it has them, as `~astropy.nddata.CCDData` writes them. The file appears whole
    or not at all.

    Parameters
    ----------
    frame : Frame
        Data of shape (ny, nx).
    path : str or path-like
        The output; .gz and .bz2 are packed. One at an address (s3://..., extra: remote) is uploaded when it is whole.
    overwrite : bool, optional
        Whether it may exist. The input is never overwritten.
    sigma : bool, optional
        Whether uncertainty and flags go into the extensions AMSD_SIGMA and AMSD_FLAGS, and the mask into the flags
        alone; by default where the header says that the frame is denoised (AMSDVERS) or several exposures' (AMSDNCOM).

    Raises
    ------
    OutputExistsError, OutputError
        The output exists or cannot be made.
    FrameChangedError
        The input is not the file that was read any more.
    FrameError
        A header card cannot be written, or the data have another shape than the image in the file.
    OSError
        The disk is full or fails.

    Examples
    --------
    >>> from amsd_astro import read_frame, write_frame
    >>> write_frame(read_frame("exposure.fits"), "copy.fits")
    >>> read_frame("copy.fits").shape
    (96, 96)
    """
    source = frame.source
    target = check_destination(path, overwrite=overwrite, source=None if source is None else source.path)
    for own in () if source is None else source.own_files:
        check_destination(path, overwrite=overwrite, source=own.path)
    if sigma is None:
        sigma = _has(frame, "AMSDVERS") or _has(frame, COMBINED_KEYWORD)
    with warnings.catch_warnings(), usual_float_errors():
        warnings.simplefilter("ignore")
        if source is None:
            parts = _new_parts(frame, sigma)
            with new_output(target, overwrite=overwrite) as out:
                for cards, pieces in parts:
                    write_hdu(out, cards, pieces)
        else:
            _check_shape(frame, source)
            source.check_unchanged()
            file = scan_again(source)
            with contextlib.closing(file.stream), new_output(target, overwrite=overwrite) as out:
                splice([new_image(frame, source, file, sigma=sigma)], file, out)
                source.check_unchanged()
    _log.debug("wrote %s", target)


def _has(frame: Frame, keyword: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return keyword in frame.header


def _check_shape(frame: Frame, source: FrameSource) -> None:
    if frame.data.shape != tuple(source.shape[-2:]):
        raise FrameError(
            f"the data must have the shape of the image in the file, {source.shape[-2:]}. Received: {frame.data.shape}",
            path=source.path,
            hdu=source.hdu,
        )


def scan_again(source: FrameSource) -> RawFile:
    """Find the image in the source again, and make sure it is the one that was read."""
    file = scan(source.path, warn=False)
    if file.stamp != source.stamp or source.hdu >= len(file.hdus) or file.hdus[source.hdu].cards != source.raw_cards:
        raise FrameChangedError("the input changed since it was read.", path=source.path)
    return file


def _new_parts(frame: Frame, sigma: bool) -> list[tuple[list[bytes], Pieces]]:
    """Return the HDUs of a file made from nothing."""
    if frame.data.ndim != 2 or 0 in frame.data.shape:
        raise FrameError(f"a frame to be written must have two axes. Received: shape {frame.data.shape}")
    dtype = np.dtype(np.float64 if frame.data.dtype.itemsize == 8 else np.float32)
    header = clean_header(frame.header)
    if frame.wcs is not None and "CTYPE1" not in header:
        header.extend(frame.wcs.to_header(relax=True), unique=True)
    cards = [
        run[i : i + 80]
        for run in merge_cards([], header)
        if not _FILE_ONLY.match(card_keyword(run))
        for i in range(0, len(run), 80)
    ]
    if find_card(cards, "BUNIT") is None and frame.unit != u.dimensionless_unscaled:
        cards.append(make_card("BUNIT", _unit_text(frame.unit), "unit of the pixels"))
    ours = our_hdus(frame, frame.data.shape, cards, 1, 0) if sigma else ccd_hdus(frame)
    n_y, n_x = frame.data.shape
    head = [
        make_card("SIMPLE", True, "conforms to FITS standard"),
        make_card("BITPIX", -8 * dtype.itemsize, "array data type"),
        make_card("NAXIS", 2, "number of array dimensions"),
        make_card("NAXIS1", n_x),
        make_card("NAXIS2", n_y),
    ]
    if ours:
        head.append(make_card("EXTEND", True, "extensions may be present"))
    data = frame.data
    return [(head + float_cards(cards, data), lambda: stripes(data, dtype)), *ours]


def _unit_text(unit: u.UnitBase) -> str:
    try:
        return str(unit.to_string("fits"))
    except Exception:  # noqa: BLE001 - units outside the standard are written in astropy's own way
        return str(unit.to_string())
