"""The README is short, easy to read, and quotes the tables as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_LINES, MOST_WORDS = 130, 30  # of the page, of a sentence


def sentences(text: str) -> list[str]:
    """Return the sentences of a page: of its paragraphs, points of lists and cells of tables; code left out."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)  # a link is its words
    text = re.sub(r"^#+ .*$|^\|[-| :]+\|$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(?:- |\d+\. )", "\n", text, flags=re.MULTILINE)
    cells = [cell for line in re.findall(r"^\|(.*)\|$", text, re.MULTILINE) for cell in line.split("|")]
    pieces = [*re.split(r"\n\s*\n", re.sub(r"^\|.*\|$", "", text, flags=re.MULTILINE)), *cells]
    found = [one for piece in pieces for one in re.split(r"(?<=[.!?])[*`\"']*\s+", " ".join(piece.split()))]
    return [one for one in found if one]


def words(sentence: str) -> list[str]:
    return [word for word in sentence.split() if re.search(r"\w", word)]


def test_it_is_short() -> None:
    assert len(TEXT.splitlines()) <= MOST_LINES


def test_no_sentence_is_long() -> None:
    assert [one for one in sentences(TEXT) if len(words(one)) > MOST_WORDS] == []


def test_a_long_sentence_is_seen() -> None:
    long = " ".join(["word"] * (MOST_WORDS + 1))
    pages = f"Short. {long}.\n\nShort.", f"- Short.\n- {long}\n", f"| a | {long} |\n|---|---|\n", f"**A.** {long}"
    for page in pages:
        assert max(len(words(one)) for one in sentences(page)) == MOST_WORDS + 1, page
    assert max(len(words(one)) for one in sentences(f"# {long}\n\n```python\n{long}\n```\n\nShort.")) == 1


@pytest.mark.parametrize("path", ["README.md", "docs/trust.md"])
def test_what_faint_sources_lose_is_quoted_from_one_table(path: str) -> None:
    table = (ROOT / "benchmarks" / "results" / "faint_flux.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) to (\d+) \| \d+ \| \S+ \| (\S+) \|", table, re.MULTILINE)
    lost = {(int(low), int(high)): round(-float(change)) for low, high, change in rows}
    text = (ROOT / path).read_text(encoding="utf-8")
    assert "results/faint_flux.md" in text
    for (low, high), share in lost.items():
        said = rf"\b{low} to {high}\b[^.|]*?(?:\|[^|]*\|[^|]*\|)?[^|.]*?\b{share} %"
        assert low >= 10 or re.search(said, text), (low, high, share)
    assert all(share <= 1 for (low, _), share in lost.items() if low >= 10)  # "brighter ones 1 % or less"


def test_figures_of_quality_are_those_of_the_tables() -> None:
    table = (ROOT / "benchmarks" / "results" / "quality.md").read_text(encoding="utf-8")
    table = table[table.index("## Unseen frames: rms/sigma of the pixels of all") :]
    names = ("bm3d", "wavelet", "amsd")
    rows = {name: re.findall(rf"^\| {name} \| (.*) \|$", table, re.MULTILINE)[0] for name in names}
    figures = {name: [cell.strip("* ") for cell in row.split("|")] for name, row in rows.items()}
    for column in (0, 1, 4):  # all, sky, S/N above 5
        b, w, a = (figures[name][column] for name in names)
        assert f"| {b} | {w} | **{a}** |" in TEXT


def test_links_into_pages_are_to_headings() -> None:
    """Labels of our own are anchors on the built pages alone; the README is read where pages are shown as they are."""
    links = re.findall(r"\]\(([\w/]+\.md)#([\w-]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(links) > 4
    for page, anchor in links:
        headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        slugs = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert anchor in slugs, (page, anchor)
