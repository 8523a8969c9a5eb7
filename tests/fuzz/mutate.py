"""The mutated file of a seed and an index: the same bytes whenever and wherever it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from byte_mutations import any_bytes, bomb, damaged_packing, header_bytes, join_files, shift, truncate
from card_mutations import (
    change_cards,
    control_bytes,
    hostile_card,
    hostile_keyword,
    rename,
    reshape,
    retile,
    twist_value,
)
from data_mutations import bad_pixels, bad_tiles, change_hdus, flip_data
from document import PACKINGS, Document, pack, render
from seed_files import pick

__all__ = ["KINDS", "Mutant", "mutate"]

_ON_PARTS: dict[str, Callable[[np.random.Generator, Document], str]] = {
    "hostile card": hostile_card,
    "hostile keyword": hostile_keyword,
    "cards moved": change_cards,
    "control bytes": control_bytes,
    "value twisted": twist_value,
    "reshaped": reshape,
    "retiled": retile,
    "renamed": rename,
    "bad pixels": bad_pixels,
    "bad tiles": bad_tiles,
    "data flipped": flip_data,
}
_ON_BYTES: dict[str, Callable[[np.random.Generator, bytes], tuple[bytes, str]]] = {
    "bytes": any_bytes,
    "header bytes": header_bytes,
    "truncated": truncate,
    "shifted": shift,
    "damaged packing": damaged_packing,
    "bomb": bomb,
}
_WEIGHTS = {
    "hostile card": 26.0,
    "hostile keyword": 8.0,
    "cards moved": 5.0,
    "control bytes": 5.0,
    "value twisted": 5.0,
    "reshaped": 4.0,
    "retiled": 4.0,
    "renamed": 4.0,
    "bad pixels": 10.0,
    "bad tiles": 14.0,
    "data flipped": 3.0,
    "hdus": 4.0,
    "bytes": 3.0,
    "header bytes": 5.0,
    "truncated": 4.0,
    "shifted": 3.0,
    "joined": 3.0,
    "damaged packing": 4.0,
    "bomb": 0.3,
    "intact": 1.0,
}
KINDS = tuple(_WEIGHTS)


@dataclass(frozen=True)
class Mutant:
    """A mutated file.

    Attributes
    ----------
    seed_file : str
        What it started from.
    kind : str
        The last (often only) mutation, one of `KINDS`.
    story : str
        What was done, in order.
    body : bytes
        The file.
    """

    seed_file: str
    kind: str
    story: str
    body: bytes


def mutate(seed: int, index: int) -> Mutant:
    """Make one mutated file.

    Every fourth index starts from the shared files where there are some; the others are the same on every machine.
    """
    rng = np.random.default_rng([seed, index])
    with_shared = index % 4 == 3
    name, document = pick(rng, with_shared=with_shared)
    weights = np.array(list(_WEIGHTS.values()))
    kinds = [str(kind) for kind in rng.choice(KINDS, size=int(rng.choice([1, 1, 1, 2, 3])), p=weights / weights.sum())]
    kinds.sort(key=lambda kind: kind not in _ON_PARTS and kind != "hdus")
    story = []
    body: bytes | None = None
    for kind in kinds:
        if kind == "intact":
            continue
        other_name, other = pick(rng, with_shared=with_shared) if kind in ("hdus", "joined") else ("", Document())
        if kind in _ON_PARTS or kind == "hdus":
            if not document.parts:
                continue
            done = change_hdus(rng, document, other) if kind == "hdus" else _ON_PARTS[kind](rng, document)
            done = done or hostile_card(rng, document)
        else:
            body = render(document) if body is None else body
            body, done = join_files(rng, body, render(other)) if kind == "joined" else _ON_BYTES[kind](rng, body)
        story.append(f"{kind}: {done}" + (f" [{other_name}]" if other_name else ""))
    body = render(document) if body is None else body
    packing = document.packing or (str(rng.choice(PACKINGS)) if rng.random() < 0.08 else "")
    if packing and not body.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        body = pack(body, packing)
        story.append(f"packed by {packing}")
    return Mutant(name, kinds[-1], "; ".join(story) or "intact", body)
