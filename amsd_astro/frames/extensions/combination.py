"""What several exposures gave besides their one image: the mean that was denoised, what it is made of, what varied."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Table
from numpy.typing import NDArray

from amsd_astro.fits.cards import make_card
from amsd_astro.fits.hdu_bytes import Pieces

__all__ = ["COMBINED_KEYWORD", "Combination", "number_of_exposures", "stated_by", "table_hdu"]

COMBINED_KEYWORD = "AMSDNCOM"
"""Card of an image that several exposures make: how many. What lies beside it of the reference describes that alone."""

_CARD = 80


@dataclass(frozen=True, eq=False)
class Combination:
    """What several exposures gave besides their one image.

    Attributes
    ----------
    mean : ndarray of float32, shape (ny, nx)
        Their weighted mean, in the unit of the image; NaN where none has light.
    mean_sigma : ndarray of float32, shape (ny, nx)
        Its 1-sigma error.
    n_exposures : ndarray of uint16, shape (ny, nx)
        How many count at each pixel.
    exposures : `~astropy.table.Table`
        A row for each exposure: name, checksum, placement, light, weight and what was rejected.
    variables : `~astropy.table.Table`
        A row for each place where they disagree beyond their errors and no blemish is the reason.
    """

    mean: NDArray[np.float32]
    mean_sigma: NDArray[np.float32]
    n_exposures: NDArray[np.uint16]
    exposures: Table
    variables: Table

    @property
    def planes(self) -> Iterator[tuple[str, NDArray[np.float32] | NDArray[np.uint16], str]]:
        """Names of the image extensions, their pixels, and a comment on each."""
        yield "AMSD_MEAN", self.mean, "weighted mean of the exposures"
        yield "AMSD_MEAN_SIGMA", self.mean_sigma, "one standard deviation of AMSD_MEAN"
        yield "AMSD_NEXP", self.n_exposures, "exposures that count at each pixel"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The table of exposures as plain values, None where there is none."""
        return [{name: _plain(row[name]) for name in self.exposures.colnames} for row in self.exposures]

    @property
    def tables(self) -> Iterator[tuple[str, Table]]:
        """Names of the table extensions, and the tables."""
        yield "AMSD_EXPOSURES", self.exposures
        yield "AMSD_VARIABLES", self.variables


def _plain(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def table_hdu(name: str, table: Table, own_cards: Sequence[bytes]) -> tuple[list[bytes], Pieces]:
    """Return cards and bytes of a table.

    Parameters
    ----------
    name : str
        EXTNAME.
    table : `~astropy.table.Table`
        The rows; columns of text, numbers or vectors of these.
    own_cards : sequence of bytes
        Added at the end.

    Returns
    -------
    list of bytes, callable
        As `write_hdu` takes them.
    """
    stream = io.BytesIO()
    fits.BinTableHDU(table, name=name).writeto(stream)
    written = stream.getvalue()
    with fits.open(io.BytesIO(written)) as hdus:
        header, place = hdus[1].header, hdus[1].fileinfo()["datLoc"]
    text = header.tostring(endcard=False, padding=False).encode("ascii")
    cards = [text[start : start + _CARD] for start in range(0, len(text), _CARD)]
    rows = np.frombuffer(written, np.uint8, header["NAXIS1"] * header["NAXIS2"], place)
    return [*cards, *own_cards], lambda: [rows]


def stated_by(index: int, version: int) -> list[bytes]:
    """Return the cards by which one of our extensions says which image it belongs to."""
    return [
        make_card("EXTVER", version, "as that of the image"),
        make_card("AMSDHDU", index, "HDU of the image, 0 is the primary"),
    ]


def number_of_exposures(header: fits.Header) -> int:
    """Return of how many exposures an image was made here, 1 where the header does not tell."""
    try:
        value = header.get(COMBINED_KEYWORD)
    except fits.VerifyError:
        return 1
    return value if isinstance(value, int) and not isinstance(value, bool) else 1
