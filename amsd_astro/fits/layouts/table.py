"""The table of layouts: what missions and pipelines call the planes beside an image, and which flags are bad."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["ErrorKindName", "Layout", "NamedBits", "Roles", "RolesByCards", "Table", "layout_table", "time_unit"]

ErrorKindName = Literal["sigma", "variance", "inverse"]


@dataclass(frozen=True)
class Roles:
    """Words of EXTNAMEs that tell what a plane is; the comments of the table say more."""

    image: tuple[str, ...]
    sigma: tuple[str, ...]
    variance: tuple[str, ...]
    inverse: tuple[str, ...]
    coverage: tuple[str, ...]
    mask: tuple[str, ...]
    coded: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True)
class RolesByCards:
    """Keywords of cards that may tell what a plane is, and their values, as the comments of the table say."""

    keywords: tuple[str, ...]
    sigma: tuple[str, ...]
    variance: tuple[str, ...]
    inverse: tuple[str, ...]
    coverage: tuple[str, ...]
    mask: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True)
class NamedBits:
    """Names of bits, in masks that name them."""

    bad: frozenset[str]
    bad_in_coadds: frozenset[str]
    signs_of_coadds: frozenset[str]
    good: frozenset[str]


@dataclass(frozen=True)
class Layout:
    """One row of the table.

    Attributes
    ----------
    title : str
        What it is called.
    signs : tuple of mapping
        Any of them tells a file of this layout; none where the names of the HDUs say all there is to know.
    image, mask, errors, kind, seen, source : str
        For the documentation.
    bad : mapping of int to str, or None
        Flags that say a pixel has no good value, and their meaning; empty where every value but zero does, None where
        nothing is known of a mask.
    good : mapping of int to str
        Flags that never mask.
    codes : bool
        Whether flags are numbers, of which a pixel has one, not bits.
    time : str
        Unit of EXPOSURE.
    companions : tuple of mapping
        Names of files that belong together: `image`, `mask`, `error`, with a star for what they share.
    """

    title: str
    image: str
    mask: str
    errors: str
    seen: str
    source: str
    signs: tuple[Mapping[str, Any], ...] = ()
    bad: Mapping[int, str] | None = None
    good: Mapping[int, str] = field(default_factory=dict)
    codes: bool = False
    kind: str = ""
    time: str = "s"
    companions: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Table:
    """All of it."""

    roles: Roles
    roles_by_cards: RolesByCards
    named_bits: NamedBits
    layouts: tuple[Layout, ...]


@cache
def layout_table() -> Table:
    """Return the table, read once."""
    text = resources.files("amsd_astro").joinpath("fits/layouts/table.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Table(
        Roles(**{role: tuple(words) for role, words in table["roles"].items()}),
        RolesByCards(**{role: tuple(words) for role, words in table["roles_by_cards"].items()}),
        NamedBits(**{group: frozenset(names) for group, names in table["named_bits"].items()}),
        tuple(_layout(row) for row in table["layout"]),
    )


def time_unit(telescope: str) -> str:
    """Return the unit of EXPOSURE in the files of a telescope, by its TELESCOP card: "s", or "d" where that is days."""
    name = telescope.strip().upper()
    layouts = layout_table().layouts
    return next((one.time for one in layouts if any(sign.get("TELESCOP") == name for sign in one.signs)), "s")


def _layout(row: dict[str, Any]) -> Layout:
    for flags in ("bad", "good"):
        if flags in row:
            row[flags] = MappingProxyType({int(flag): meaning for flag, meaning in row[flags].items()})
    for rows in ("signs", "companions"):
        row[rows] = tuple(row.get(rows, ()))
    return Layout(**row)
