"""Units of pixel values as they are found in files, the standard's spelling or not."""

from __future__ import annotations

import re
import warnings

from astropy import units as u

from amsd_astro.errors import AmsdWarning

__all__ = ["parse_unit"]

_ADU, _ELECTRON, _COUNT, _PHOTON = u.adu, u.electron, u.count, u.photon
_NANOMAGGY = u.def_unit("nanomaggy", 3.631e-6 * u.Jy, doc="flux unit of SDSS: an AB magnitude of 22.5")

# Words of a unit, in lower case, that astropy does not know or knows as something else.
_WORDS: dict[str, u.UnitBase] = {
    "adu": _ADU,
    "adus": _ADU,
    "dn": _ADU,
    "dns": _ADU,
    "analog_digital_units": _ADU,
    "count": _COUNT,
    "counts": _COUNT,
    "cnts": _COUNT,
    "cts": _COUNT,
    "ct": _COUNT,
    "e": _ELECTRON,
    "e-": _ELECTRON,
    "elec": _ELECTRON,
    "electron": _ELECTRON,
    "electrons": _ELECTRON,
    "photoelectron": _ELECTRON,
    "photoelectrons": _ELECTRON,
    "photon": _PHOTON,
    "photons": _PHOTON,
    "s": u.s,
    "sec": u.s,
    "secs": u.s,
    "second": u.s,
    "seconds": u.s,
    "pix": u.pix,
    "pixel": u.pix,
    "pixels": u.pix,
    "angstrom": u.AA,
    "angstroms": u.AA,
    "ang": u.AA,
    "micron": u.micron,
    "microns": u.micron,
    "erg": u.erg,
    "ergs": u.erg,
    "cm": u.cm,
    "hz": u.Hz,
    "nanomaggy": _NANOMAGGY,
    "nanomaggies": _NANOMAGGY,
    "nmgy": _NANOMAGGY,
    "jy": u.Jy,
    "mjy": u.mJy,
    "ujy": u.uJy,
    "njy": u.nJy,
    "microjy": u.uJy,
    "nanojy": u.nJy,
    "millijy": u.mJy,
    "sr": u.sr,
    "str": u.sr,
    "steradian": u.sr,
    "arcsec": u.arcsec,
    "beam": u.beam,
    "MJY": u.MJy,  # all capitals is how infrared surveys write mega
    "mag": u.mag,
}
_NONE = {"", "none", "unitless", "dimensionless", "unknown", "n/a", "na", "null", "relative", "normalized", "arbitrary"}
_LONGEST = 200  # characters of a unit that a warning shows: a chain of cards has no end
_NUMBER = re.compile(r"(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?))\Z", re.IGNORECASE)
_FACTOR = re.compile(r"(?P<word>e-(?![\d])|[A-Za-z_]+)\s*(?:(?:\*\*|\^)?\s*\(?(?P<power>[+-]?\d+)\)?)?\Z")
_TEN = re.compile(r"10\s*(?:\*\*|\^)\s*\(?\s*([+-]?\d+)\s*\)?")


def parse_unit(text: str | None, *, where: str = "BUNIT") -> u.UnitBase:
    """Return the unit a string stands for.

    Parameters
    ----------
    text : str or None
        As found in the file; None or empty for no unit.
    where : str, optional
        For the warning.

    Returns
    -------
    `~astropy.units.UnitBase`
        Dimensionless, with an `AmsdWarning`, where the string is not understood.
    """
    stripped = (text or "").strip()
    if stripped.lower() in _NONE:
        return u.dimensionless_unscaled
    # "MJy" is mega and "mJy" milli: only words whose case carries no meaning may be folded before astropy looks.
    if "jy" not in stripped.lower():
        try:
            return _by_words(stripped)
        except (ValueError, KeyError, ArithmeticError):
            pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for form in ("fits", "generic"):
            try:
                return u.Unit(stripped, format=form, parse_strict="raise")
            except Exception:  # noqa: BLE001, S112 - the parsers raise several kinds
                continue
    try:
        return _by_words(stripped)
    except (ValueError, KeyError, ArithmeticError):
        pass
    received = repr(stripped) if len(stripped) <= _LONGEST else f"{stripped[:_LONGEST]!r}..."
    warnings.warn(
        f"{where} is not understood, pixels are taken as numbers. Received: {received}", AmsdWarning, stacklevel=3
    )
    return u.dimensionless_unscaled


def _by_words(text: str) -> u.UnitBase:
    """Parse products and quotients of known words, case aside where it is safe.

    Raises
    ------
    ValueError, KeyError
        Something in it is not known.
    """
    unit: u.UnitBase = u.dimensionless_unscaled
    scale = 1.0
    power_of_ten = _TEN.search(text)
    if power_of_ten:
        scale = 10.0 ** int(power_of_ten.group(1))
        text = text[: power_of_ten.start()] + " " + text[power_of_ten.end() :]
    text = re.sub(r"\s+per\s+", "/", text.strip(), flags=re.IGNORECASE)
    text = re.sub(r"[()\[\]{}]", " ", text) if text.count("/") <= 1 else text
    for i, quotient in enumerate(text.split("/")):
        for factor in re.split(r"(?<!\*)\*(?!\*)|\.|\s+", quotient.strip()):
            if not factor:
                continue
            number = _NUMBER.match(factor)
            if number:
                scale *= float(number.group(1)) ** (1 if i == 0 else -1)
                continue
            match = _FACTOR.match(factor)
            if not match:
                raise ValueError(factor)
            word = match.group("word")
            known = _WORDS[word] if word in _WORDS else _WORDS[_foldable(word)]
            power = int(match.group("power") or 1)
            unit = unit * known ** (power if i == 0 else -power)
    if unit == u.dimensionless_unscaled:
        raise ValueError(text)
    return unit if scale == 1.0 else u.Unit(scale * unit)


def _foldable(word: str) -> str:
    """Return a word in lower case, unless its case tells a prefix (MJy, mJy)."""
    folded = word.lower()
    if folded.endswith("jy") and folded not in ("jy", "microjy", "nanojy", "millijy"):
        raise KeyError(word)  # milli or mega: not ours to guess
    return folded
