"""Every benchmark finds what it takes from the package: none of them runs in the tests."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
ELSEWHERE = BENCHMARKS / "peers" / "packages"
"""Scripts that run in the environment of the peers."""

MODULES = [
    ".".join(path.relative_to(BENCHMARKS.parent).with_suffix("").parts)
    for path in sorted(BENCHMARKS.rglob("*.py"))
    if ELSEWHERE not in path.parents and path.name != "__init__.py"
]


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_can_be_imported(name: str) -> None:
    assert hasattr(import_module(name), "__file__")
