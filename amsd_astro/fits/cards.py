"""Raw 80-byte header cards: reading a value, changing one, and merging an edited header back into them.

A card nobody touched is carried as the bytes it came in; only touched cards are ever formatted.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import Any

from astropy.io import fits

from amsd_astro.errors import FrameError

__all__ = [
    "BLANK_CARD",
    "card_image",
    "card_keyword",
    "card_value",
    "find_card",
    "float_value",
    "group_cards",
    "header_from_cards",
    "int_value",
    "make_card",
    "merge_cards",
    "replace_value",
    "string_value",
]

BLANK_CARD = b" " * 80
_INTEGER = re.compile(r"[+-]?\d+\Z")
_STRING = re.compile(rb" *'((?:[^']|'')*)'")


def card_keyword(card: bytes) -> str:
    """Return the keyword of a raw card, in upper case and without trailing blanks."""
    return card[:8].decode("latin-1").strip().upper()


def card_value(card: bytes) -> str | None:
    """Return the value field of a raw card as text, without its comment; None where the card has no value.

    Strings keep their quotes.
    """
    if card[8:9] != b"=":
        return None
    field = card[9:]
    match = _STRING.match(field)
    if match:
        return match.group(0).decode("latin-1").strip()
    return field.split(b"/", 1)[0].decode("latin-1").strip()


def find_card(cards: Iterable[bytes], keyword: str) -> bytes | None:
    """Return the first raw card with a keyword, None without one."""
    name = keyword.ljust(8).encode("ascii")
    return next((card for card in cards if card[:8].upper() == name), None)


def string_value(cards: Iterable[bytes], keyword: str) -> str | None:
    """Return a string value without quotes and trailing blanks; an unquoted one as it stands; None without a card."""
    rest = iter(cards)
    card = find_card(rest, keyword)
    text = None if card is None else card_value(card)
    if text is None:
        return None
    if not text.startswith("'"):
        return text.rstrip()
    text = text[1:].removesuffix("'").rstrip()
    parts: list[str] = []
    for more in rest:
        match = _STRING.match(more, 8) if more[:8] == b"CONTINUE" and text.endswith("&") else None
        if match is None:
            break
        parts.append(text[:-1])
        text = match.group(1).decode("latin-1").rstrip()
    return "".join([*parts, text]).replace("''", "'").rstrip()


def int_value(cards: Iterable[bytes], keyword: str) -> int | None:
    """Return an integer value, None without a card.

    Raises
    ------
    ValueError
        The value is not an integer; the text of it is the argument.
    """
    card = find_card(cards, keyword)
    if card is None:
        return None
    text = card_value(card)
    if text is None or not _INTEGER.match(text):
        raise ValueError(text or "nothing")
    return int(text)


def float_value(cards: Iterable[bytes], keyword: str) -> float | None:
    """Return a number, None without a card.

    Raises
    ------
    ValueError
        The value is not a number; the text of it is the argument.
    """
    card = find_card(cards, keyword)
    if card is None:
        return None
    text = card_value(card)
    try:
        return float((text or "").upper().replace("D", "E").replace("_", "?"))
    except ValueError:
        raise ValueError(text or "nothing") from None


def make_card(keyword: str, value: str | int | bool, comment: str = "") -> bytes:
    """Format a card in fixed format.

    Parameters
    ----------
    keyword : str
        At most eight characters.
    value : str, int or bool
        A string is quoted.
    comment : str, optional
        Cut where the card is full.
    """
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, int):
        text = f"{value:>20}"
    else:
        quoted = value.replace("'", "''")
        text = f"'{quoted:<8}'".ljust(20)
    card = f"{keyword:<8}= {text}"
    if comment:
        card = f"{card} / {comment}"
    return card.encode("latin-1")[:80].ljust(80)


def replace_value(card: bytes, text: str) -> bytes:
    """Return a raw card with another (unquoted) value; keyword and comment stay as they are."""
    value = f"{text:>20}".encode("ascii")
    field = card[9:]
    match = _STRING.match(field)
    slash = field.find(b"/", match.end() if match else 0)
    head = card[:8] + b"= " + value
    if slash < 0:
        return head.ljust(80)[:80]
    comment = field[slash:].rstrip()
    room = 80 - len(head) - 1
    if 9 + slash > len(head) and 9 + slash + len(comment) <= 80:
        return (head.ljust(9 + slash) + comment).ljust(80)
    return (head + b" " + comment[:room]).ljust(80)


def group_cards(cards: Sequence[bytes]) -> list[bytes]:
    """Join each card with the CONTINUE cards that follow it."""
    runs: list[list[bytes]] = []
    for card in cards:
        if runs and card[:8] == b"CONTINUE":
            runs[-1].append(card)
        else:
            runs.append([card])
    return [run[0] if len(run) == 1 else b"".join(run) for run in runs]


def header_from_cards(cards: Sequence[bytes]) -> fits.Header:
    """Parse raw cards into an astropy header, odd ones included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fits.Header([fits.Card.fromstring(run.decode("latin-1")) for run in group_cards(cards)])


def _signature(card: fits.Card) -> tuple[str, ...]:
    """Return what two cards share when neither was edited; never raises."""
    try:
        keyword = str(card.keyword)
    except Exception:  # noqa: BLE001 - whatever an invalid card raises, it is compared by its image
        return "unparsable", str(getattr(card, "_image", ""))
    try:
        value, comment = card.value, card.comment
    except Exception:  # noqa: BLE001
        return "unparsable", keyword, str(getattr(card, "_image", ""))
    text = "undefined" if isinstance(value, fits.card.Undefined) else repr(value)
    return "card", keyword, text, str(comment)


def _fixed_signature(card: fits.Card) -> tuple[str, ...]:
    """Return the signature a card has after astropy printed (and so repaired) it."""
    try:
        return _signature(fits.Card.fromstring(str(fits.Card.fromstring(card_image(card)))))
    except Exception:  # noqa: BLE001
        return _signature(card)


def card_image(card: fits.Card) -> str:
    """Return the text of a card without changing the card."""
    image = getattr(card, "_image", None)
    return image if image and not getattr(card, "_modified", False) else str(card)


def _format(card: fits.Card) -> bytes:
    """Return the bytes of a card that was added or edited."""
    try:
        image = str(card).encode("ascii")
    except Exception as error:
        name = getattr(card, "_keyword", None) or "?"
        raise FrameError(f"the header card {name!r} cannot be written ({error}).") from error
    if len(image) % 80 or b"\n" in image:
        raise FrameError(f"the header card {card.keyword!r} cannot be written: it is not made of 80-byte cards.")
    return image


class _Pool:
    """Raw runs of the source that no card of the edited header has claimed yet."""

    def __init__(self, runs: Sequence[bytes]) -> None:
        self._runs: dict[tuple[str, ...], deque[bytes]] = defaultdict(deque)
        for run in runs:
            self._runs[_signature(fits.Card.fromstring(run.decode("latin-1")))].append(run)
        self._fixed: dict[tuple[str, ...], deque[bytes]] | None = None

    def claim(self, card: fits.Card) -> bytes | None:
        """Return the raw bytes of an untouched card."""
        runs = self._runs.get(_signature(card))
        return runs.popleft() if runs else None

    def claim_fixed(self, card: fits.Card) -> bytes | None:
        """Return the raw bytes of a card that was repaired by being looked at, not by being edited."""
        if self._fixed is None:
            self._fixed = defaultdict(deque)
            for run in (run for runs in self._runs.values() for run in runs):
                self._fixed[_fixed_signature(fits.Card.fromstring(run.decode("latin-1")))].append(run)
        runs = self._fixed.get(_fixed_signature(card))
        return runs.popleft() if runs else None


def merge_cards(cards: Sequence[bytes], header: fits.Header) -> list[bytes]:
    """Bring the changes made on a parsed header back to the raw cards it was parsed from.

    Parameters
    ----------
    cards : sequence of bytes
        Raw 80-byte cards of the source, without END.
    header : `~astropy.io.fits.Header`
        The header as edited since; never changed here.

    Returns
    -------
    list of bytes
        80-byte cards in the order of `header`. A card that was not edited has the very bytes of the source, whether
        or not it follows the standard; astropy's habit of eating blank cards at the end is undone.

    Raises
    ------
    FrameError
        An added or edited card cannot be written.
    """
    runs = group_cards(cards)
    n_tail = 0
    while n_tail < len(runs) and runs[-1 - n_tail] == BLANK_CARD:
        n_tail += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _merge(runs[: len(runs) - n_tail], n_tail, header.copy().cards)


def _merge(runs: list[bytes], n_tail: int, edited: Any) -> list[bytes]:
    pool = _Pool(runs)
    claimed = [(card, pool.claim(card)) for card in edited]
    merged: list[bytes] = []
    after_source = 0  # where the last card of the source ends: its trailing blanks belong there
    spare = n_tail
    for card, raw in claimed:
        if raw is None:
            raw = None if card.is_blank else pool.claim_fixed(card)
            if raw is None:
                if card.is_blank and spare:
                    spare -= 1
                else:
                    merged.append(_format(card))
                continue
        merged.append(raw)
        after_source = len(merged)
    merged[after_source:after_source] = [BLANK_CARD] * n_tail
    return [run[i : i + 80] for run in merged for i in range(0, len(run), 80)]
