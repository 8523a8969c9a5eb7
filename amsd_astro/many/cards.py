"""The cards that tell how an image was denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["cards_of"]


def cards_of(header: fits.Header) -> dict[str, Any]:
    """Return the AMSD cards of the header of a denoised image; those of a file can be anything."""
    from amsd_astro.fits.world_coordinates import clean_header

    clean = clean_header(header)
    return {str(key): clean[key] for key in clean if str(key).startswith("AMSD")}
