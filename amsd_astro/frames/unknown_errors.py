"""What the numbers of a plane of errors are, where nothing says so: the noise that the frame shows has to tell."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from astropy.nddata import StdDevUncertainty
from numpy.typing import NDArray

from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.errors import AmsdWarning, FrameError, NoiseWarning
from amsd_astro.fits.planes.errors import ERROR_KINDS, ErrorKind, to_deviation
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.hdus.beside import UnknownErrors
from amsd_astro.frames.noise import measure_noise

__all__ = ["tell_kind", "with_errors"]

_FITS, _NEXT = 1.3, 2.0  # a kind is believed within the first of the measured noise where no other is within the second


def with_errors(frame: Frame, unknown: UnknownErrors) -> Frame:
    """Give a frame errors of which nothing said what they are.

    Parameters
    ----------
    frame : Frame
        The image, without errors; changed.
    unknown : UnknownErrors
        The errors.

    Raises
    ------
    FrameError
        As for `tell_kind`.
    """
    kind = tell_kind(frame, unknown.values, where=unknown.where)
    deviation = to_deviation(unknown.values, kind)
    if frame.source is not None:
        use = replace(unknown.use, note=f"{kind}, as the noise of the sky tells")
        frame.source = replace(frame.source, planes=(use, *frame.source.planes))
    frame.uncertainty = StdDevUncertainty(deviation, copy=False)
    frame.mask = bad_pixels(deviation, frame.mask)
    return frame


def tell_kind(frame: Frame, errors: NDArray[np.floating], *, where: str) -> ErrorKind:
    """Return which of the three kinds errors are, by the noise of the sky.

    Parameters
    ----------
    frame : Frame
        The image, without errors.
    errors : ndarray of float64, shape (ny, nx)
        As they are in the file.
    where : str
        File and HDU of the errors, for messages.

    Raises
    ------
    FrameError
        None of the three fits within 1.3, or the next one does within 2; it tells the three ratios.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmsdWarning)
        noise = measure_noise(frame)
    sigma = float(np.sqrt(max(noise.sky_variance, 0.0)))
    valid = errors[~frame.mask]
    ratios = {kind: _typical(to_deviation(valid, kind)) / sigma if sigma > 0 else np.nan for kind in ERROR_KINDS}
    off = {kind: max(ratio, 1 / ratio) if ratio > 0 else np.inf for kind, ratio in ratios.items()}
    best, second = sorted(off, key=lambda kind: off[kind])[:2]
    told = ", ".join(f"as {kind} {ratios[kind]:.3g}" for kind in ERROR_KINDS)
    if not (off[best] <= _FITS and off[second] > _NEXT):
        raise FrameError(
            f"{where}: nothing says whether the errors are sigma, variance or inverse (variance), and the noise of the "
            f"sky does not tell: state error_kind (--error-kind). Received, over the measured noise: {told}"
        )
    message = f"{where}: the errors are taken for {best}, which fits the noise of the sky (over it: {told})."
    warnings.warn(message, NoiseWarning, stacklevel=4)
    return best


def _typical(deviation: NDArray[np.floating]) -> float:
    valid = deviation[np.isfinite(deviation)]
    return float(np.median(valid)) if valid.size else np.nan
