"""Units as files spell them."""

from __future__ import annotations

import warnings

import pytest
from astropy import units as u

from amsd_astro.errors import AmsdWarning
from amsd_astro.frames import parse_unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("ADU", u.adu),
        ("counts", u.ct),
        ("COUNTS/S", u.ct / u.s),
        ("ELECTRONS", u.electron),
        ("ELECTRONS/S", u.electron / u.s),
        ("e-/s", u.electron / u.s),
        ("e- s-1", u.electron / u.s),
        ("DN/s", u.adu / u.s),
        ("DN per s", u.adu / u.s),
        ("MJy/sr", u.MJy / u.sr),
        ("MJY/SR", u.MJy / u.sr),
        ("mJy", u.mJy),
        ("nJy", u.nJy),
        ("Jy/beam", u.Jy / u.beam),
        ("photon", u.ph),
        ("erg/s/cm2/Angstrom", u.erg / u.s / u.cm**2 / u.AA),
        ("10**(-16) erg/s/cm**2/angstrom/pixel", 1e-16 * u.erg / u.s / u.cm**2 / u.AA / u.pix),
        ("", u.dimensionless_unscaled),
        (None, u.dimensionless_unscaled),
        ("UNITLESS", u.dimensionless_unscaled),
    ],
)
def test_known_spellings(text: str | None, unit: u.UnitBase) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse_unit(text).is_equivalent(unit)
        assert (1 * parse_unit(text)).to_value(unit) == pytest.approx(1)


def test_nanomaggies_are_a_flux() -> None:
    assert parse_unit("nanomaggy").to(u.Jy) == pytest.approx(3.631e-6)


@pytest.mark.parametrize("text", ["florps", "Jy**922337203685477", "10**99999 Jy", "((", "é"])
def test_the_unknown_is_a_warning(text: str) -> None:
    with pytest.warns(AmsdWarning, match="not understood"):
        assert parse_unit(text) == u.dimensionless_unscaled
