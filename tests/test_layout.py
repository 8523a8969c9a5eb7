"""How large files and folders may be: what has one idea seldom passes these limits."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("amsd_astro", "benchmarks", "docs", "notebooks", "tests")
LONGEST, MOST_FILES = 300, 20  # lines of a file, files of a folder
LONGER = {
    "tests/network/files/test_model_file.py": "one set of sound and damaged files for all that is refused",
    "tests/kinds/tile_kinds.py": "one kind of damage of tile-compressed files after another",
    "tests/validation/report/test_page_in_browser.py": "one browser and one page serve all of its tests",
}
"""Files that are longer, each with its reason: five at most."""


def sources() -> list[Path]:
    """Return the Python files of the project."""
    found = (path for place in PLACES for path in (ROOT / place).rglob("*.py"))
    return sorted(path for path in found if "build" not in path.parts)


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in sources() if (n := len(path.read_bytes().splitlines())) > LONGEST
    }
    assert long.keys() == LONGER.keys(), long
    assert len(LONGER) <= 5


def test_folders_are_small() -> None:
    counts: dict[Path, int] = {}
    for path in sources():
        counts[path.parent] = counts.get(path.parent, 0) + (path.name != "__init__.py")
    assert {str(folder.relative_to(ROOT)): n for folder, n in counts.items() if n > MOST_FILES} == {}


def test_names_do_not_repeat_their_folder() -> None:
    repeated = re.compile(r"(\w+)/(test_)?\1_\w+\.py$")
    paths = (str(path.relative_to(ROOT)) for path in sources())
    assert [path for path in paths if path.startswith("amsd_astro") and repeated.search(path)] == []
