"""Folders, lists of files, and files of one name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from amsd_astro.cli.exit_statuses import UsageError
from amsd_astro.cli.nights.file_lists import check_folder, expand_files
from amsd_astro.errors import FrameError, FrameNotFoundError


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_a_folder_is_its_exposures(tmp_path: Path) -> None:
    there = ("b.fits", "a.FIT", "c.fits.gz", "d.fts.fz")
    touch(tmp_path / "n", *there, ".hidden.fits", "a_amsd.fits", "a_1234abcd_amsd.fits", "notes.txt", "x.fits.tmp")
    touch(tmp_path / "n" / "deeper.fits")
    found = expand_files([str(tmp_path / "n"), "other.fits"])
    assert found == [*(str(tmp_path / "n" / name) for name in sorted(there)), "other.fits"]


def test_paths_of_a_list_start_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "night", "a.fits", "b.fits")
    odd = os.fsdecode(b"st\xe9 llar.fits")  # no UTF-8
    text = f"# science\r\n\nc.fits\r\n{odd}\nnight\n/tmp/far.fits\nc.fits\n   \n"
    (tmp_path / "list.txt").write_bytes(os.fsencode(text))
    monkeypatch.chdir("/")
    named = ("c.fits", odd, "night/a.fits", "night/b.fits")
    assert expand_files([f"@{tmp_path}/list.txt"]) == [*(f"{tmp_path}/{name}" for name in named), "/tmp/far.fits"]
    monkeypatch.chdir(tmp_path)
    assert expand_files(["@list.txt"])[:3] == ["c.fits", odd, "night/a.fits"]


def test_what_stands_for_no_file_is_refused(tmp_path: Path, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    touch(tmp_path / "empty", "notes.txt")
    (tmp_path / "list").write_text("# nothing yet\n")
    with pytest.raises(UsageError, match="there is no"):
        expand_files([f"@{tmp_path}/list"])
    assert expand_files([str(tmp_path / "empty")]) == [str(tmp_path / "empty")]  # reading says what it is
    with pytest.raises(FrameError, match=r"empty: is a directory without FITS files; folders in it are not entered"):
        check_folder(str(tmp_path / "empty"))
    touch(tmp_path / "empty", "a_amsd.fits")
    assert run("denoise", tmp_path / "empty") == 65
    told = "empty: is a directory without FITS files but 1 of our own (NAME_amsd.fits)"
    assert told in capsys.readouterr().err
    with pytest.raises(FrameNotFoundError, match="no such list"):
        expand_files([f"@{tmp_path}/none"])


def test_files_of_one_name_keep_apart_and_are_found_again(
    tmp_path: Path, run: Any, json_lines: Any, write_image: Any
) -> None:
    for n in (1, 2):
        (tmp_path / str(n)).mkdir()
        write_image(tmp_path / str(n) / "sky.fits", seed=n)
    (tmp_path / "out").mkdir()
    words = ["-d", tmp_path / "out", "--skip-existing", "--json"]
    assert run("denoise", tmp_path / "1", tmp_path / "2", *words) == 0
    first = {record["file"]: record["output"] for record in json_lines()}
    assert len(set(first.values())) == 2
    assert run("denoise", tmp_path / "2" / "sky.fits", tmp_path / "1" / "sky.fits", *words) == 0
    again = json_lines()
    assert [record["kind"] for record in again] == ["skipped", "skipped"]
    assert {record["file"]: record["output"] for record in again} == first


def test_one_output_takes_one_file(tmp_path: Path, run: Any, write_image: Any) -> None:
    (tmp_path / "n").mkdir()
    write_image(tmp_path / "n" / "a.fits")
    assert run("denoise", tmp_path / "n", "-o", tmp_path / "out.fits") == 0
    write_image(tmp_path / "n" / "b.fits")
    with pytest.raises(SystemExit, match="2"):
        run("denoise", tmp_path / "n", "-o", tmp_path / "out.fits")
