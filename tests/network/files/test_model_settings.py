"""Settings in model files: what a file may say of its model before anything is made of it."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from amsd_astro.errors import ModelError
from amsd_astro.network.amsd.shrinkage import N_SHARES
from amsd_astro.network.architectures import AmsdArchitecture
from amsd_astro.network.digests import digest_arrays
from amsd_astro.network.files import saved_networks
from amsd_astro.network.files.array_archive import pack_arrays
from amsd_astro.network.files.model_file import load_model

SMALL = {"name": "amsd", "widths": [4, 8], "detail": 4}
SHAPES = saved_networks.NETWORKS["amsd"].shapes(AmsdArchitecture((4, 8), 4))
WEIGHTS = {f"w{k:03d}": np.zeros(shape, np.float32) for k, shape in enumerate(SHAPES)}
SETTINGS = {
    "architecture": SMALL,
    "format": 5,
    "probe": [0.0] * 16,
    "recipe": "amsd",
    "sha256": digest_arrays(list(WEIGHTS.values())),
    "steps": 7,
    "variance_scale": 1.3,
    "version": "1.0",
}


class ReachedError(Exception):
    """The file was found good, and the network would be built."""


def load(settings: np.ndarray) -> None:
    def start() -> None:
        raise ReachedError

    load_model(io.BytesIO(pack_arrays({"settings": settings, **WEIGHTS})), name="night.npz", start=start)


def load_text(text: bytes) -> None:
    load(np.frombuffer(text, np.uint8))


def load_settings(**changes: Any) -> None:
    load_text(json.dumps({**SETTINGS, **changes}).encode())


def refused_text(text: bytes, message: str) -> None:
    """Make sure that a file with these settings is refused in one short line that names it."""
    with pytest.raises(ModelError, match=rf"^night\.npz: .*{message}") as caught:
        load_text(text)
    assert ". Received: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def refused(message: str, **changes: Any) -> None:
    refused_text(json.dumps({**SETTINGS, **changes}).encode(), message)


def test_sound_settings_are_taken() -> None:
    for changes in (
        {},
        {"seed": 5},
        {"seed": 10**30},
        {"note": ["a", {"b": None}]},
        {"steps": 0},
        {"variance_scale": 1},
        {"version": "0.1.dev3+g12345"},
        {"shrinkage": None},
        {"shrinkage": [0] * N_SHARES},
        {"shrinkage": [-100.0, 100] * (N_SHARES // 2)},
    ):
        with pytest.raises(ReachedError):
            load_settings(**changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "JSON text"),
        (b"\xff\xfe{}", "JSON text.*utf-8"),
        (b"\xef\xbb\xbf{}", "JSON text.*BOM"),
        (b"{", "JSON text"),
        (b"{} {}", "JSON text"),
        (b"[" * 99_000, "JSON text.*recursion"),
        (b'{"a":' * 19_000, "JSON text.*recursion"),
        (b'{"format": 5, "steps": NaN}', "JSON text.*NaN"),
        (b'{"format": 5, "steps": -Infinity}', "JSON text.*-Infinity"),
        (b'{"format": 1, "format": 5}', "JSON text.*twice"),
        (b"9" * 5000, "JSON text"),
        (b"[2]", "JSON object"),
        (b"[" * 900 + b"]" * 900, "JSON"),
        (b'"' + b"x" * 90_000 + b'"', "JSON object"),
        (b"{}", "reads model files of format 5.*Received: format None"),
        (b" " * 101_000, "at most 100000 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_settings_are_json(text: bytes, message: str) -> None:
    refused_text(text, message)


def test_settings_are_text() -> None:
    text = np.frombuffer(json.dumps(SETTINGS).encode(), np.uint8)
    for array in (text[None], text.astype(np.uint16), text.view(np.int8), text.view("S1"), np.array(3, np.uint8)):
        with pytest.raises(ModelError, match="settings must be uint8"):
            load(array)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 6, "version": "9.1"}, "a newer program wrote this file.*format 6, written by amsd_astro '9.1'"),
        ({"format": 1}, "of format 5, this file is older.*Received: format 1"),
        ({"format": True}, "format True"),
        ({"format": 5.0}, "format 5.0"),
        ({"format": "2" * 10_000}, "format '22"),
        ({"format": 4, "version": ["\x1b[2J\n"] * 9}, r"\\x1b"),
        ({"version": None}, "version must be text"),
        ({"version": "1" * 101}, "version must be text"),
        ({"recipe": "soup"}, "recipe must be one of amsd, thesis. Received: 'soup'"),
        ({"recipe": None}, "recipe must be one of"),
        ({"recipe": ["amsd"]}, "recipe must be one of"),
        ({"architecture": None}, "architecture must be an object"),
        ({"architecture": "deep"}, "architecture must be an object"),
        ({"architecture": {"widths": [4, 8]}}, "architecture must be the one of recipe 'amsd'"),
        ({"architecture": {**SMALL, "name": "soup"}}, "architecture must be the one of recipe 'amsd'"),
        ({"architecture": {"name": "amsd"}}, "must have widths, detail and residuals"),
        ({"architecture": {**SMALL, "depth": 3}}, "must have widths, detail and residuals"),
        ({"architecture": {**SMALL, "residuals": 3}}, "must have widths, detail and residuals"),
        ({"architecture": {**SMALL, "residuals": [1, 1, 1]}}, "whole numbers of 0 to 4, one a width"),
        ({"architecture": {**SMALL, "residuals": [5]}}, "whole numbers of 0 to 4, one a width"),
        ({"architecture": {**SMALL, "residuals": [-1]}}, "whole numbers of 0 to 4, one a width"),
        ({"architecture": {**SMALL, "residuals": [True]}}, "whole numbers of 0 to 4, one a width"),
        ({"architecture": {**SMALL, "residuals": [1]}}, "members must be .* to w"),
        ({"architecture": {**SMALL, "widths": []}}, "1 to 4 widths"),
        ({"architecture": {**SMALL, "widths": [4] * 5}}, "1 to 4 widths"),
        ({"architecture": {**SMALL, "widths": {"0": 4}}}, "must have widths, detail and residuals"),
        ({"architecture": {**SMALL, "widths": [10**9, 8]}}, "whole numbers of 4 to 256"),
        ({"architecture": {**SMALL, "widths": [10**300, 4]}}, "whole numbers of 4 to 256"),
        ({"architecture": {**SMALL, "widths": [257, 4]}}, "whole numbers of 4 to 256"),
        ({"architecture": {**SMALL, "widths": [4.0, 8]}}, "whole numbers of 4 to 256"),
        ({"architecture": {**SMALL, "widths": [True, 8]}}, "whole numbers of 4 to 256"),
        ({"architecture": {**SMALL, "widths": [4, 3]}}, "whole numbers of 4 to 256"),
        ({"architecture": {**SMALL, "detail": 3}}, "whole numbers of 4 to 256"),
        ({"architecture": {**SMALL, "widths": [256] * 4}}, "members must be .* to w"),
        ({"architecture": {**SMALL, "widths": [8, 4]}}, "weight 0 must be float32 of shape"),
        ({"shrinkage": 0}, f"shrinkage must be {N_SHARES} numbers"),
        ({"shrinkage": [0.0] * (N_SHARES - 1)}, f"shrinkage must be {N_SHARES} numbers"),
        ({"shrinkage": {"0": 1.0}}, f"shrinkage must be {N_SHARES} numbers"),
        ({"shrinkage": [100.1] * N_SHARES}, "shrinkage must have numbers within 100"),
        ({"shrinkage": [None] * N_SHARES}, "shrinkage must have numbers within 100"),
        ({"shrinkage": [True] * N_SHARES}, "shrinkage must have numbers within 100"),
        ({"shrinkage": [10**400] * N_SHARES}, "shrinkage must have numbers within 100"),
        ({"variance_scale": -1}, "variance_scale must be a positive number"),
        ({"variance_scale": 0}, "variance_scale"),
        ({"variance_scale": True}, "variance_scale"),
        ({"variance_scale": "1.3"}, "variance_scale"),
        ({"variance_scale": 10**400}, "variance_scale"),
        ({"variance_scale": None}, "variance_scale"),
        ({"steps": -1}, "steps must be a whole number"),
        ({"steps": 7.0}, "steps"),
        ({"steps": 10**10}, "steps"),
        ({"steps": None}, "steps"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": "5"}, "seed"),
        ({"sha256": None}, "sha256 must be 64 hexadecimal digits"),
        ({"sha256": "0" * 63}, "sha256 must be 64"),
        ({"sha256": "0" * 64}, "the weights must have the SHA-256 0000"),
        ({"probe": [0.0] * 7}, "probe must be 16 numbers"),
        ({"probe": [None] * 16}, "probe must be 16 numbers"),
        ({"probe": [1e300] * 16}, "probe must be 16 numbers"),
    ],
)
def test_settings_are_checked(changes: dict[str, Any], message: str) -> None:
    refused(message, **changes)


def test_numbers_too_large_for_floats_are_refused() -> None:
    text = json.dumps(SETTINGS).replace('"variance_scale": 1.3', '"variance_scale": 1e999').encode()
    refused_text(text, "variance_scale must be a positive number. Received: inf")
