"""One file's way through the product: read, measure the noise, write, read again, with a look at what came out."""

from __future__ import annotations

import traceback
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from own_files import OF_OWN_FILES, draw_own_files

import amsd_astro
from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.fits.hdu_selection import named_hdu
from amsd_astro.fits.raw_hdus import RawFile, RawHDU
from amsd_astro.fits.scanning import scan
from amsd_astro.frames import Frame, read_frame, write_frame
from amsd_astro.frames.denoised import Denoised, assemble
from amsd_astro.frames.noise import measure_noise

__all__ = ["Plan", "Verdict", "draw_plan", "travel"]

_PACKAGE = str(Path(amsd_astro.__file__).parent)
_NAMES = (
    *("SCI", "ERR", "DQ", "WHT", "MASK", "IMAGE", "VAR", "sci , 1", "SCI,2", "PRIMARY", "AMSD_SIGMA"),
    *("", "ERR,9", "\0"),
)
_BITS = (0, 1, 2, 4, 255, 2**15, 2**31, 2**63, 2**64 + 1, -1)
_OURS = ("AMSD_SIGMA", "AMSD_FLAGS")
_LARGEST = 3_000_000
_FREE_CARDS = (b"EXTEND", b"NEXTEND", b"CHECKSUM", b"DATASUM")


@dataclass(frozen=True)
class Plan:
    """What is done with the file of an index: `scan` alone or the whole way with options; and how the file is named.

    ``beside`` has other files in its folder, by their names: what `other_file` makes them of.
    """

    index: int
    scan_only: bool
    name: str
    options: dict[str, Any]
    beside: dict[str, int] = field(default_factory=dict)


@dataclass
class Verdict:
    """How it went.

    Attributes
    ----------
    outcome : str
        "written", "scanned", "refused" (by a FrameError), "late" (refused when a denoiser would have done its work
        already: a pity, but allowed), or one that is not allowed: "exception", "memory", "output", "message" (a
        FrameError that does not tell why in one printable line); the parent adds "crash" and "hang".
    stage : str
        Where it ended.
    error : str
        Kind of the exception.
    where : str
        The place in the package that raised it.
    detail : str
        End of the traceback, or what is wrong with the output.
    warned : list of str
        Warnings of numpy and Python that came out of the package.
    """

    outcome: str
    stage: str
    error: str = ""
    where: str = ""
    detail: str = ""
    warned: list[str] = field(default_factory=list)
    seconds: float = 0.0
    grown: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


class _WrongOutputError(Exception):
    """What was written is not what had to be written."""


def draw_plan(seed: int, index: int) -> Plan:
    """Draw how a file is read: mostly by default."""
    rng = np.random.default_rng([seed, index, 1])
    name = "in" + str(rng.choice([".fits", ".fits", ".fits", ".fits.gz", ".fits.fz", ".bz2", ".xz", " [1].fit"]))
    how = rng.random()
    options: dict[str, Any] = {}
    if how > 0.75:
        for option, chance in (("ext", 0.6), ("mask_ext", 0.4), ("mask_bits", 0.3), ("error_ext", 0.4)):
            if rng.random() >= chance:
                continue
            if option == "mask_bits":
                options[option] = _BITS[int(rng.integers(len(_BITS)))]
            elif rng.random() < 0.6:
                options[option] = int(rng.choice([0, 1, 1, 1, 2, 3, 4, -1, 999]))
            else:
                options[option] = str(rng.choice(_NAMES))
    own_name, own_options, beside = draw_own_files(rng, index)
    return Plan(index, how < 0.08, own_name or name, options | own_options, beside)


def travel(path: Path, target: Path, plan: Plan) -> Verdict:
    """Take a file all the way; whatever happens is told in the verdict."""
    verdict = Verdict("written", "scan")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            _travel(path, target, plan, verdict)
        except _WrongOutputError as error:
            verdict.outcome, verdict.detail = "output", str(error)
        except Exception as error:  # noqa: BLE001 - the very thing that is looked for
            verdict.outcome = _kind(error, verdict.stage)
            verdict.error, verdict.where, verdict.detail = type(error).__name__, _place(error), _tail(error)
        if verdict.outcome in ("refused", "late"):
            left = sorted(
                entry.name for entry in target.parent.iterdir() if entry.name not in (path.name, *plan.beside)
            )
            if left:
                verdict.outcome, verdict.detail = "output", f"refused, yet files are left: {left}"
    verdict.warned = sorted(
        {
            f"{Path(one.filename).name}:{one.lineno} {one.category.__name__} {one.message}"[:160]
            for one in caught
            if one.filename.startswith(_PACKAGE) and not issubclass(one.category, AmsdWarning)
        }
    )
    return verdict


def _kind(error: Exception, stage: str) -> str:
    """Return the outcome that an exception is."""
    if isinstance(error, MemoryError):
        return "memory"
    if not isinstance(error, FrameError):
        return "exception"
    if stage == "read again":
        return "output"
    if not error.message or not error.message.isprintable():
        return "message"
    return "refused" if stage in ("scan", "read", "noise") else "late"


def _travel(path: Path, target: Path, plan: Plan, verdict: Verdict) -> None:
    if plan.scan_only:
        scan(path)
        verdict.outcome = "scanned"
        return
    verdict.stage = "read"
    frame = read_frame(path, **_with_folder(plan.options, path.parent))
    if frame.data.size > _LARGEST:
        verdict.outcome = "scanned"  # a sound claim of an absurd size: the noise takes its time there
        return
    verdict.stage = "noise"
    noise = measure_noise(frame)
    verdict.stage = "assemble"
    pixels = frame.data * frame.data.dtype.type(0.75)
    pixels[~np.isfinite(pixels)] = 0
    sigma = np.full(frame.data.shape, 1.5, np.float32)
    arrays = Denoised.like(frame)
    arrays.fill(frame, (slice(0, sigma.shape[0]), slice(0, sigma.shape[1])), pixels, sigma, sigma < 0)
    result = assemble(frame, noise, arrays, {"AMSDSTEP": (3, "steps")})
    verdict.stage = "write"
    write_frame(result, target)
    verdict.stage = "read again"
    _check(path, target, result, plan)


def _with_folder(options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return options whose names of files are those in a folder."""
    named = {name: str(folder / value) for name, value in options.items() if name in ("mask_file", "error_file")}
    return {**options, **named}


def _check(path: Path, target: Path, result: Frame, plan: Plan) -> None:
    """Hold what was written against what had to be written."""
    source = result.source
    assert source is not None
    before, after = scan(path, warn=False), scan(target, warn=False)
    image = before.hdus[source.hdu]
    kept = [hdu for hdu in before.hdus if hdu is image or not _replaced(hdu, image)]
    place = kept.index(image)
    places = {hdu.index: -1 for hdu in before.hdus} | {hdu.index: place for place, hdu in enumerate(kept)}
    for old, new in zip(kept, after.hdus, strict=False):
        if old is not image:
            _compare(before, old, after, new, places)
    if len(after.hdus) != len(kept) + 2:
        raise _WrongOutputError(f"{len(kept) + 2} HDUs were to be written, there are {len(after.hdus)}")
    options = {name: value for name, value in plan.options.items() if name not in OF_OWN_FILES} | {"ext": place}
    if plan.options.keys() & set(OF_OWN_FILES):  # they are of the other file: what came of it is in our extensions
        options = {"ext": place}
    for key in ("mask_ext", "error_ext"):
        if key in options:
            plane = named_hdu(before, options[key])
            if plane is image or plane not in kept:
                return  # read as its own mask, the image is another one now
            options[key] = kept.index(plane)
    again = read_frame(target, **options)
    if not np.array_equal(np.isnan(again.data), np.isnan(result.data)):
        raise _WrongOutputError("the pixels that are NaN are others")
    if again.data.dtype != result.data.dtype or not np.array_equal(again.data, result.data, equal_nan=True):
        raise _WrongOutputError(f"the pixels are others ({result.data.dtype}, read again {again.data.dtype})")
    if again.flags is None or not np.array_equal(again.flags, result.flags):
        raise _WrongOutputError("the flags are missing or others")
    wanted = result.uncertainty.array
    if again.uncertainty is None or not np.array_equal(again.uncertainty.array, wanted, equal_nan=True):
        raise _WrongOutputError("the 1-sigma map is missing or another")


def _replaced(hdu: RawHDU, image: RawHDU) -> bool:
    """Whether an HDU is one of ours, of an earlier run on this image."""
    if hdu.name not in _OURS or hdu.index == 0:
        return False
    return _stated(hdu) == image.index


def _stated(hdu: RawHDU) -> int | None:
    """Return the number of the image that one of our HDUs says it describes."""
    card = next((card for card in hdu.cards if card[:8].upper() == b"AMSDHDU "), b"")
    number = card[9:].split(b"/")[0].strip()
    sound = card[8:9] == b"=" and number[number[:1] in (b"+", b"-") :].isdigit()
    return int(number) if sound else None


def _compare(before: RawFile, old: RawHDU, after: RawFile, new: RawHDU, places: dict[int, int]) -> None:
    """Check that an HDU that is not the image's came through byte by byte, but for the number of its image."""
    free = () if old.index else _FREE_CARDS
    stated = _stated(old) if old.name in _OURS else None
    if stated is not None and places.get(stated, stated) != stated:
        free = (*_FREE_CARDS, b"AMSDHDU")
        if _stated(new) != places[stated]:
            raise _WrongOutputError(f"HDU {old.index} is said to be of HDU {_stated(new)}, not of {places[stated]}")

    def cards(hdu: RawHDU) -> list[bytes]:
        return [card for card in hdu.cards if card[:8].upper().rstrip() not in free]

    if cards(old) != cards(new):
        raise _WrongOutputError(f"cards of HDU {old.index} changed")
    if _data(before, old) != _data(after, new):
        raise _WrongOutputError(f"data of HDU {old.index} changed")


def _data(file: RawFile, hdu: RawHDU) -> bytes:
    if not hdu.data_size:
        return b""
    file.stream.seek(hdu.data_offset)
    return file.stream.read(hdu.data_size)


def _place(error: BaseException) -> str:
    """Return the function of the package that the exception came out of."""
    calls = [call for call in traceback.extract_tb(error.__traceback__) if call.filename.startswith(_PACKAGE)]
    return f"{Path(calls[-1].filename).name}:{calls[-1].name}" if calls else ""


def _tail(error: BaseException) -> str:
    """Return the last calls of a traceback and what was raised."""
    calls = traceback.extract_tb(error.__traceback__)[-4:]
    lines = [
        f"{call.filename}:{call.lineno} {call.name}: {call.line}".replace(_PACKAGE, "amsd_astro") for call in calls
    ]
    return "\n".join([*lines, f"{type(error).__name__}: {str(error)[:400]!a}"])
