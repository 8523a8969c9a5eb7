"""An image with what describes its very pixels, which goes where they go and no further."""

from __future__ import annotations

import copy as copying
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData, NDData

from amsd_astro.arrays.likeness import Likeness
from amsd_astro.fits.world_coordinates import sliced_header
from amsd_astro.frames.denoising_record import TAKEN_OUT, has_record, read_record, was_denoised, without_record
from amsd_astro.frames.extensions.combination import Combination
from amsd_astro.frames.source import FrameSource
from amsd_astro.noise.model import NoiseModel

__all__ = ["DescribedPixels", "as_header", "kept_noise"]

_MADE_OF = f"amsd_astro: made of pixels that had their {TAKEN_OUT}"  # HISTORY of what is reckoned with them


class DescribedPixels(CCDData):
    """Source, noise model, flags and AMSD cards of a `Frame`, and what becomes of them.

    ccdproc and its like copy a frame and set its pixels, overwrite them in place, cut them, reckon with them, and give
    the result the header of what it is made of. None of that tells the frame more than the hooks here hear of.
    """

    _source: FrameSource | None = None
    _tables: Path | None = None  # the file of the pixels before, where a WCS finds its tables of distortions
    _held: tuple[Any, ...] = ()  # what keeps that file, where it was fetched
    _noise: NoiseModel | None = None
    _combination: Combination | None = None
    _is_twin = False  # made of another frame, of which a header may come that describes that one
    _likeness: Likeness | None = None  # of a twin, while what describes the other frame describes it, too
    _meta: fits.Header
    _data: np.ndarray
    _flags: np.ndarray | None
    primary: fits.Header | None = None

    def __copy__(self) -> Self:
        """Return a frame of the same arrays and header."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._become_twin()
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a frame that shares nothing."""
        twin = memo[id(self)] = object.__new__(type(self))
        twin.__dict__.update(copying.deepcopy(self.__dict__, memo))
        twin._become_twin()
        return twin

    def _become_twin(self) -> None:
        self._is_twin = True
        self._likeness = Likeness(np.asarray(self._data))

    def _settle(self) -> None:
        """Let go of what describes another image, where this is a copy that was overwritten in place.

        `ccdproc.combine` does so to a copy of the first frame; no call tells of it.
        """
        if self._likeness is not None and not self._likeness.is_of(np.asarray(self._data)):
            self._let_go()

    def _let_go(self) -> None:
        """Forget what describes other pixels than those that are there, or come now."""
        is_copy, self._likeness = self._likeness is not None, None
        if is_copy and self._source is not None:
            self._tables, self._held = self._source.path, self._source.held
            self._source = None
        self._noise = None
        self._combination = None
        self._flags = None
        self._meta = without_record(self._meta)

    @property
    def data(self) -> np.ndarray:
        """The pixels."""
        return self._data

    @data.setter
    def data(self, value: np.ndarray) -> None:
        self._let_go()
        self._data = value

    @property
    def source(self) -> FrameSource | None:
        """The file that holds this image; None for an image that no file holds."""
        self._settle()
        return self._source

    @source.setter
    def source(self, value: FrameSource | None) -> None:
        self._settle()
        self._source = value

    @property
    def noise(self) -> NoiseModel | None:
        """The noise model of the exposure.

        That by which a frame was denoised, also after it was read back: then as far as its cards tell it, a floor that
        was a map by its median, the correlation by three numbers. None for a frame that was only read: `measure_noise`.
        """
        kept = kept_noise(self)
        if kept is None and (record := read_record(self._meta)) is not None:
            return record.noise
        return kept

    @noise.setter
    def noise(self, value: NoiseModel | None) -> None:
        self._settle()
        self._noise = value

    @property
    def combination(self) -> Combination | None:
        """What several exposures gave besides this image, where it is theirs."""
        self._settle()
        return self._combination

    @combination.setter
    def combination(self, value: Combination | None) -> None:
        self._settle()
        self._combination = value

    @property
    def flags(self) -> np.ndarray | None:
        """Bits that tell how a pixel was treated."""
        self._settle()
        return self._flags

    @flags.setter
    def flags(self, value: Any) -> None:
        self._settle()
        CCDData.flags.fset(self, value)

    @property
    def meta(self) -> fits.Header:
        """The FITS header."""
        self._settle()
        return self._meta

    @meta.setter
    def meta(self, value: Mapping[str, Any]) -> None:
        self._settle()
        header = as_header(value, False)
        self._meta = without_record(header) if self._is_twin and not has_record(self._meta) else header

    @property
    def header(self) -> fits.Header:
        """The FITS header, the same object as `meta`."""
        return self.meta

    @header.setter
    def header(self, value: Mapping[str, Any]) -> None:
        self.meta = value

    def _slice(self, item: Any) -> dict[str, Any]:
        kwargs: dict[str, Any] = super()._slice(item)
        # The cards speak of the whole: its risk, its flux, its sky. That the part is denoised too remains in HISTORY.
        kwargs["meta"] = without_record(sliced_header(self.header, item, self.data.shape))
        if self.flags is not None:
            kwargs["flags"] = self.flags[item]
        return kwargs

    def __getitem__(self, item: Any) -> Self:
        """Return a part of the frame."""
        part: Self = super().__getitem__(item)
        part._is_twin = True
        return part

    def _arithmetic(self, operation: Any, operand: Any = None, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        result, made = super()._arithmetic(operation, operand, **kwargs)
        header = made.get("meta")
        if isinstance(header, fits.Header):
            header = made["meta"] = without_record(header)
        headers = [each.meta for each in (self, operand) if isinstance(each, NDData)]
        if any(isinstance(each, fits.Header) and was_denoised(each) for each in headers):
            # astropy leaves the header out unless it is told to keep it
            header = header.copy() if isinstance(header, fits.Header) else fits.Header()
            if not was_denoised(header):
                header.add_history(_MADE_OF)
            made["meta"] = header
        return result, made

    def convert_unit_to(self, unit: Any, equivalencies: Any = ()) -> Self:
        """Return the frame in another unit, without what describes it in its own.

        Parameters
        ----------
        unit : unit or str
            The unit.
        equivalencies : list, optional
            As for `~astropy.units.UnitBase.to`.

        Examples
        --------
        >>> import numpy as np
        >>> from amsd_astro import Frame
        >>> Frame(np.ones((4, 5)), unit="Jy").convert_unit_to("mJy").unit
        Unit("mJy")
        """
        new: Self = super().convert_unit_to(unit, list(equivalencies))
        new._is_twin, new._meta = True, without_record(self.header.copy())
        return new


def kept_noise(frame: DescribedPixels) -> NoiseModel | None:
    """Return the noise model that a frame was given, None where only its cards tell of one."""
    frame._settle()
    return frame._noise


def as_header(meta: Mapping[str, Any] | None, copy: bool) -> fits.Header:
    """Return a FITS header; entries of other mappings that no card can hold are left out."""
    if isinstance(meta, fits.Header):
        return meta.copy() if copy else meta
    header = fits.Header()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key, value in (meta or {}).items():
            try:
                header[str(key)] = value
                str(header.cards[-1])
            except (ValueError, TypeError, fits.VerifyError):
                header.remove(str(key), ignore_missing=True)
    return header
