"""Figures in files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from amsd_astro.errors import OutputError, OutputExistsError
from amsd_astro.plotting import FORMATS, save_figure

MAGIC = {".png": b"\x89PNG\r\n\x1a\n", ".pdf": b"%PDF-", ".svg": b"<?xml"}


@pytest.fixture
def figure() -> Figure:
    figure = Figure(figsize=(2, 1))
    figure.add_axes((0.1, 0.1, 0.8, 0.8)).plot([1, 3, 2])
    return figure


@pytest.mark.parametrize("ending", FORMATS)
def test_the_ending_says_the_format(ending: str, figure: Figure, tmp_path: Path) -> None:
    for name in (f"a{ending}", f"b{ending.upper()}"):
        save_figure(figure, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(MAGIC[ending])


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_figure_gives_the_same_file(ending: str, figure: Figure, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_figure(figure, tmp_path / f"{name}{ending}")
    stored = (tmp_path / f"a{ending}").read_bytes()
    assert stored == (tmp_path / f"b{ending}").read_bytes()
    assert b"Date" not in stored and b"dc:date" not in stored


def test_a_file_is_replaced_only_when_asked(figure: Figure, tmp_path: Path) -> None:
    path = tmp_path / "there.png"
    path.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        save_figure(figure, path)
    assert path.read_bytes() == b"precious"
    save_figure(figure, path, overwrite=True)
    assert path.read_bytes().startswith(MAGIC[".png"])


def test_a_figure_that_cannot_be_drawn_leaves_no_file(tmp_path: Path) -> None:
    figure = Figure(figsize=(2, 1))
    figure.text(0.1, 0.1, "$\\nonsense{$")
    with pytest.raises(ValueError, match="nonsense"):
        save_figure(figure, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_leaves_what_was_there(
    figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    (tmp_path / "a.png").write_bytes(b"precious")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no room"):
        save_figure(figure, tmp_path / "a.png", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.png.gz"])
def test_other_formats_are_refused(name: str, figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"must end in .png, .pdf, .svg"):
        save_figure(figure, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
