"""The pages say all that there is, and lead where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documentation import DOCS, PAGES, ROOT
from parsers import described, find_parser, names_of
from shown import shown_names

import amsd_astro
from amsd_astro import images, plotting, simulation
from amsd_astro.cli.arguments import build_parser
from amsd_astro.validation import DEFAULT_LIMITS

# of cards
WRITERS = ("frames/denoised.py", "denoiser/provenance.py", "network/amsd/model.py", "many/existing_outputs.py")


def directives(name: str) -> list[tuple[str, dict[str, str]]]:
    """Return argument and options of every directive of a name, on all pages."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*PAGES, *sorted((DOCS / "api").glob("*.rst"))])
    found = re.findall(rf"^(?:```{{{name}}}|\.\. {name}::) (.+)\n((?:   :\w+:.*\n)*)", text, re.MULTILINE)
    return [(words.strip(), dict(re.findall(r"^   :(\w+): *(.*)$", options, re.MULTILINE))) for words, options in found]


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = set()
    for path in [*PAGES, DOCS / "api" / "index.rst"]:
        text = path.read_text(encoding="utf-8")
        for tree in re.findall(
            r"^```{toctree}\n(.*?)^```|^\.\. toctree::\n((?:\s+.*\n)*)", text, re.MULTILINE | re.DOTALL
        ):
            names = [line.strip() for line in "".join(tree).splitlines() if line.strip() and ":" not in line]
            listed |= {str((path.parent / name).relative_to(DOCS)) for name in names}
    there = {str(path.relative_to(DOCS).with_suffix("")) for path in [*PAGES, *(DOCS / "api").glob("*.rst")]}
    assert there - {"index"} <= listed


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_that_are_named_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"\]\(([^)#:]+?)(?:#[\w-]+)?\)", text) + re.findall(
        r"^```{include} (.+)$", text, re.MULTILINE
    ):
        assert (DOCS / name).exists(), name


@pytest.mark.parametrize(
    ("module", "name"), [("amsd_astro", None), *((m.__name__, m) for m in (images, plotting, simulation))]
)
def test_every_public_name_has_an_entry(module: str, name: object) -> None:
    shown = [
        found
        for home, options in directives("public-names")
        if home == module
        for found in shown_names(home, **options)
    ]
    public = amsd_astro.__all__ if name is None else name.__all__
    assert sorted(shown) == sorted(public)


def test_a_name_that_is_left_out_would_be_missed() -> None:
    assert "Denoiser" not in shown_names("amsd_astro", leave="D*")
    assert shown_names("amsd_astro", match="*Warning") == ["AmsdWarning", "NoiseWarning"]


def test_comments_of_cards_are_not_cut() -> None:
    texts = [(ROOT / "amsd_astro" / name).read_text() for name in (*WRITERS, "combination/provenance.py")]
    found = re.findall(r'"(AMSD\w+)"\]?(?::| =) \((.*), f?"([^"]+)"\)', "\n".join(texts))
    assert len(found) > 25
    assert [card for card, _, comment in found if len(comment) > 47] == []


def test_every_command_has_a_section() -> None:
    text = (DOCS / "command_line.md").read_text(encoding="utf-8")
    sections = [tuple(found.split()) for found in re.findall(r"^## `(.+)`$", text, re.MULTILINE)]
    shown = [tuple(found.split()) for found, _ in directives("command-options")]
    assert sections == shown
    assert sorted(sections) == sorted(names_of(build_parser()))


def test_every_option_is_described() -> None:
    for words in names_of(build_parser()):
        parser = find_parser(words)
        written = [row for _, rows in described(parser) for row, _ in rows]
        options = {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
        assert options == {word.strip(",") for row in written for word in row.split() if word.startswith("-")}
        assert all(text for _, rows in described(parser) for _, text in rows)
        assert f"usage: {parser.prog}" in parser.format_usage()


def test_options_are_written_as_they_are_typed() -> None:
    rows = dict(row for _, rows in described(find_parser(("denoise",))) for row in rows)
    assert {"FILE ...", "-o, --output OUT", "--steps N", "--overwrite"} <= set(rows)
    assert rows["--gain E_PER_ADU"] == "electrons per unit of the image"


def test_every_card_is_explained() -> None:
    package = Path(amsd_astro.__file__).parent
    code = "\n".join((package / name).read_text(encoding="utf-8") for name in WRITERS)
    written = set(re.findall(r'"(AMSD[A-Z0-9]{2,4})"', code)) | {"AMSDCV4", "AMSDCV8"}
    assert len(written) > 15
    text = (DOCS / "cards.md").read_text(encoding="utf-8")
    assert [card for card in sorted(written) if f"`{card}`" not in text] == []


@pytest.mark.parametrize("name", DEFAULT_LIMITS)
def test_every_check_is_told_with_its_limits(name: str) -> None:
    rows = [line for line in (DOCS / "measured.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    (row,) = [row for row in rows if f"`{name}`" in row]
    said = row.rpartition(" | ")[2]
    assert all(f"{abs(limit):g}" in said for limit in DEFAULT_LIMITS[name] if limit), row


def test_pages_tell_nothing_of_where_they_were_made() -> None:
    for path in [*PAGES, *(DOCS / "api").glob("*.rst"), DOCS / "conf.py", *(DOCS / "_ext").glob("*.py")]:
        assert not re.findall(r"/tmp/|/work/|/home/", path.read_text(encoding="utf-8")), path


def test_fractions_have_braces() -> None:
    """Without them the formula that is drawn is another one."""
    for path in PAGES:
        assert not re.findall(r"\\[td]?frac[^{]|\\sqrt[^{[]", path.read_text(encoding="utf-8")), path.name


def test_benchmarks_are_all_shown() -> None:
    text = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    for table in (ROOT / "benchmarks" / "results").glob("*.md"):
        assert f"```{{include}} ../benchmarks/results/{table.name}\n" in text, table.name
