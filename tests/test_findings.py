"""Scripts of findings stand alone: the index knows them, they pin what they install, and do without this project."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))


def test_the_index_names_every_script() -> None:
    named = re.findall(r"^\| `(\w+\.sh)` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert named == sorted(path.name for path in SCRIPTS) and SCRIPTS
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted([*named, "README.md"])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_stands_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n# ") and "set -euo pipefail" in text
    assert os.access(path, os.X_OK)
    assert "amsd" not in text
    (line,) = re.findall(r"^.*pip\" install (.*)$", text, re.MULTILINE)
    packages = re.findall(r"'([^']*)'", line)
    assert packages and all(re.fullmatch(r"[\w-]+==[\w.]+", one) for one in packages)
    body = text[text.index("<<'PYTHON'\n") + len("<<'PYTHON'\n") : text.rindex("\nPYTHON")]
    compile(body, path.name, "exec")
    assert "assert " in body and "__version__" in body
