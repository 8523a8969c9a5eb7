"""The house rules that can be read off the source: who imports whom, who prints, and what importing costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import amsd_astro

PACKAGE = Path(amsd_astro.__file__).parent
RANKS = {
    "version": 0,
    "errors": 0,
    "resources": 0,
    "arrays": 1,
    "graphics": 2,
    "fits": 3,
    "noise": 4,
    "simulation": 4,
    "network": 5,
    "frames": 6,
    "pretraining": 7,
    "plotting": 7,
    "denoiser": 8,
    "validation": 9,
    "images": 9,
    "cli": 10,
    "__init__": 11,
    "__main__": 11,
}
STILL_TIED = {"amsd_astro.frames.frame.Frame"}  # by noise/model.py, for its type
ONLY_IN = {
    "tensorflow": {"network", "denoiser"},
    "keras": {"network", "denoiser", "pretraining"},
    "matplotlib": {"frames", "images", "plotting", "validation"},
    "PIL": {"images", "validation"},
    "tqdm": {"cli"},
    "argparse": {"cli"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """Return the part of the package a module belongs to: its folder, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names a module imports, in functions and for type checkers too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} line {node.lineno}: a relative import"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def broken_ranks(part: str, names: Iterator[str]) -> list[str]:
    """Return the imports of a part that point sideways or up."""
    targets = {name: name.split(".")[1] for name in names if name.startswith("amsd_astro.")}
    return [name for name, other in targets.items() if other != part and RANKS.get(other, 99) >= RANKS[part]]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_the_ranks(path: Path) -> None:
    assert part_of(path) in RANKS, "a new part of the package needs a rank"
    assert set(broken_ranks(part_of(path), imported(path))) <= STILL_TIED


def test_a_sideways_import_would_be_found() -> None:
    assert broken_ranks("fits", iter(["amsd_astro.network.recipes"])) == ["amsd_astro.network.recipes"]
    assert broken_ranks("errors", iter(["amsd_astro.Frame"])) == ["amsd_astro.Frame"]
    assert broken_ranks("network", iter(["amsd_astro.errors.ModelError", "numpy.random"])) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_stay_where_they_belong(path: Path) -> None:
    for name in imported(path):
        allowed = ONLY_IN.get(name.split(".")[0])
        assert allowed is None or part_of(path) in allowed, f"{name} is imported"


@pytest.mark.parametrize("path", [p for p in MODULES if part_of(p) != "cli"], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_libraries_do_not_print(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    assert [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id in ("print", "breakpoint")] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_have_a_docstring_and_sorted_names(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            names = ast.literal_eval(node.value)
            assert names in (sorted(names), sorted(names, key=_as_ruff_sorts))
            return
    assert path.name in ("__init__.py", "__main__.py"), "__all__ is missing"


def _as_ruff_sorts(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def run_python(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout.strip()


def test_importing_is_fast_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; start = time.perf_counter(); import amsd_astro; print(time.perf_counter() - start < 1.0,"
        "[m for m in ('tensorflow', 'keras', 'dask', 'matplotlib', 'astropy') if m in sys.modules])"
    )
    assert run_python(code) == "True []"


def test_frames_are_read_without_the_network() -> None:
    code = (
        "import sys; from amsd_astro import Denoiser, Frame, NoiseModel, denoise, read_frame, write_frame;"
        "print([m for m in ('tensorflow', 'keras', 'dask', 'matplotlib') if m in sys.modules])"
    )
    assert run_python(code) == "[]"


def test_pretraining_does_without_tensorflow() -> None:
    # Keras may stand on JAX there. Here it stands on TensorFlow, so that is loaded: none of ours may have asked for it
    code = (
        "import sys, {}; tensorflow = sys.modules['tensorflow'];"
        "print([name for name, module in sorted(sys.modules.items()) if name.startswith('amsd_astro')"
        " and any(value is tensorflow for value in vars(module).values())])"
    )
    assert run_python(code.format("amsd_astro.pretraining.command")) == "[]"
    assert "'amsd_astro.network.amsd.model'" in run_python(code.format("amsd_astro.network.amsd.model"))


def test_public_names_exist() -> None:
    assert amsd_astro.__all__ == sorted(amsd_astro.__all__)
    assert set(amsd_astro.__all__) <= set(dir(amsd_astro))
    for name in amsd_astro.__all__:
        assert getattr(amsd_astro, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        amsd_astro.no_such_name  # noqa: B018
