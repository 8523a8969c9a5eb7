"""What the name of an HDU, or its cards, say it is: image, mask, errors, weights; and which HDUs belong together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from amsd_astro.fits.layouts.table import layout_table

__all__ = ["PlaneName", "Role", "plane_name", "plane_names", "role_by_cards"]

Role = Literal["image", "sigma", "variance", "inverse", "coverage", "mask", "other", ""]
"""What a plane is; empty where its name does not tell."""

_ROLES: tuple[Role, ...] = ("image", "sigma", "variance", "inverse", "coverage", "mask", "other")
_SEPARATORS = "._ /-"


@dataclass(frozen=True)
class PlaneName:
    """An EXTNAME, taken apart.

    Attributes
    ----------
    role : Role
        What the plane is.
    word : str
        That says so: "FLG" of "1-1.E.FLG".
    stem : str
        The rest, which HDUs that belong together share: "1-1.E"; empty where there is none.
    """

    role: Role
    word: str
    stem: str


@lru_cache(maxsize=4096)
def plane_name(name: str) -> PlaneName:
    """Take an EXTNAME apart: a word of the table alone, with a number behind it, or behind a stem.

    Parameters
    ----------
    name : str
        In capitals, as `RawHDU.name` has it; that of an unnamed primary HDU is "PRIMARY".
    """
    if name in ("", "PRIMARY"):
        return PlaneName("", "", "")
    whole = _role_of(name)
    if whole:
        return PlaneName(whole, name, "")
    numbered = re.fullmatch(rf"([A-Z]+)[{_SEPARATORS}]?(\d+)", name)
    if numbered is not None and (role := _role_of(numbered[1])):
        return PlaneName(role, numbered[1], numbered[2])
    place = max(name.rfind(mark) for mark in _SEPARATORS)
    if place > 0 and (role := _role_of(name[place + 1 :])):
        return PlaneName(role, name[place + 1 :], name[:place])
    return PlaneName("", "", name)


def plane_names(names: Sequence[str]) -> list[PlaneName]:
    """Take the names of a file's HDUs apart; a word before a stem counts where another HDU has that stem.

    "MASK_N4" belongs to "N4", but "STD_STAR" alone is the image of a star.

    Parameters
    ----------
    names : sequence of str
        In capitals.
    """
    found = [plane_name(name) for name in names]
    stems = {one.stem for one in found if one.role in ("", "image")} | set(names)
    for index, name in enumerate(names):
        word, _, stem = name.partition("_")
        if not found[index].role and stem in stems and (role := _role_of(word)) not in ("", "image"):
            found[index] = PlaneName(role, word, stem)
    return found


def role_by_cards(value_of: Callable[[str], Any]) -> tuple[Role, str]:
    """Return what the cards of an HDU say it is, and the card that says so; both empty where they do not tell.

    Parameters
    ----------
    value_of : callable
        From a keyword to the value of that card of the HDU's own, None without one.
    """
    known = layout_table().roles_by_cards
    for keyword in known.keywords:
        value = value_of(keyword)
        if not isinstance(value, str):
            continue
        word = value.strip().upper().rpartition(".")[2]
        for role in _ROLES[1:]:
            if word in getattr(known, role):
                return role, f"{keyword} = {value.strip()}"
    return "", ""


def _role_of(word: str) -> Role:
    roles = layout_table().roles
    return next((role for role in _ROLES if word in getattr(roles, role)), "")
