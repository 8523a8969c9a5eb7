"""What is no exposure of the sky: refused where denoising can only do harm, told where it may."""

from __future__ import annotations

import re
import warnings
from functools import partial
from typing import Any

import numpy as np
from astropy import units as u
from astropy.io import fits
from numpy.typing import NDArray

from amsd_astro.errors import AlreadyDenoisedError, FrameError, NoiseWarning
from amsd_astro.fits.hdu_selection import OUR_NAMES, images_of
from amsd_astro.fits.layouts.plane_names import Role, plane_name, role_by_cards
from amsd_astro.fits.scanning import scan
from amsd_astro.frames.colour_mosaic import check_mosaic
from amsd_astro.frames.described_pixels import kept_noise
from amsd_astro.frames.frame import Frame
from amsd_astro.frames.noise import card_of
from amsd_astro.noise.model import NoiseModel
from amsd_astro.noise.photon_counts import counted_sky
from amsd_astro.noise.structure import Place, measure_scatter

__all__ = ["doubts_about", "refuse_denoised", "refuse_mosaic", "refuse_unsuitable", "tell_doubts"]

_LOGARITHMIC = {"mag", "dex", "db", "decibel"}
_ASINH = ("BOFFSET", "BSOFTEN")
_KINDS_OF_PLANES: dict[Role, str] = {
    "sigma": "errors",
    "variance": "variances",
    "inverse": "inverse variances",
    "coverage": "weights",
    "mask": "codes of bad pixels",
    "other": "no exposure",
}
_IN_NAMES = {"ood": "codes of bad pixels", "oow": "weights"}  # as NOIRLab's pipelines name what lies beside an "ooi"
_MOST_IMAGES = 20  # of a file that are told
_MOST_CODES = 32  # different values
_SAMPLE = 2**18  # pixels
_KINDS = ("IMAGETYP", "OBSTYPE", "FRAME", "IMTYPE", "ESO DPR TYPE", "EXP_TYPE")
_CALIBRATIONS = re.compile(r"(?i)(?<![a-z])(bias|zero|dark|(?:sky|dome|twi|twilight|s|d)?-?flat)(?![a-z])")
_COUNTS = 5.0  # electrons squared, below which whole numbers and uneven blocks are photons
_COARSE = 1.5  # noise of the sky, in which a step of the pixels is coarse
_MOST_BLOCKS = 400
_UNEVEN, _FEWEST_BLOCKS = 2.1, 60  # variance of the noisiest tenth of the blocks over that of the calmest
_BY_BRIGHTNESS = 0.6  # correlation with the level, from which on it is no depth that differs


def refuse_denoised(frame: Frame, *, cure: str = "the exposure itself, or force=True") -> None:
    """Make sure that a frame has not been denoised before.

    Parameters
    ----------
    frame : Frame
        Any frame.
    cure : str, optional
        What the message says that helps; nothing where it cannot be forced.

    Raises
    ------
    AlreadyDenoisedError
        Its header has the card AMSDVERS.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "AMSDVERS" not in frame.header:
            return
        try:
            version = str(frame.header["AMSDVERS"])
        except fits.VerifyError:
            version = "what cannot be parsed"
    message = f"the frame is denoised already (AMSDVERS = {version})."
    in_memory = kept_noise(frame) is not None  # its source is the exposure, which is none of this error's
    raise AlreadyDenoisedError(message, **({} if in_memory else _origin(frame)), cure=cure)


def refuse_mosaic(frame: Frame) -> None:
    """Make sure that a frame is not the raw mosaic of a colour camera.

    Raises
    ------
    FrameError
        Its sky shows the pattern of the filters; the message says how to split it.
    """
    check_mosaic(frame.data, frame.mask, frame.header, **_origin(frame))


def refuse_unsuitable(frame: Frame) -> None:
    """Make sure that a frame is an image whose pixels are linear in the light that came.

    Raises
    ------
    FrameError
        They are magnitudes or the like, or asinh-scaled as the stacks of Pan-STARRS are; or it is a plane of codes,
        weights or errors that belongs to an image.
    """
    words = set(re.findall(r"[a-z]+", str(frame.unit).lower()))
    if words & _LOGARITHMIC:
        rule = "pixels must be linear in the light: magnitudes and other logarithms cannot be denoised"
        raise FrameError(f"{rule}. Received: unit {frame.unit}", **_origin(frame))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if all(key in frame.header for key in _ASINH):
            rule = "pixels must be linear in the light: these are asinh-scaled (BOFFSET and BSOFTEN in the header)"
            remedy = "flux = BOFFSET + 2 BSOFTEN sinh(pixel / 1.0857362)"
            raise FrameError(f"{rule}; first make them {remedy}, and remove both cards.", **_origin(frame))
    if _name_of(frame) in OUR_NAMES:
        rule = "an exposure is wanted, no plane that lies beside one that is denoised: give the exposure itself"
        raise FrameError(f"{rule}. Received: EXTNAME {_name_of(frame)}", **_origin(frame))
    plane = _plane_in_words(frame)
    if plane:
        rule = "an exposure is wanted, no plane that belongs to one: give the image, this as --mask-ext or --error-ext"
        raise FrameError(f"{rule}. Received: {plane}", **_origin(frame), cure=_images_beside(frame))


def _plane_in_words(frame: Frame) -> str:
    """What a plane is, by its names, its cards or its values; empty for an image."""
    name = _name_of(frame)
    role = plane_name(name).role
    if role in _KINDS_OF_PLANES:
        return f"{_KINDS_OF_PLANES[role]} (EXTNAME {name})"
    role, card = role_by_cards(partial(_value, frame))
    if role:
        return f"{_KINDS_OF_PLANES[role]} ({card})"
    if frame.source is not None:
        found = set(re.split(r"[^a-z0-9]+", frame.source.path.name.lower())) & set(_IN_NAMES)
        if found:
            return f"{_IN_NAMES[min(found)]}, by the name of the file"
    n_codes = _n_codes(frame)
    return f"{n_codes} different whole numbers, most of them 0, as codes of bad pixels are" if n_codes else ""


def _name_of(frame: Frame) -> str:
    """Return the EXTNAME of a frame in capitals."""
    if frame.source is not None:
        return frame.source.name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            name = frame.header.get("EXTNAME")
        except fits.VerifyError:
            name = None
    return name.strip().upper() if isinstance(name, str) else ""


def _value(frame: Frame, keyword: str) -> Any:
    """Return the value of a card of the image, else of the primary HDU; None without one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        card = card_of(frame, keyword)
    return None if card is None else card[0]


def _images_beside(frame: Frame) -> str:
    """Return the images of the file of a plane as what helps; nothing where there are none."""
    source = frame.source
    if source is None:
        return ""
    try:
        file = scan(source.path, warn=False)
        file.stream.close()
        images = [str(image.index) for image in images_of(file) if image.index != source.hdu]
    except (FrameError, OSError):
        return ""
    if not images:
        return ""
    more = f" (images are HDU {', '.join(images[:_MOST_IMAGES])})" if len(images) > 1 else ""
    return f"ext={images[0]}{more}"


def _n_codes(frame: Frame) -> int:
    """How many different codes the pixels have; 0 where they are none."""
    if frame.unit not in (None, u.dimensionless_unscaled):
        return 0
    data, mask = np.asarray(frame.data), frame.mask
    step = max(1, data.size // _SAMPLE)
    for every in (step, 1):  # most images end with the sample
        rows = data[::every][~mask[::every]]
        if not rows.size or np.min(rows) != 0 or np.count_nonzero(rows == 0) < rows.size / 2:
            return 0
        values = np.unique(rows[: 2**22])
        if values.size > _MOST_CODES or np.any(values != np.round(values)):
            return 0
    if values.size < 2 or counted_sky(data, mask) is not None:
        return 0
    return int(np.unique(data[~mask]).size)


def tell_doubts(frame: Frame, noise: NoiseModel, *, stacklevel: int) -> None:
    """Warn of what `doubts_about` tells."""
    for doubt in doubts_about(frame, noise):
        warnings.warn(doubt, NoiseWarning, stacklevel=stacklevel + 1)


def doubts_about(frame: Frame, noise: NoiseModel) -> list[str]:
    """Tell why what is found of the noise of a frame may mislead.

    Parameters
    ----------
    frame : Frame
        What is to be denoised.
    noise : NoiseModel
        Of it.

    Returns
    -------
    list of str
        A sentence each, with what to do; empty for a usual exposure.
    """
    return [doubt for doubt in (_calibration(frame), _coarseness(frame, noise), _texture(frame, noise)) if doubt]


def _calibration(frame: Frame) -> str:
    for keyword in _KINDS:
        value = _value(frame, keyword)
        if isinstance(value, str) and (found := _CALIBRATIONS.search(value)):
            return (
                f"the frame is a {found[1].lower()} ({keyword} = {value!r}), no exposure of the sky: what is alike in "
                "many of them is its signal, so combine several instead of denoising one"
            )
    return ""


def _coarseness(frame: Frame, noise: NoiseModel) -> str:
    data, mask = np.asarray(frame.data), frame.mask
    step = max(1, data.size // _SAMPLE)
    values = np.unique(data[::step][~mask[::step]])
    if values.size < 2 or values.size > _SAMPLE // 8 or noise.sky_electrons < _COUNTS:
        return ""
    gaps = np.diff(values.astype(np.float64))
    unit = float(np.quantile(gaps, 0.05))
    whole = np.abs(gaps / unit - np.round(gaps / unit)) < 0.05
    if np.mean(whole) < 0.95 or unit <= _COARSE * np.sqrt(max(noise.sky_variance, 0.0)):
        return ""
    return (
        f"the pixels are whole multiples of {unit:.4g}, a step that is coarser than their noise: its width and its "
        "correlation cannot be measured. State the noise with the step's own, step**2 / 12, in it, or start from data "
        "that were stored more finely"
    )


def _texture(frame: Frame, noise: NoiseModel) -> str:
    """What blocks of the frame say: noise is as sharp as the pixels, and equally wide where it is equally bright."""
    if not noise.sky_variance > 0 or noise.sky_electrons < _COUNTS or noise.source == "unit":
        return ""
    floor = noise.floor

    def variance(pixels: NDArray[np.float64], place: Place) -> NDArray[np.float64]:
        return noise.slope * np.median(pixels) + np.ravel(floor[place] if isinstance(floor, np.ndarray) else floor)

    scatter = measure_scatter(np.asarray(frame.data), frame.mask, variance, side=32, most=_MOST_BLOCKS)
    if scatter is None or scatter.fourth.size < _FEWEST_BLOCKS:
        return ""
    if scatter.is_smooth:
        return (
            "the pixels are smooth from one to the next, as a model or what was smoothed is: what is taken for noise "
            "may be structure. Denoise what was not smoothed, or state the noise"
        )
    squares = scatter.fourth**2
    low, high = np.quantile(squares, [0.1, 0.9])
    if not 0 < low < high / _UNEVEN or abs(np.corrcoef(scatter.level, squares)[0, 1]) > _BY_BRIGHTNESS:
        return ""
    return (
        f"the noise is uneven: areas that are equally bright differ by a factor of {high / low:.1f} in variance, as in "
        "coadds of uneven depth. Give a plane of errors or inverse variances (--error-ext), or denoise the areas "
        "one by one"
    )


def _origin(frame: Frame) -> dict[str, Any]:
    """Return the file and the HDU of a frame as errors take them, nothing for a frame from no file."""
    return {} if frame.source is None else {"path": frame.source.path, "hdu": frame.source.hdu}
