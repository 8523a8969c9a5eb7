"""The error of sums over pixels, of an exposure and of a denoised frame, whose errors go together.

Denoising averages: the noise of a pixel is spread over its surroundings, and its sum over a large aperture stays. How
far it is spread the 1-sigma map tells. Where a share q of the variance of the noise is left, each pixel is the mean of
about 1/q of them: a Gaussian by which unit noise is smoothed to a variance of q. The error of a sum is then that of
the exposure's noise under weights that are smoothed as far as the frame is at each place,

    variance = sum over k, l of u_k u_l C_kl,    u_k = sum over i of w_i G_k(i - k),

C the covariance of the noise of the exposure and G_k the Gaussian at pixel k. Of an exposure, u is w.

Where something compact stands out, the network is unsure of its shape besides: how much of the light is in the middle
and how much around it. There the Gaussian is sharper, G_k + a (G_k - H_k) with H_k a wider one, which leaves sums over
large apertures as they are. The share a is the one number here that was found against truth, on simulated frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from astropy.nddata import StdDevUncertainty
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.errors import FrameError
from amsd_astro.frames.denoising_record import read_record, was_denoised
from amsd_astro.frames.described_pixels import DescribedPixels
from amsd_astro.frames.measures.noise import noise_of
from amsd_astro.frames.measures.sum_weights import Weights
from amsd_astro.noise.model import NoiseModel

__all__ = ["SumErrors"]

_WIDTHS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0, 10.0, 13.0)
"""Standard deviations of the Gaussians, in pixels; between them what they give is interpolated."""

_SHARPER = 0.5  # the share a
_WIDER, _NARROWEST = 4, 0.8  # places in the list from a Gaussian to the wider one, and that of the narrowest, in pixels
_AROUND, _FAINT, _CLEAR = 4.0, 0.2, 0.7  # pixels that a thing stands out of, and by how many sigma of the noise
_REACH = 3.0  # standard deviations that a Gaussian is cut off at
_DIRECT = 9  # side of the largest correlation that is summed lag by lag

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SumErrors:
    """The errors of sums over a frame.

    Parameters
    ----------
    frame : Frame
        The frame.
    noise : NoiseModel
        Of the exposure.
    sigma : ndarray, shape (ny, nx), or None
        The 1-sigma map of a denoised frame; None for an exposure.
    """

    frame: DescribedPixels
    noise: NoiseModel
    sigma: NDArray[np.floating] | None

    @classmethod
    def of(cls, frame: DescribedPixels) -> SumErrors:
        """Return those of a frame, by its cards and its planes; an exposure without a noise model is measured.

        Raises
        ------
        FrameError
            It was denoised, and has lost what its errors are told by.
        """
        record = read_record(frame.header)
        if record is None:
            if was_denoised(frame.header):
                raise FrameError(
                    "errors of sums are told by the cards of a denoised frame, which describe the whole of it and as "
                    "it is: ask the frame itself (what is subtracted does not change them, a factor multiplies them). "
                    "Received: a part of one, or what was reckoned with one"
                )
            return cls(frame, frame.noise if frame.noise is not None else noise_of(frame), None)
        noise = frame.noise
        if noise is None and frame.header.get("AMSDSAME") is True:
            noise = NoiseModel(0.0, 0.0)
        if noise is None or frame.uncertainty is None:
            raise FrameError(
                "errors of sums want the noise model and the 1-sigma map of a denoised frame. Received: a frame without"
            )
        uncertainty = frame.uncertainty.represent_as(StdDevUncertainty)
        return cls(frame, noise, np.asarray(uncertainty.array))

    def of_sum(self, weights: Weights | None) -> float:
        """Return the 1-sigma error of one sum in the unit of the frame; NaN where it has no pixel."""
        if weights is None:
            return float("nan")
        margin = 0 if self.sigma is None else int(np.ceil(_REACH * _WIDTHS[-1]))
        where, wide = self._with_margin(weights, margin)
        good = ~self.frame.mask[where]
        wide[~good] = 0  # photutils leaves masked pixels out as well
        if not wide.any():
            return float("nan")
        variance = np.where(good, self._variance(where, good), 0.0)
        if self.sigma is not None:
            sigma, compact = np.where(good, self.sigma[where], 0.0), self._standing_out(where, good, variance)
            wide, variance = self._smoothed(wide, sigma, variance, compact)
        carried = wide * np.sqrt(variance)
        return float(np.sqrt(max(np.sum(carried * _correlated(carried, self.noise.correlation)), 0.0)))

    def _with_margin(self, weights: Weights, margin: int) -> tuple[tuple[slice, slice], _Floats]:
        """Where the weights are in the frame, and they, with as many pixels around them as there are."""
        corner, size = (weights.top, weights.left), weights.values.shape
        spans = [
            (max(0, first - margin), min(n, first + length + margin))
            for first, length, n in zip(corner, size, self.frame.data.shape, strict=True)
        ]
        where = slice(*spans[0]), slice(*spans[1])
        wide = np.zeros([stop - start for start, stop in spans])
        at = [slice(first - start, first - start + n) for first, (start, _), n in zip(corner, spans, size, strict=True)]
        wide[at[0], at[1]] = weights.values
        return where, wide

    def _variance(self, where: tuple[slice, slice], good: NDArray[np.bool_]) -> _Floats:
        """Of the exposure's noise in a part of the frame."""
        floor = self.noise.floor
        noise = self.noise if np.ndim(floor) == 0 else replace(self.noise, floor=np.asarray(floor)[where])
        return noise.variance(np.where(good, self.frame.data[where], self.noise.sky))

    def _standing_out(self, where: tuple[slice, slice], good: NDArray[np.bool_], variance: _Floats) -> _Floats:
        """How clearly something compact is seen at each pixel: 0 to 1."""
        data = np.where(good, self.frame.data[where], self.noise.sky).astype(np.float64)
        sigma = np.sqrt(np.where(variance > 0, variance, np.inf))
        excess = (data - ndimage.gaussian_filter(data, _AROUND)) / sigma
        clear = np.clip((excess - _FAINT) / (_CLEAR - _FAINT), 0, 1)
        return np.asarray(ndimage.maximum_filter(clear, 3), np.float64)

    @cached_property
    def _shares(self) -> _Floats:
        """Shares of the variance that smoothing the exposure's noise by each of the widths leaves, falling."""
        side = 2 * int(np.ceil(_REACH * _WIDTHS[-1])) + self.noise.correlation.shape[0]
        point = np.zeros((side, side))
        point[side // 2, side // 2] = 1
        kernels = (_smooth(point, width) for width in _WIDTHS)
        shares = [float(np.sum(kernel * _correlated(kernel, self.noise.correlation))) for kernel in kernels]
        return np.minimum.accumulate(np.maximum(shares, 1e-12))

    def _smoothed(
        self, weights: _Floats, sigma: _Floats, variance: _Floats, compact: _Floats
    ) -> tuple[_Floats, _Floats]:
        """Return weights smoothed as far as the noise at each pixel is spread, and the variance that is spread so."""
        left = np.where(variance > 0, sigma**2 / np.where(variance > 0, variance, 1.0), 0.0)
        share = np.clip(left, self._shares[-1], self._shares[0])
        level = np.interp(-np.log(share), -np.log(self._shares), np.arange(len(_WIDTHS)))
        wider = np.minimum(np.maximum(level, _WIDTHS.index(_NARROWEST)) + _WIDER, len(_WIDTHS) - 1)
        more = _SHARPER * compact
        farthest = int(np.ceil(max(level.max(), np.max(wider, where=more > 0, initial=0))))
        near = _around(weights, int(np.ceil(_REACH * _WIDTHS[farthest])))
        level, wider, more, weights = level[near], wider[near], more[near], weights[near]
        result = np.zeros(weights.shape)
        for k, width in enumerate(_WIDTHS[: farthest + 1]):
            part = (1 + more) * _nearness(level, k) - more * _nearness(wider, k)
            if part.any():
                result += part * _smooth(weights, width)
        return result, (variance * left / share)[near]


def _around(weights: _Floats, margin: int) -> tuple[slice, slice]:
    """Return where weights are, with a margin."""
    spans = [np.flatnonzero(weights.any(axis=axis)) for axis in (1, 0)]
    rows, columns = (slice(max(0, span[0] - margin), span[-1] + margin + 1) for span in spans)
    return rows, columns


def _nearness(level: _Floats, k: int) -> _Floats:
    """Share of the k-th of the widths in what is interpolated."""
    return np.maximum(1 - np.abs(level - k), 0)


def _smooth(weights: _Floats, width: float) -> _Floats:
    if width == 0:
        return weights
    smoothed: _Floats = ndimage.gaussian_filter(weights, width, mode="constant", truncate=_REACH)
    return smoothed


def _correlated(values: _Floats, correlation: NDArray[np.floating]) -> _Floats:
    """Return the sum over all lags of the correlation times the values there."""
    if correlation.shape == (1, 1):
        return values
    if len(correlation) > _DIRECT:
        from scipy import signal  # half a second, which every command would pay

        return np.asarray(signal.fftconvolve(values, correlation, mode="same"), np.float64)
    summed: _Floats = ndimage.correlate(values, correlation, mode="constant")
    return summed
