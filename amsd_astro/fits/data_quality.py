"""Which values of a data-quality plane say that a pixel has no good value, by the layout of the file.

A pixel is bad where its value was lost, filled in or interpolated, where the detector made it (hot, unstable, trap,
saturated, bled into) or where a cosmic ray left it. It is not bad where something was corrected, where its flat is
less certain, or where light that should not be there was measured well (a satellite's trail, a bright star's halo).

============  ==============================================================================================
layout        sources
============  ==============================================================================================
HST ACS       ACS Data Quality Flags, www.stsci.edu/hst/instrumentation/acs/data-analysis/dq-flag-definitions
HST WFC3      wf3dq.h of calwf3; WFC3 Data Handbook, table 3.3 and sections 5.3, 7.9 (hst-docs.stsci.edu/wfc3dhb)
HST WFPC2     WFPC2 Data Handbook, table 3.4 (www.stsci.edu/hst/wfpc2/analysis/WFPC2_flags.html)
HST STIS      stisdq.h of calstis; STIS Data Handbook, section 2.5
HST NICMOS    calnic.h of calnica; NICMOS Data Handbook, chapter 2
JWST          jwst-pipeline.readthedocs.io, "Data Quality Flags", and GOOD_BITS of its resample step
LSST, HSC     dp1.lsst.io/products/images: visit and deep_coadd mask planes
DES           Morganson et al. 2018, arXiv:1801.03177; mask_bits.h of despyfits
DECam         NOAO Data Handbook 2.2; community.lsst.org/t/decam-data-quality-masks/133; decam.py of legacypipe
DESI          maskbits.py of desispec
Legacy        www.legacysurvey.org/dr9/bitmasks
============  ==============================================================================================

Roman's files are not FITS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amsd_astro.fits.cards import card_keyword, string_value
from amsd_astro.fits.raw_hdus import RawFile, RawHDU

__all__ = ["ANY_VALUE", "BadValues", "bad_values"]


@dataclass(frozen=True)
class BadValues:
    """Values of a plane that make a pixel bad.

    Parameters
    ----------
    bits : int
        Some of these bits set; -1, which has every bit, is any value but zero.
    codes : tuple of int
        One of these values, in planes of codes.
    """

    bits: int = 0
    codes: tuple[int, ...] = ()

    def find(self, values: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return where values are bad.

        Parameters
        ----------
        values : ndarray of int64
            Of the plane; unsigned ones of 64 bits in two's complement.
        """
        bits = self.bits & (2**64 - 1)
        bad = (values & np.int64(bits - 2**64 if bits >= 2**63 else bits)) != 0
        # a BLANK pixel, -1, is bad by all of its bits, and so it is among codes
        return np.asarray(bad | np.isin(values, (*self.codes, -1))) if self.codes else np.asarray(bad)


ANY_VALUE = BadValues(bits=-1)
"""Every value but zero is bad."""

# HST: bits of the first CCD cameras, which the later ones share:
#    1 lost in transmission       2 filled                    4 bad detector pixel or beyond the aperture
#   16 hot                      256 full well              2048 A-to-D saturated (infrared: signal in zeroth read)
# 4096 cosmic ray by AstroDrizzle                          8192 cosmic ray by CR-SPLIT (infrared: corrected on the ramp)
# Not bad: 64 warm, dark current subtracted; 512 flat less certain (dust, blobs, edges of filters).
_LOST = 1 | 2 | 4
_HST: dict[str, int] = {
    # 32 unstable dark current, 128 bad column of the bias, 1024 charge trap or sink pixel, 16384 marked by a person.
    # Not bad: 8 behind the occulting finger, measured as it is.
    "ACS": _LOST | 16 | 32 | 128 | 256 | 1024 | 2048 | 4096 | 8192 | 16384,
    # 32 charge tail of a hot pixel, later unstable, 128 bad bias, 1024 trap or sink pixel. Not bad: 16384 ghost.
    "WFC3 UVIS": _LOST | 16 | 32 | 128 | 256 | 1024 | 2048 | 4096 | 8192,
    # 8 deviant zeroth read, 32 unstable, 128 bad reference, 16384 more cosmic rays than a ramp can be corrected for.
    # Not bad: 1024, 2048 and 8192, corrected up the ramp.
    "WFC3 IR": _LOST | 8 | 16 | 32 | 128 | 256 | 4096 | 16384,
    # 2 bad in a calibration file (traps), 4 permanent defect, 8 A-to-D saturated, 16 missing, 32 otherwise bad,
    # 128 trap, 512 warm and not repaired. Not bad: 256 above a trap, 1024 warm and repaired, 2048 chip left out.
    "WFPC2": 1 | 2 | 4 | 8 | 16 | 32 | 128 | 512 | 4096,
    # 128 overscan, 512 bad in a reference file. Not bad: 8 behind the occulting bar, 32 and 1024 blemishes (flat),
    # 2048, 4096 and 16384 (of extracted spectra).
    "STIS": _LOST | 16 | 128 | 256 | 512 | 8192,
    # 1 lost, 16 grot (paint flecks), 32 hot or cold, 64 saturated, 128 missing, 256 bad by calibration, 512 cosmic ray.
    # Not bad: 2, 4, 8 uncertain linearity, dark, flat; 1024 source; 2048 zeroth read.
    "NICMOS": 1 | 16 | 32 | 64 | 128 | 256 | 512 | 4096,
}

# JWST: what its own pipeline leaves out when it resamples. DO_NOT_USE (1) is set by whatever step found that a pixel
# has no value; SATURATED, JUMP_DET and the kinds of bad pixels alone say why a value is as it is, and come with a good
# one where the ramp before the event gave it. NON_SCIENCE (512) and REFERENCE_PIXEL (2**31) see no sky.
_JWST = 1 | 512 | 2**31

# LSST and HSC name the bits of a mask by cards MP_*. In a coadd the bits of its inputs are kept although their pixels
# were replaced by other exposures, INTRP over most of a deep one; there only what says that nothing was left counts.
_NAMED_VISIT = ("BAD", "SAT", "INTRP", "CR", "NO_DATA", "UNMASKEDNAN", "CROSSTALK")
_NAMED_COADD = ("BAD", "SAT", "NO_DATA", "UNMASKEDNAN")
_COADD_PLANES = ("INEXACT_PSF", "SENSOR_EDGE", "REJECTED", "CLIPPED")
_PLANE_CARD = re.compile(rb"(?:HIERARCH )?MP_(\w+) *= *(\d+) *(?:/.*)?\Z", re.DOTALL | re.IGNORECASE)

# DES: 1 bad pixel map, 2 saturated, 4 interpolated, 8 dead amplifier, 16 cosmic ray, 64 bleed trail, 128 edge bleed,
# 512 glowing edge. Not bad: 32 near a bright star, 256 perhaps crosstalk, 1024 streak, 2048 suspect, 4096 fixed,
# 8192 near the edge, 16384 tape bump. The MSK of a coadd is 1 where its inputs left nothing.
_DES = 1 | 2 | 4 | 8 | 16 | 64 | 128 | 512

# DECam Community Pipeline. Until version 3.5 bits: 1 bad or no data, 2 saturated, 4 interpolated, 16 cosmic ray,
# 64 bleed trail; not bad: 128 differs from other exposures. Since then codes: 1 bad, 2 no value, 3 saturated, 4 bled
# into, 5 cosmic ray, 6 low weight; not bad: 7 differs from other exposures, 8 streak.
_DECAM_BITS = BadValues(bits=1 | 2 | 4 | 16 | 64)
_DECAM_CODES = BadValues(codes=(1, 2, 3, 4, 5, 6))
_DECAM_CHANGE = (3, 5)

# Legacy Surveys, MASKBITS: bad in every exposure of the bands g, r, z, i. Not bad: outside the brick's own part, near
# a bright star, a large galaxy or a cluster, saturated in one of the exposures, not fitted.
_LEGACY = 1 << 5 | 1 << 6 | 1 << 7 | 1 << 15


def bad_values(file: RawFile, plane: RawHDU) -> BadValues | None:
    """Return which values of a data-quality plane make a pixel bad.

    Parameters
    ----------
    file : RawFile
        The file, whose cards tell the layout.
    plane : RawHDU
        The plane: DQ, MASK, MSK or what else it is called.

    Returns
    -------
    BadValues or None
        None where the layout is not known.
    """
    named = _named_bits(plane)
    if named is not None:
        return BadValues(bits=named)
    telescope, instrument = _word(file, plane, "TELESCOP"), _word(file, plane, "INSTRUME")
    if plane.name == "DQ" and telescope == "HST":
        if instrument == "WFC3":
            instrument = f"WFC3 {_word(file, plane, 'DETECTOR')}"
        return BadValues(bits=_HST[instrument]) if instrument in _HST else None
    if plane.name == "DQ" and telescope == "JWST":
        return BadValues(bits=_JWST)
    if (string_value(plane.cards, "DES_EXT") or "").upper() == "MASK" or (plane.name, instrument) == ("MSK", "DECAM"):
        return BadValues(bits=_DES)
    if instrument == "DECAM" and _word(file, plane, "PRODTYPE") == "DQMASK":
        return _community_pipeline(_word(file, plane, "PLVER"))
    if plane.name == "MASK" and instrument == "DESI" and any(hdu.name == "READNOISE" for hdu in file.hdus):
        return ANY_VALUE  # each of its bits makes the extraction of spectra ignore the pixel
    if plane.name == "MASKBITS":
        return BadValues(bits=_LEGACY)
    return None


def _word(file: RawFile, plane: RawHDU, keyword: str) -> str:
    """Return a string value in upper case: the plane's own, else the primary's, else that of another HDU."""
    for hdu in (plane, *file.hdus):
        value = string_value(hdu.cards, keyword)
        if value and value.strip():
            return value.strip().upper()
    return ""


def _named_bits(plane: RawHDU) -> int | None:
    """Return the bad bits of a mask that names its planes by MP_ cards; None where it does not."""
    numbers: dict[str, int] = {}
    for card in plane.cards:
        if card_keyword(card).startswith(("MP_", "HIERARCH")):
            match = _PLANE_CARD.match(card)
            if match:
                numbers[match.group(1).decode("ascii").upper()] = int(match.group(2))
    if not any(name in numbers for name in _NAMED_VISIT):
        return None
    names = _NAMED_COADD if any(name in numbers for name in _COADD_PLANES) else _NAMED_VISIT
    bits = 0
    for name in names:
        number = numbers.get(name, 64)
        bits |= 1 << number if number < 64 else 0
    return bits


def _community_pipeline(version: str) -> BadValues | None:
    """Return what is bad in a mask of the Community Pipeline, by the pipeline's version ("V4.8.2A", "DES 2.1")."""
    match = re.search(r"(\d+)\.(\d+)", version)
    if match is None:
        return None
    later = (int(match.group(1)), int(match.group(2))) >= _DECAM_CHANGE
    return _DECAM_CODES if later else _DECAM_BITS
