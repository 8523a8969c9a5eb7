"""The site is built without a warning and without a network."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from documentation import DOCS, PAGES
from headless import CHROMIUM, Browser
from parsers import find_parser, names_of

import amsd_astro
from amsd_astro.cli.arguments import build_parser

NEEDED = ("sphinx", "pydata_sphinx_theme", "numpydoc", "myst_nb", "sphinx_copybutton")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"the extra docs is not installed: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    words = ["-W", "--keep-going", "-q", "-E", "-d", str(folder / "doctrees"), str(DOCS), str(folder / "html")]
    known = {name: value for name, value in os.environ.items() if name != "AMSD_DOCS_INTERSPHINX"}
    offline = {
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }  # what is fetched all the same fails
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *words], capture_output=True, text=True, check=False, env={**known, **offline}
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_every_page_is_there(site: Path) -> None:
    for path in PAGES:
        text = (site / path.with_suffix(".html").name).read_text(encoding="utf-8")
        assert "<h1>" in text
        assert not re.findall(r"\]\(|\$\$|```", re.sub(r"<(pre|code).*?</\1>", "", text, flags=re.DOTALL)), path.name


def test_pages_ask_for_nothing_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|img|iframe|link)\b[^>]*(?:src|href)="(?:https?:)?//', text), path.name


def test_every_public_name_has_its_place(site: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (site / "api").glob("*.html"))
    assert [name for name in amsd_astro.__all__ if f'id="amsd_astro.{name}"' not in text] == []


def test_every_option_has_its_place(site: Path) -> None:
    text = (site / "command_line.html").read_text(encoding="utf-8")
    for words in names_of(build_parser()):
        for action in find_parser(words)._actions:
            for option in set(action.option_strings) - {"-h", "--help"}:
                assert option in text


def test_formulas_are_drawn(site: Path) -> None:
    text = (site / "method.html").read_text(encoding="utf-8")
    assert text.count("<math") > 30
    assert "\\frac" not in text


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize("width", [1280, 400])
def test_code_is_whole_at_any_width(site: Path, tmp_path: Path, width: int) -> None:
    browser = Browser(tmp_path)
    cut = "Array.from(document.querySelectorAll('article pre')).filter((e) => e.scrollWidth > e.clientWidth + 1)"
    try:
        for name in ("start", "measured", "recipes", "command_line", "pipelines"):
            browser.look(site / f"{name}.html", (width, 900))
            assert browser.run(f"{cut}.map((e) => e.textContent)") == [], name
    finally:
        browser.close()
