"""The sample frames: three fields, two exposures of each and the truth, written byte for byte the same every time."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from astropy.io import fits

from amsd_astro.errors import OutputError, OutputExistsError
from amsd_astro.progress import Progress
from amsd_astro.simulation.fields import Exposure, Field, expose
from amsd_astro.simulation.scenes import galaxy_field, large_galaxy, star_cluster
from amsd_astro.simulation.wcs import tan_sip_header

__all__ = ["sample_names", "write_samples"]

_LOG = logging.getLogger(__name__)
_SHAPE = (512, 512)
_READ_OUT_TIME = 25.0  # seconds
_MJD_ZERO = datetime(1858, 11, 17)


@dataclass(frozen=True)
class _Sample:
    """What a sample's header tells beside what the field knows."""

    build: Callable[[np.random.Generator, tuple[int, int]], Field]
    title: str
    ra: float
    dec: float
    rotation: float
    pixel_scale: float
    exposure_time: float
    passband: str
    start: datetime
    n_cosmic_rays: int


_SAMPLES = {
    "galaxy_field": _Sample(
        galaxy_field, "Galaxy field", 150.1163, 2.2058, 1.3, 0.262, 300.0, "r", datetime(2024, 3, 14, 4, 12, 9), 26
    ),
    "star_cluster": _Sample(
        star_cluster, "Star cluster", 250.4235, 36.4613, -2.1, 0.304, 60.0, "V", datetime(2024, 6, 8, 5, 40, 51), 14
    ),
    "large_galaxy": _Sample(
        large_galaxy, "Large galaxy", 202.4696, 47.1952, 0.6, 0.386, 180.0, "g", datetime(2024, 4, 11, 7, 2, 33), 20
    ),
}


def sample_names() -> list[str]:
    """File names of the samples, in the order they are written.

    Examples
    --------
    >>> from amsd_astro.simulation import sample_names
    >>> sample_names()[0]
    'galaxy_field_1.fits'
    """
    return [f"{name}_{part}.fits" for name in _SAMPLES for part in ("1", "2", "truth")]


def write_samples(
    directory: str | os.PathLike[str], *, seed: int = 0, overwrite: bool = False, progress: Progress | None = None
) -> list[Path]:
    """Write the nine sample frames.

    For each of three fields there are ``NAME_1.fits`` and ``NAME_2.fits``, two exposures with independent noise and
    cosmic rays (uint16 adu, and a MASK extension), and ``NAME_truth.fits``, what they are expected to be (float32
    adu). The same seed and library versions give the same bytes.

    Parameters
    ----------
    directory : path-like
        Made if it is not there.
    seed : int
        Not negative.
    overwrite : bool
        Replace files that exist; else nothing is written when one of them does.
    progress : callable, optional
        Called as ``progress(done, total, stage)``.

    Returns
    -------
    list of Path
        The files, in the order of `sample_names`.

    Raises
    ------
    OutputExistsError
        A file exists and `overwrite` is False.
    OutputError
        The directory cannot be made.
    ValueError
        For a negative seed.

    Examples
    --------
    >>> from amsd_astro.simulation import write_samples
    >>> len(write_samples("samples"))
    9
    """
    if seed < 0:
        raise ValueError(f"seed must not be negative. Received: {seed}")
    directory = Path(directory)
    paths = [directory / name for name in sample_names()]
    present = [path for path in paths if os.path.lexists(path)]
    if present and not overwrite:
        raise OutputExistsError(f"{present[0]}: exists already.", cure="overwrite=True")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{directory}: the directory cannot be made: {error.strerror}") from error
    for index, (name, sample) in enumerate(_SAMPLES.items()):
        if progress is not None:
            progress(index, len(_SAMPLES), "simulating")
        scene, *looks = (np.random.default_rng(s) for s in np.random.SeedSequence([seed, index]).spawn(3))
        field = sample.build(scene, _SHAPE)
        for number, rng in enumerate(looks, start=1):
            exposure = expose(field, rng, n_cosmic_rays=sample.n_cosmic_rays)
            _write(_exposure_hdus(sample, field, exposure, seed, number), directory / f"{name}_{number}.fits")
        _write(_truth_hdus(sample, field, seed), directory / f"{name}_truth.fits")
        _LOG.info("wrote the sample %s to %s", name, directory)
    return paths


def _exposure_hdus(sample: _Sample, field: Field, exposure: Exposure, seed: int, number: int) -> fits.HDUList:
    primary = fits.PrimaryHDU(exposure.data)
    header = primary.header
    _describe(header, sample, field, seed, delay=(number - 1) * (sample.exposure_time + _READ_OUT_TIME))
    header["EXPNUM"] = (number, "exposure of this field")
    header["SATURATE"] = (field.detector.saturation, "[adu] pixels at or above are saturated")
    _comment(
        header,
        "Simulated raw frame: bias pedestal and sky included, Poisson photon",
        "noise, Gaussian read noise, cosmic rays, bad columns, blooming, and",
        "rounded to whole numbers. The extension MASK tells the bad pixels.",
    )
    mask = fits.ImageHDU(exposure.mask, name="MASK")
    for bit, text in ((1, "bad column"), (2, "cosmic ray"), (4, "saturated or bloomed")):
        mask.header[f"MASKBIT{bit}"] = (text, f"meaning of the value {bit}")
    return fits.HDUList([primary, mask])


def _truth_hdus(sample: _Sample, field: Field, seed: int) -> fits.HDUList:
    primary = fits.PrimaryHDU(field.truth)
    _describe(primary.header, sample, field, seed)
    _comment(
        primary.header,
        "Truth: the expectation of the exposures' unsaturated pixels, with the",
        "bias pedestal and the sky, without noise, cosmic rays or bad columns;",
        "not clipped where the exposures saturate.",
    )
    return fits.HDUList([primary])


def _describe(header: fits.Header, sample: _Sample, field: Field, seed: int, *, delay: float = 0.0) -> None:
    detector = field.detector
    start = sample.start + timedelta(seconds=delay)
    mjd = round((start - _MJD_ZERO) / timedelta(days=1), 6)
    cards: list[tuple[str, str | float | int, str]] = [
        ("OBJECT", sample.title, "simulated field"),
        ("TELESCOP", "SIMULATED", "no real telescope"),
        ("INSTRUME", "SIMCAM", "simulated CCD camera"),
        ("FILTER", sample.passband, "passband"),
        ("EXPTIME", sample.exposure_time, "[s] exposure time"),
        ("DATE-OBS", start.isoformat(), "start, invented, the same in every run"),
        ("MJD-OBS", mjd, "[d] of DATE-OBS"),
        ("BUNIT", "adu", "unit of the pixels"),
        ("GAIN", detector.gain, "[e/adu] electrons per adu"),
        ("RDNOISE", detector.read_noise, "[e] read noise, rms"),
        ("PEDESTAL", detector.pedestal, "[adu] bias level, not subtracted"),
        ("SKYLEVEL", round(field.sky / detector.gain, 3), "[adu] mean sky above the pedestal"),
        ("SEEING", round(field.psf.fwhm * sample.pixel_scale, 3), "[arcsec] FWHM of the PSF"),
        ("PSFFWHM", field.psf.fwhm, "[pix] FWHM of the PSF"),
        ("PIXSCALE", sample.pixel_scale, "[arcsec/pix] pixel scale"),
        ("RA", sample.ra, "[deg] of the frame's centre"),
        ("DEC", sample.dec, "[deg] of the frame's centre"),
        ("SIMSEED", seed, "seed of the simulation"),
    ]
    for key, value, text in cards:
        header[key] = (value, text)
    header.extend(
        tan_sip_header(
            field.truth.shape,
            ra=sample.ra,
            dec=sample.dec,
            pixel_scale=sample.pixel_scale,
            rotation=sample.rotation,
            distortion=0.6,
        )
    )


def _comment(header: fits.Header, *lines: str) -> None:
    for line in lines:
        header["COMMENT"] = line


def _write(hdus: fits.HDUList, path: Path) -> None:
    """Write beside the target and rename, so that no half file is left."""
    for hdu in hdus:
        # Fixed comments: astropy's own hold the time of day.
        hdu.add_datasum(when="checksum of the data")
        hdu.add_checksum(when="checksum of the HDU", override_datasum=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            hdus.writeto(stream, output_verify="exception")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
