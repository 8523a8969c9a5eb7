"""The cards that tell how an image was denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amsd_astro.frames import Frame

__all__ = ["cards_of"]


def cards_of(frame: Frame) -> dict[str, Any]:
    """Return the AMSD cards of a denoised image; those of a file can be anything."""
    from amsd_astro.fits.world_coordinates import clean_header

    header = clean_header(frame.header)
    return {str(key): header[key] for key in header if str(key).startswith("AMSD")}
