"""Addresses on the command line: where results go, how failures are told, and that nothing is left in scratch."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.many import interface

fsspec = pytest.importorskip("fsspec")


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where what is fetched lies; a command leaves nothing there."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    assert os.listdir(folder) == []


@pytest.fixture
def memory(image: Path) -> Iterator[Any]:
    """The file system memory:// with an exposure."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pipe("/night/user:secret@sky.fits", image.read_bytes())
    system.pipe("/night/sky.fits", image.read_bytes())
    yield system
    system.store.clear()


def test_an_output_is_as_of_a_file(memory: Any, image: Path, tmp_path: Path, run: Any, json_lines: Any) -> None:
    assert run("denoise", image, "-o", tmp_path / "here.fits") == 0
    assert run("denoise", "memory://night/sky.fits", "-d", tmp_path, "-q") == 0
    assert (tmp_path / "sky_amsd.fits").read_bytes() == (tmp_path / "here.fits").read_bytes()
    assert run("denoise", "memory://night/sky.fits", "-d", "memory://clean", "-q") == 0
    assert memory.cat("/clean/sky_amsd.fits") == (tmp_path / "here.fits").read_bytes()


def test_a_result_needs_a_place(memory: Any, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("denoise", "https://user:secret@host/night/sky.fits?sig=hidden")
    said = capsys.readouterr().err
    assert "https://host/night/sky.fits?... is not on this machine; name the output by -o or -d" in said
    assert "secret" not in said and "hidden" not in said


@pytest.mark.parametrize("command", ["train a.fits", "compare a.fits", "validate a.fits", "simulate"])
def test_other_outputs_are_on_this_machine(command: str, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*command.split(), "-o", "memory://user:secret@out.png")
    said = capsys.readouterr().err
    assert "argument -o/--output: must be on this machine. Received: memory://out.png" in said and "secret" not in said


def test_records_have_no_credentials(memory: Any, run: Any, json_lines: Any) -> None:
    memory.pipe("/user:secret@sky.fits", memory.cat("/night/sky.fits"))
    address = "memory://user:secret@sky.fits"
    assert run("denoise", address, "-o", "memory://user:secret@out.fits", "--json") == 0
    assert run("denoise", address, "memory://user:secret@none.fits?sig=hidden", "-d", "memory://clean", "--json") == 1
    assert run("inspect", address, "--json") == 0
    records = json_lines()
    names = [record["file"] for record in records]
    assert names == ["memory://sky.fits"] * 2 + ["memory://none.fits?...", "memory://sky.fits"]
    assert "secret" not in str(records) and "hidden" not in str(records)
    assert records[2]["status"] == 65 and "no such file at the host" in records[2]["message"]
    with fits.open(memory.open("/user:secret@out.fits")) as hdus:
        assert "secret" not in repr([hdu.header for hdu in hdus])


def test_existing_outputs_are_found(memory: Any, run: Any, json_lines: Any) -> None:
    words = ["denoise", "memory://night/sky.fits", "-d", "memory://clean", "--json"]
    assert [run(*words), run(*words, "--skip-existing"), run(*words)] == [0, 0, 73]
    assert [record["kind"] for record in json_lines()] == ["denoised", "skipped", "output"]
    assert run("denoise", "memory://night/sky.fits", "-o", "memory://night/sky.fits", "--overwrite", "-q") == 73


def test_files_of_planes_and_lists(memory: Any, tmp_path: Path, run: Any, json_lines: Any) -> None:
    (tmp_path / "list.txt").write_text("memory://night/sky.fits\nsky.fits\n")
    mask = io.BytesIO()
    fits.writeto(mask, np.eye(96, 80, dtype=np.uint8))
    memory.pipe("/mask.fits", mask.getvalue())
    words = ["-d", tmp_path, "--mask-file", "memory://mask.fits[0]", "--json"]
    assert run("denoise", f"@{tmp_path / 'list.txt'}", *words) == 0
    records = json_lines()
    assert [Path(record["output"]).name[:4] for record in records] == ["sky_", "sky_"]
    assert len({record["output"] for record in records}) == 2
    (tmp_path / "mask.fits").write_bytes(mask.getvalue())
    words[3] = tmp_path / "mask.fits[0]"
    assert run("denoise", f"@{tmp_path / 'list.txt'}", *words, "--skip-existing") == 0
    assert {record["kind"] for record in json_lines()} == {"skipped"}, "the same mask, wherever it is"


def test_other_commands_read_addresses(memory: Any, tmp_path: Path, run: Any, json_lines: Any) -> None:
    assert run("train", "memory://night/sky.fits", "-o", tmp_path / "m.npz", "--json") == 0
    figure = tmp_path / "figure.png"
    assert run("compare", "memory://night/sky.fits", "memory://night/sky.fits", "-o", figure, "--json") == 0
    records = json_lines()
    assert records[0]["files"] == ["memory://night/sky.fits"]
    assert records[1]["file"] == records[1]["denoised"] == "memory://night/sky.fits"
    assert "memory://night/sky.fits: holds no record of a denoising" in " ".join(records[1]["warnings"])


def test_many_in_python(memory: Any, image: Path) -> None:
    files = ["memory://user:secret@none.fits?sig=hidden", image]
    first, second = interface.denoise_many(files, "memory://clean")
    assert (first.path, first.status) == ("memory://none.fits?...", 65) and "no such file at the host" in first.message
    assert second.output == "memory://clean/sky_amsd.fits"
