"""Whether an output is there already, made of the same input, with the same options, weights and version."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amsd_astro.errors import OutputExistsError
from amsd_astro.many.existing_outputs import OPTIONS_KEYWORD
from amsd_astro.version import __version__

if TYPE_CHECKING:
    from astropy.io import fits

    from amsd_astro.fits.raw_hdus import RawHDU

__all__ = ["SKIPPED", "DoneImage", "Existing", "Wanted", "look_at"]

SKIPPED = "the output is there, from the same input and options"
_SOURCE_KEYWORD, _VERSION_KEYWORD, _WEIGHTS_KEYWORD = "AMSDSRC", "AMSDVERS", "AMSDHASH"


@dataclass(frozen=True)
class Wanted:
    """What the cards of an output record that has not to be made again.

    Attributes
    ----------
    inputs : str or None
        Checksum of what it is made of, None where that cannot be read.
    options : str
        Digest of the options.
    weights : callable
        Returns the hash of the weights, None where it cannot be told beforehand.
    inputs_keyword : str
        Card of the checksum.
    """

    inputs: str | None
    options: str
    weights: Callable[[], str | None]
    inputs_keyword: str = _SOURCE_KEYWORD

    def differences(self, header: fits.Header) -> list[str]:
        """Return what the cards of an image record otherwise, in words."""
        version, weights = header.get(_VERSION_KEYWORD), header.get(_WEIGHTS_KEYWORD)
        found = []
        if self.inputs is None or header.get(self.inputs_keyword) != self.inputs:
            found.append("from another input")
        if header.get(OPTIONS_KEYWORD) != self.options:
            found.append("with other options")
        if version not in (None, __version__):  # a mean that is not denoised records none
            found.append(f"by version {version}, and this is {__version__}")
        if not found and weights is not None and self.weights() not in (None, weights):
            found.append("with other weights")
        return found


@dataclass(frozen=True)
class DoneImage:
    """An image of an output that has not to be made again.

    Attributes
    ----------
    hdu : RawHDU
        Where it is.
    header : `~astropy.io.fits.Header`
        Its cards.
    """

    hdu: RawHDU
    header: fits.Header


@dataclass(frozen=True)
class Existing:
    """What is there in the place of an output.

    Attributes
    ----------
    done : tuple of DoneImage
        Its images that have not to be made again.
    otherwise : str
        What else it is, in words; empty where nothing is there, or nothing can be said of it.
    """

    done: tuple[DoneImage, ...] = ()
    otherwise: str = ""

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Let an error that says that the output exists say what it is."""
        try:
            yield
        except OutputExistsError as error:
            if not (self.otherwise and error.cure):
                raise
            message = f"{str(error.args[0]).rstrip('.')}, but {self.otherwise}."
            raise OutputExistsError(message, cure=error.cure) from None


def look_at(output: str | os.PathLike[str], wanted: Wanted) -> Existing:
    """Look whether there is a whole output whose cards record what is wanted.

    Parameters
    ----------
    output : path-like
        The output; at an address it is fetched.
    wanted : Wanted
        What is to be recorded.
    """
    from amsd_astro.errors import FrameError
    from amsd_astro.fits.cards import card_keyword
    from amsd_astro.fits.scanning import scan
    from amsd_astro.remote.addresses import is_address
    from amsd_astro.remote.fetching import fetched

    if not is_address(output) and not os.path.isfile(output):
        return Existing()
    try:
        with fetched(output) as local:
            file = scan(local, warn=False)
            file.stream.close()
    except FrameError as error:
        return Existing(otherwise=f"is damaged ({error.message.rstrip('.')})")
    except OSError:
        return Existing()
    ours = {OPTIONS_KEYWORD, wanted.inputs_keyword}
    images = [_image(hdu) for hdu in file.hdus if any(card_keyword(card) in ours for card in hdu.cards)]
    if not images:
        return Existing(otherwise="does not record what it was made of and how")
    unlike = [wanted.differences(one.header) for one in images]
    done = tuple(one for one, differences in zip(images, unlike, strict=True) if not differences)
    return Existing(done) if done else Existing(otherwise=f"was made {_in_words(min(unlike, key=len))}")


def _image(hdu: RawHDU) -> DoneImage:
    from amsd_astro.fits.cards import header_from_cards
    from amsd_astro.fits.tile_cards import image_cards
    from amsd_astro.fits.world_coordinates import clean_header

    cards = image_cards(hdu) if hdu.kind == "compressed" else hdu.cards
    return DoneImage(hdu, clean_header(header_from_cards(cards)))


def _in_words(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
