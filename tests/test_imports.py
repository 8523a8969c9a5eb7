"""The house rules that can be read off the source: who imports whom, who prints, and what importing costs."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import amsd_astro

PACKAGE = Path(amsd_astro.__file__).parent
ROOT = PACKAGE.parent
ROOMS = (
    ("printable", "spelling"),
    ("version", "errors", "modes", "progress", "regular_files", "resources"),
    ("arrays",),
    ("graphics",),
    ("fits",),
    ("remote",),
    ("noise",),
    ("simulation",),
    ("network",),
    ("network.engines",),
    ("network.amsd", "network.thesis"),
    ("network.engines.lite_export",),
    ("network.files",),
    ("frames",),
    ("pretraining", "plotting"),
    ("validation.measures",),
    ("exposures",),
    ("denoiser",),
    ("combination",),
    ("validation.parts",),
    ("validation",),
    ("validation.report",),
    ("validation.interface",),
    ("images",),
    ("many",),
    ("cli",),
    ("cli.commands",),
    ("cli.program",),
    ("__init__", "__main__"),
)
"""Rooms from the ground up: each may import from those above it in this list; the longest name that fits counts."""

RANKS = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}
ONLY_IN = {
    "tensorflow": {"network", "denoiser"},
    "keras": {"network", "denoiser", "pretraining"},
    "ai_edge_litert": {"network"},
    "matplotlib": {"frames", "images", "plotting", "validation"},
    "PIL": {"images", "validation"},
    "tqdm": {"cli", "progress"},
    "argparse": {"cli"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """Return the part of the package a module belongs to: its folder, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    """Return the dotted name of a module within the package; a folder's own is that of the folder."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    return name.removesuffix(".__init__")


def room_of(name: str) -> str:
    """Return the room of a module."""
    while name not in RANKS:
        name = name.rpartition(".")[0]
        assert name, "a new part of the package needs a rank"
    return name


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names a module imports, in functions and for type checkers too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} line {node.lineno}: a relative import"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules_imported(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Return by module the modules of the package that it imports."""
    names = {name_of(path): path for path in paths}
    found: dict[str, set[str]] = {name: set() for name in names}
    for name, path in names.items():
        for target in imported(path):
            inner = target.removeprefix("amsd_astro.")
            while inner and inner not in names:
                inner = inner.rpartition(".")[0]
            if target.startswith("amsd_astro.") and inner != name:
                assert inner, f"{name} imports {target}, which is no module"
                found[name].add(inner)
    return found


def broken_ranks(name: str, targets: Iterable[str]) -> list[str]:
    """Return the imports of a module that point sideways or up; what a folder offers as its own is left to loops."""
    if name in FACES:
        return []
    room = room_of(name)
    return [one for one in targets if room_of(one) != room and RANKS[room_of(one)] >= RANKS[room]]


def loop_in(graph: dict[str, set[str]]) -> list[str]:
    """Return a loop of imports, each module once; nothing where there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return way[way.index(name) :]
        if name in done:
            return []
        for target in sorted(graph[name]):
            if loop := walk(target, [*way, name]):
                return loop
        done.add(name)
        return []

    return next((loop for name in sorted(graph) if (loop := walk(name, []))), [])


FACES = {name_of(path) for path in MODULES if path.name == "__init__.py"}
GRAPH = modules_imported(MODULES)


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_imports_point_down_the_ranks(name: str) -> None:
    assert broken_ranks(name, GRAPH[name]) == []


def test_a_sideways_import_would_be_found() -> None:
    assert broken_ranks("frames.reader", ["network.risk", "network.amsd.model"]) == []
    assert broken_ranks("noise.model", ["frames.frame", "arrays.blocks"]) == ["frames.frame"]
    assert broken_ranks("network.risk", ["network.amsd.model", "noise.unit_noise"]) == ["network.amsd.model"]
    assert broken_ranks("network.thesis.model", ["network.amsd.bands"]) == ["network.amsd.bands"]
    assert broken_ranks("errors", ["frames"]) == ["frames"]


def test_imports_go_in_no_loop() -> None:
    assert loop_in(GRAPH) == []


def test_a_loop_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "amsd_astro"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", copy)
    lazy = "\n\ndef _late() -> None:\n    from amsd_astro.frames.reader import read_frame  # noqa: F401\n"
    typing_only = "\nif TYPE_CHECKING:\n    from amsd_astro.noise.sky import Sky\n"
    for name, text, loop in (
        ("frames/frame.py", lazy, {"frames.frame", "frames.reader"}),
        ("noise/covariance.py", typing_only, {"noise.covariance", "noise.sky"}),
    ):
        sound = (copy / name).read_text(encoding="utf-8")
        (copy / name).write_text(sound + text, encoding="utf-8")
        assert set(loop_in(modules_imported(sorted(copy.rglob("*.py"))))) == loop
        (copy / name).write_text(sound, encoding="utf-8")
    assert loop_in(modules_imported(sorted(copy.rglob("*.py")))) == []


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


@pytest.mark.slow
def test_pretraining_does_without_tensorflow() -> None:
    # Keras may stand on JAX there. Here it stands on TensorFlow, so that is loaded: none of ours may have asked for it
    code = (
        "import sys, {}; tensorflow = sys.modules['tensorflow'];"
        "print([name for name, module in sorted(sys.modules.items()) if name.startswith('amsd_astro')"
        " and any(value is tensorflow for value in vars(module).values())])"
    )
    assert run_python(code.format("amsd_astro.pretraining.command")) == "[]"
    losses = "amsd_astro.network.amsd.training.losses"
    assert losses in run_python(code.format(losses))


def test_public_names_exist() -> None:
    assert amsd_astro.__all__ == sorted(amsd_astro.__all__)
    assert set(amsd_astro.__all__) <= set(dir(amsd_astro))
    for name in amsd_astro.__all__:
        assert getattr(amsd_astro, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        amsd_astro.no_such_name  # noqa: B018
