"""What `--json` tells of a denoised image: one that was just made, or one that is there already."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.noise_record import noise_record
from amsd_astro.frames.denoising_record import read_record
from amsd_astro.many.cards import cards_of

if TYPE_CHECKING:
    from astropy.io import fits

    from amsd_astro.frames import Frame
    from amsd_astro.many.done_already import DoneImage, Existing
    from amsd_astro.noise.model import NoiseModel

__all__ = ["describe_existing", "describe_result"]


def describe_result(result: Frame) -> dict[str, Any]:
    """Return what is known of a denoised frame: its noise model and its AMSD cards."""
    return _record(result.header, str(result.unit), result.shape, result.noise)


def describe_existing(existing: Existing, args: argparse.Namespace) -> dict[str, Any]:
    """Return the same of an output that is there already, by its cards; with `--ext all` of each of its images.

    Parameters
    ----------
    existing : Existing
        An output with images that are done.
    args : Namespace
        The command line.
    """
    if args.ext != "all":
        return _of_image(existing.done[0])
    chips = [
        {"hdu": one.hdu.index, "name": one.hdu.name, "version": one.hdu.version, "ok": True, **_of_image(one)}
        for one in existing.done
    ]
    return {"chips": chips}


def _of_image(image: DoneImage) -> dict[str, Any]:
    record = read_record(image.header)
    unit = image.header.get("BUNIT")
    noise = None if record is None else record.noise
    return _record(image.header, unit if isinstance(unit, str) else "", image.hdu.shape[-2:], noise)


def _record(header: fits.Header, unit: str, shape: Sequence[int], noise: NoiseModel | None) -> dict[str, Any]:
    cards = cards_of(header)
    record = read_record(header)
    return {
        "recipe": cards.get("AMSDRCP"),
        "mode": cards.get("AMSDMODE"),
        "steps": cards.get("AMSDSTEP"),
        "seed": cards.get("AMSDSEED"),
        "risk": cards.get("AMSDRISK"),
        "trusted": record is None or record.is_trusted,
        "unchanged": bool(cards.get("AMSDSAME", False)),
        "unit": unit,
        "shape": list(shape),
        "noise": noise_record(noise),
        "cards": cards,
    }
