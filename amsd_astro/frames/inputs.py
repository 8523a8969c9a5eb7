"""The one place where the many things a caller may pass become a frame."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.nddata import NDData, StdDevUncertainty
from astropy.utils.masked import Masked
from astropy.wcs import WCS

from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.arrays.foreign_arrays import refuse_lazy
from amsd_astro.errors import AmsdWarning, FrameError, NoiseWarning
from amsd_astro.fits.hdu_selection import Extension, choose_hdu
from amsd_astro.fits.overscan import overscan_of_header
from amsd_astro.fits.planes.choice import PlaneChoice
from amsd_astro.fits.planes.errors import ErrorKind, to_deviation
from amsd_astro.fits.units import parse_unit
from amsd_astro.fits.world_coordinates import clean_header, short_header
from amsd_astro.frames.described_pixels import as_header, kept_noise
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.hdus.beside import Beside
from amsd_astro.frames.hdus.pixels import blank_of, check_structure, pixels_of
from amsd_astro.frames.hdus.planes import IMAGE_HDUS, beside_hdu, beside_in_list, outline
from amsd_astro.frames.masks import bool_mask
from amsd_astro.frames.reader import read_frame
from amsd_astro.frames.unknown_errors import with_errors

__all__ = ["as_frame"]


def as_frame(
    obj: Any,
    *,
    ext: Extension | None = None,
    mask: Any = None,
    mask_ext: Extension | None = None,
    mask_bits: int | None = None,
    error_ext: Extension | None = None,
    error_kind: ErrorKind | None = None,
    mask_file: str | os.PathLike[str] | None = None,
    error_file: str | os.PathLike[str] | None = None,
    companions: bool = False,
) -> Frame:
    """Make a frame of what was passed; the object itself is never changed.

    Parameters
    ----------
    obj : path, HDU, HDUList, ndarray, Quantity, NDData, CCDData or Frame
        An image of two axes (others of length one aside). Masked arrays and quantities, numpy's or astropy's, keep
        their mask; where an uncertainty is no positive number, the pixel is masked.
    ext : int, str or tuple, optional
        The HDU, for a path or an HDUList; see `read_frame`.
    mask : ndarray, optional
        True, or not 0, where a pixel is bad, shape (ny, nx); added to the mask the object has.
    mask_ext, mask_bits, error_ext, error_kind : optional
        Planes of a path or an HDUList; see `read_frame`.
    mask_file, error_file, companions : optional
        Files of their own beside a path; see `read_frame`.

    Returns
    -------
    Frame
        A new frame. Where its data are those of `obj` they are a view that cannot be written to.

    Raises
    ------
    FrameError
        The object holds no image that can be used.
    TypeError
        It is of another kind, such as an array of dask, xarray or torch, or `ext` or a plane is named for something
        without HDUs.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro import as_frame
    >>> pixels = np.ones((4, 5), "f4")
    >>> as_frame(pixels, mask=pixels > 2).shape
    (4, 5)
    """
    choice: dict[str, Any] = {
        "mask_ext": mask_ext,
        "mask_bits": mask_bits,
        "error_ext": error_ext,
        "error_kind": error_kind,
    }
    files = {"mask_file": mask_file, "error_file": error_file, "companions": companions or None}
    with usual_float_errors():
        if isinstance(obj, (str, os.PathLike)):
            frame = read_frame(
                obj, ext=ext, **choice, mask_file=mask_file, error_file=error_file, companions=companions
            )
        elif isinstance(obj, fits.HDUList):
            name = obj.filename() or "HDUList"
            hdu = _choose(obj, ext, name=name)
            _refuse(files, "files", type(obj).__name__)
            planes = PlaneChoice(mask_ext, mask_bits, error_ext, error_kind)
            beside = lambda: beside_in_list(obj, hdu, pixels_of, name=name, choice=planes)  # noqa: E731
            frame = _from_hdu(hdu, lambda: (beside(), obj[0].header))
        else:
            _refuse({"ext": ext, **choice}, "files and HDULists", type(obj).__name__)
            _refuse(files, "files", type(obj).__name__)
            frame = _from_object(obj)
        if mask is not None:
            frame.mask = frame.mask | bool_mask(mask, frame.data.shape)
        if frame.mask.all():
            raise FrameError("the image has no valid pixel: every one is NaN, infinite or masked.")
        return frame


def _refuse(options: Mapping[str, Any], meant_for: str, received: str) -> None:
    """Refuse options that are of no meaning for what was passed."""
    for name, value in options.items():
        if value is not None:
            raise TypeError(f"{name} is for {meant_for}. Received: {received}")


def _from_object(obj: Any) -> Frame:
    maker: Callable[[Any], Frame]
    if isinstance(obj, IMAGE_HDUS):
        return _from_hdu(obj, lambda: beside_hdu(obj))
    elif isinstance(obj, Frame):
        maker = _from_frame
    elif isinstance(obj, NDData):
        maker = _from_nddata
    elif isinstance(obj, np.ndarray):
        maker = _from_array
    else:
        refuse_lazy(obj, "the image")
        raise TypeError(
            "a frame is made of a path, HDU, HDUList, ndarray, Quantity, NDData, CCDData or Frame. "
            f"Received: {type(obj).__name__}"
        )
    return maker(obj)


def _plane(data: Any) -> np.ndarray:
    """Return pixels with two axes, native floats, sharing memory where possible but not writable then."""
    array = np.asarray(data)
    if array.ndim > 2 and math.prod(array.shape[:-2]) == 1:
        array = array.reshape(array.shape[-2:])
    if array.ndim != 2:
        raise FrameError(f"an image must have two axes (ny, nx). Received: shape {array.shape}")
    if 0 in array.shape:
        raise FrameError(f"an axis of the image has no length. Received: shape {array.shape}")
    if array.dtype.kind not in "fiub":
        raise FrameError(f"pixels must be real numbers. Received: dtype {array.dtype}")
    pixels: np.ndarray = Frame(array).data
    view = pixels.view()
    if np.shares_memory(view, array):
        view.flags.writeable = False
    return view


def _from_array(array: np.ndarray) -> Frame:
    """Make a frame of an ndarray, a Quantity, or a masked one of numpy's or astropy's."""
    given: Any = False
    if isinstance(array, Masked):
        given, array = np.asarray(array.mask), array.unmasked
    unit = array.unit if isinstance(array, u.Quantity) else u.dimensionless_unscaled
    values = array.value if isinstance(array, u.Quantity) else array
    if isinstance(values, np.ma.MaskedArray):
        given = np.ma.getmaskarray(values)
    data = _plane(np.ma.getdata(values))
    mask = given if given is False else given.reshape(data.shape)
    return Frame(data, mask=~np.isfinite(data) | mask, unit=unit)


def _from_frame(frame: Frame) -> Frame:
    new = frame.with_arrays(_plane(frame.data), frame.uncertainty, frame.flags, kept_noise(frame))
    new.mask = bad_pixels(new.data, new.mask)
    if frame.source is None:  # of a file's planes the reader has seen to it
        deviation = _deviation(frame, new.data.shape)
        new.uncertainty = deviation
        new.mask |= _without_error(deviation)
    return new


def _from_nddata(nddata: NDData) -> Frame:
    refuse_lazy(nddata.data, "the image")
    data = _plane(nddata.data)
    mask = bool_mask(nddata.mask, (data.shape[0], data.shape[1]))
    if getattr(nddata, "flags", None) is not None:
        warnings.warn("the flags are not used: what is bad is to be in the mask.", AmsdWarning, stacklevel=4)
    wcs = getattr(nddata.wcs, "low_level_wcs", nddata.wcs)
    if wcs is not None and not isinstance(wcs, WCS):
        warnings.warn(f"a WCS of type {type(wcs).__name__} is not used.", AmsdWarning, stacklevel=4)
        wcs = None
    deviation = _deviation(nddata, data.shape)
    header = as_header(nddata.meta, True)
    mask = mask | overscan_of_header(header, (data.shape[0], data.shape[1]))
    return Frame(
        data,
        uncertainty=deviation,
        mask=mask | ~np.isfinite(data) | _without_error(deviation),
        unit=nddata.unit,
        wcs=None if wcs is None else wcs.deepcopy(),
        header=header,
    )


def _deviation(nddata: NDData, shape: tuple[int, ...]) -> StdDevUncertainty | None:
    """Return the uncertainty as a standard deviation in the unit of the data, NaN where it has no positive value."""
    if nddata.uncertainty is None or nddata.uncertainty.array is None:
        return None
    refuse_lazy(nddata.uncertainty.array, "the uncertainty")
    try:
        with np.errstate(all="ignore"):  # of zeros, and what is no number
            converted = nddata.uncertainty.represent_as(StdDevUncertainty)
            values = np.asarray(converted.array, dtype=np.float64)
        if converted.unit is not None and converted.unit != nddata.unit:
            values = values * converted.unit.to(nddata.unit or u.dimensionless_unscaled)
    except Exception as error:  # noqa: BLE001 - unknown kinds of uncertainty are left out
        warnings.warn(f"the uncertainty is not used ({error}).", NoiseWarning, stacklevel=5)
        return None
    if values.shape != shape and values.shape != np.shape(nddata.data):
        raise FrameError(f"uncertainty must have the shape of the image, {shape}. Received: {values.shape}")
    deviation = to_deviation(values.reshape(shape), "sigma")
    if np.isnan(deviation).all():
        warnings.warn("the uncertainty holds no positive value and is not used.", NoiseWarning, stacklevel=5)
        return None
    return StdDevUncertainty(deviation, copy=False)


def _without_error(deviation: StdDevUncertainty | None) -> Any:
    """Where an uncertainty tells that a pixel is not to be used."""
    return False if deviation is None else np.isnan(deviation.array)


def _choose(hdus: fits.HDUList, ext: Extension | None, *, name: str) -> Any:
    """Return the HDU of an HDUList that holds the image; the rule is that for files."""
    try:
        len(hdus)  # reads all headers: of a list that is damaged, or whose file is closed, that fails
        found = outline(hdus, name=name)
    except MemoryError:
        raise
    except Exception as error:
        raise FrameError(f"the HDUs cannot be read ({str(error)[:200] or type(error).__name__}).", path=name) from error
    return hdus[choose_hdu(found, ext).index]


def _from_hdu(hdu: Any, find_beside: Callable[[], tuple[Beside | None, fits.Header | None]]) -> Frame:
    """Make a frame of an HDU, what lies beside it, and the header of the primary HDU."""
    if not isinstance(hdu, IMAGE_HDUS):
        raise FrameError(f"the HDU holds no image. Received: {type(hdu).__name__}", hdu=getattr(hdu, "name", None))
    header = hdu.header.copy()
    try:
        check_structure(hdu)
        pixels = pixels_of(hdu)
    except (FrameError, MemoryError):
        raise
    except Exception as error:
        raise FrameError(f"the pixels cannot be read ({error}).", hdu=hdu.name) from error
    if pixels is None:
        raise FrameError("the HDU has a header but no pixels.", hdu=hdu.name)
    data = _plane(pixels)
    bad = ~np.isfinite(data)
    cleaned = clean_header(short_header(header))
    blank = blank_of(hdu, cleaned.get("BLANK"), pixels)
    if blank is not None:
        bad |= np.reshape(pixels == blank, data.shape)
        data = np.where(bad, np.array(np.nan, data.dtype), data)
    beside, primary = find_beside()
    deviation = flags = None
    if beside is None:
        bad |= overscan_of_header(header, (data.shape[0], data.shape[1]))
    else:
        bad |= beside.mask
        deviation, flags = beside.deviation, beside.flags
    unit = _text(cleaned.get("BUNIT")) or _unit_text_of(primary)
    frame = Frame(
        data,
        uncertainty=None if deviation is None else StdDevUncertainty(deviation, copy=False),
        mask=bad,
        flags=flags,
        header=header,
        unit=parse_unit(unit),
        primary=None if primary is None or primary is hdu.header else primary.copy(),
    )
    unknown = None if beside is None or bad.all() else beside.unknown_errors
    return frame if unknown is None else with_errors(frame, unknown)


def _unit_text_of(primary: fits.Header | None) -> str | None:
    return None if primary is None else _text(clean_header(short_header(primary)).get("BUNIT"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
