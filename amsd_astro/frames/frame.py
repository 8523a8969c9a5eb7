"""A frame: pixels, mask, uncertainty and header of one image, and where they came from."""

from __future__ import annotations

import copy as copying
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.io.registry import UnifiedReadWriteMethod
from astropy.nddata import NDData
from astropy.wcs import WCS

from amsd_astro.arrays.float_errors import usual_float_errors
from amsd_astro.arrays.native_floats import native_floats
from amsd_astro.fits.world_coordinates import parse_wcs
from amsd_astro.frames.described_pixels import DescribedPixels, as_header, kept_noise
from amsd_astro.frames.descriptions import frame_in_lines
from amsd_astro.frames.masks import bool_mask
from amsd_astro.frames.measures.sum_errors import SumErrors
from amsd_astro.frames.measures.sum_weights import are_many, weights_of
from amsd_astro.frames.registry import FrameReader, FrameWriter
from amsd_astro.frames.source import FrameSource
from amsd_astro.noise.model import NoiseModel
from amsd_astro.printable import printable

__all__ = ["Frame"]


class Frame(DescribedPixels):
    """Pixels of one image with mask, uncertainty, unit, header and WCS.

    A `~astropy.nddata.CCDData`, with all that works on one; the data are kept by reference, as there.

    Parameters
    ----------
    data : ndarray, `~astropy.units.Quantity` or `~astropy.nddata.NDData`
        Shape (ny, nx). float64 stays; integers that float32 cannot hold become float64; all else becomes float32,
        in native byte order.
    mask : ndarray, optional
        True where a pixel is bad, shape (ny, nx).
    uncertainty : `~astropy.nddata.NDUncertainty` or ndarray, optional
        An array is taken as standard deviation.
    unit : unit or str, optional
        Dimensionless by default.
    meta, header : mapping or `~astropy.io.fits.Header`, optional
        Two names of one thing.
    wcs : `~astropy.wcs.WCS`, optional
        By default parsed from the header when first asked for.
    flags : ndarray, optional
        uint8, shape (ny, nx).
    source : FrameSource, optional
        The file it came from.
    noise : NoiseModel, optional
        Of the exposure.
    primary : `~astropy.io.fits.Header`, optional
        Header of the primary HDU of the list it came from, where keywords are looked up that its own has not.
    copy : bool, optional
        Copy all arrays.

    Attributes
    ----------
    source, primary
        As above.
    noise : NoiseModel or None
        Of the exposure: that by which a frame was denoised, read back from a file as far as its cards tell it (a floor
        that was a map by its median). None for a frame that was only read, whose noise `measure_noise` finds.

    Notes
    -----
    Source, noise model, flags and the AMSD cards of the header describe these very pixels. A copy has them as long as
    it holds them: they are gone once its `data` are set, or most of them overwritten in place. Slices keep their part
    of the flags, arithmetic and other units nothing of it; HISTORY stays. A frame that is no copy stays the image of
    its file, to be written there anew, when its `data` are set; the rest is gone.

    Examples
    --------
    >>> import numpy as np
    >>> from amsd_astro import Frame
    >>> Frame(np.ones((40, 50)), unit="adu")
    <Frame
     size: 50 x 40 pixels, float64, adu
     masked: 0 pixels (0 %)>
    """

    _mask: np.ndarray

    def __init__(
        self,
        data: Any,
        uncertainty: Any = None,
        mask: Any = None,
        flags: Any = None,
        wcs: WCS | None = None,
        meta: Mapping[str, Any] | None = None,
        unit: Any = None,
        copy: bool = False,
        *,
        header: Mapping[str, Any] | None = None,
        source: FrameSource | None = None,
        noise: NoiseModel | None = None,
        psf: np.ndarray | None = None,
        primary: fits.Header | None = None,
    ) -> None:
        if meta is not None and header is not None:
            raise ValueError("header and meta are the same thing: give one of them.")
        self._wcs_pending = False
        given = data
        lazy = isinstance(given, Frame) and given._wcs_pending
        if unit is None and getattr(data, "unit", None) is None:
            unit = u.dimensionless_unscaled
        stated = header if header is not None else meta
        if isinstance(data, NDData):
            stated = stated if stated is not None else data.meta
            if lazy:  # CCDData would ask for the WCS, and so parse it
                data = given._without_wcs()
            if psf is None:
                psf = data.psf
        super().__init__(
            data,
            uncertainty=uncertainty,
            mask=mask,
            flags=flags,
            wcs=wcs,
            unit=unit,
            copy=copy,
            psf=psf,
        )
        self._meta = as_header(stated, copy)  # set here: NDData would log that it replaces the one of its input
        self._data = native_floats(self._data)
        self.source = source
        self.noise = noise
        self.primary = primary
        if isinstance(given, Frame):
            self.source = source if source is not None else given.source
            kept = kept_noise(given)
            self.noise = noise if noise is not None else copying.deepcopy(kept) if copy else kept
            self._tables, self._held = given._tables, given._held
            self._become_twin()
        if copy and self._flags is not None:
            self._flags = copying.deepcopy(self._flags)
        self._wcs_pending = self._wcs is None and (lazy or not isinstance(given, Frame)) and len(self.header) > 0

    def _without_wcs(self) -> Frame:
        """Return a shallow twin that knows no WCS."""
        twin = copying.copy(self)
        twin._wcs_pending = False
        twin._wcs = None
        return twin

    def with_arrays(
        self, data: np.ndarray, uncertainty: Any, flags: np.ndarray | None, noise: NoiseModel | None
    ) -> Frame:
        """Return a frame of other pixels, of the same source, mask and unit, with copies of header, WCS and PSF.

        Parameters
        ----------
        data : ndarray, shape (ny, nx)
            The pixels; nothing is copied.
        uncertainty : `~astropy.nddata.NDUncertainty` or None
            Theirs.
        flags : ndarray or None
            Theirs.
        noise : NoiseModel or None
            Kept with the frame.

        Examples
        --------
        >>> from amsd_astro import read_frame
        >>> frame = read_frame("exposure.fits")
        >>> frame.with_arrays(2 * frame.data, None, None, None).header["OBJECT"]
        'Galaxy field'
        """
        new = Frame(
            data,
            uncertainty=uncertainty,
            mask=self.mask.reshape(data.shape),
            header=self.header.copy(),
            unit=self.unit,
            flags=flags,
            source=self.source,
            noise=noise,
            psf=None if self.psf is None else np.array(self.psf),
            primary=self.primary,
        )
        new._wcs = None if self._wcs is None else self._wcs.deepcopy()
        new._wcs_pending = self._wcs_pending
        return new

    @usual_float_errors()
    def sum_error(self, over: Any, *, method: str = "exact", subpixels: int = 5) -> Any:
        """Return the 1-sigma error of the sum of the pixels in an aperture, or of many such sums.

        The errors of neighbouring pixels of a denoised frame go together, so those of sums are several times larger
        than what `~photutils.aperture.aperture_photometry` makes of the 1-sigma map. How far they go together, the map
        itself tells, with the noise model of the exposure, which is in the cards of the frame. Of an exposure it is the
        noise that it states, or shows, with its correlation.

        Parameters
        ----------
        over : photutils aperture, ApertureMask, or ndarray, shape (ny, nx)
            An aperture in pixels or on the sky, at one position or at many; the mask of an aperture; an array of
            booleans, True where a pixel counts; or one of weights.
        method : {"exact", "center", "subpixel"}, optional
            How an aperture counts the pixels at its rim, as in photutils.
        subpixels : int, optional
            For "subpixel", as in photutils.

        Returns
        -------
        float or ndarray, shape (n,)
            In the unit of the frame: a number for one sum, an array for an aperture at n positions, in their order.
            Pixels that are masked do not count, nor do those outside of the frame; NaN where no pixel is left.

        Raises
        ------
        FrameError
            The frame is a part of a denoised one, or made of such: what is known of its errors describes the whole.
        ValueError
            An array has another shape than the frame, or holds what is not finite.

        Notes
        -----
        It is the error of the denoised sum around what the exposure shows on average, with what the network is unsure
        of. That a source too faint to be seen loses flux is not in it: see :ref:`faint-flux`.

        Examples
        --------
        >>> import numpy as np
        >>> from photutils.aperture import CircularAperture
        >>> from amsd_astro import Frame, NoiseModel
        >>> frame = Frame(np.full((50, 50), 100.0), noise=NoiseModel(0.0, 4.0))
        >>> frame.sum_error(frame.data > 0)  # 2500 pixels of 2
        100.0
        >>> frame.sum_error(CircularAperture([(20, 20), (30, 25)], 3)).round(2)
        array([9.93, 9.93])
        """
        errors = SumErrors.of(self)
        shape = (self.data.shape[0], self.data.shape[1])
        wcs = self.wcs if hasattr(over, "to_pixel") else None
        sums = weights_of(over, shape, wcs=wcs, method=method, subpixels=subpixels)
        found = [errors.of_sum(weights) for weights in sums]
        return np.array(found) if are_many(over) else found[0]

    @property
    def mask(self) -> np.ndarray:
        """Bad pixels: a bool array of the shape of the data, always."""
        return self._mask

    @mask.setter
    def mask(self, value: Any) -> None:
        self._mask = bool_mask(value, np.shape(self._data))

    @property
    def wcs(self) -> WCS | None:
        """World coordinates, parsed from the header when first asked for; None where that fails or there are none."""
        if self._wcs_pending:
            self._wcs_pending = False
            self._wcs = parse_wcs(self.header, self._tables if self.source is None else self.source.path)
        return self._wcs

    @wcs.setter
    def wcs(self, value: WCS | None) -> None:
        if value is not None and not isinstance(value, WCS):
            raise TypeError(f"the wcs must be an astropy.wcs.WCS. Received: {type(value).__name__}")
        self._wcs_pending = False
        self._wcs = value

    def __getitem__(self, item: Any) -> Frame:
        """Return a part of the frame, without its source: the file holds another image than this."""
        part: Frame = super().__getitem__(item)
        if self.wcs is None:
            part._wcs_pending = False
        return part

    def __repr__(self) -> str:
        return frame_in_lines(self)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_")]

    def __str__(self) -> str:
        return self._with_printable_unit(super().__str__())

    def _with_printable_unit(self, text: str) -> str:
        unit = str(self.unit)
        return text if unit.isprintable() else text.replace(unit, printable(unit))

    @usual_float_errors()
    def _repr_html_(self) -> str:
        """Return the frame as Jupyter shows it, by the writer of the format "html"."""
        page = io.StringIO()
        self.write(page, format="html")
        return page.getvalue()

    read = UnifiedReadWriteMethod(FrameReader)
    write = UnifiedReadWriteMethod(FrameWriter)
