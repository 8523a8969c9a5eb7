"""Outputs at addresses: whole or not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro import Frame, OutputError, OutputExistsError, read_frame
from amsd_astro.errors import FrameError
from amsd_astro.frames.hdus.many_images import ManyImages
from amsd_astro.remote.uploading import check_destination, new_output


@pytest.fixture
def frame() -> Frame:
    return Frame(np.arange(12.0, dtype=np.float32).reshape(3, 4))


@pytest.mark.parametrize("name", ["out.fits", "out.fits.gz"])
def test_an_output_has_the_bytes_of_one_here(name: str, memory: Any, frame: Frame, tmp_path: Path) -> None:
    frame.write(tmp_path / name)
    frame.write(f"memory://night/{name}")
    assert memory.cat(f"/night/{name}") == (tmp_path / name).read_bytes()
    assert np.array_equal(read_frame(f"memory://night/{name}").data, frame.data)


def test_what_exists_is_kept(memory: Any, frame: Frame, scratch: Path) -> None:
    memory.pipe("/out.fits", b"old")
    with pytest.raises(OutputExistsError, match=r"^memory://out\.fits: exists already"):
        frame.write("memory://out.fits")
    assert memory.cat("/out.fits") == b"old"
    frame.write("memory://out.fits", overwrite=True)
    assert memory.cat("/out.fits").startswith(b"SIMPLE")
    assert os.listdir(scratch) == []


def test_the_input_is_never_overwritten(memory: Any, sky: bytes) -> None:
    memory.pipe("/a.fits", sky)
    frame = read_frame("memory://a.fits")
    for source in ("memory://a.fits", frame.source.path):  # type: ignore[union-attr]
        with pytest.raises(OutputExistsError, match="the output is the input itself"):
            check_destination("memory://a.fits", overwrite=True, source=source)
    with pytest.raises(OutputExistsError, match="the output is the input itself"):
        frame.write("memory://a.fits", overwrite=True)
    assert memory.cat("/a.fits") == sky


def test_chips_are_written_together(memory: Any, sky: bytes) -> None:
    memory.pipe("/a.fits", sky)
    found = ManyImages()
    frame = read_frame("memory://a.fits")
    found.add(frame)
    found.write("memory://b.fits")
    assert np.array_equal(read_frame("memory://b.fits").data, frame.data)


def test_what_fails_before_it_is_whole_is_not_there(memory: Any, scratch: Path) -> None:
    for error in (OSError("disk"), KeyboardInterrupt()):

        def fail(error: BaseException = error) -> None:
            with new_output("memory://out.fits", overwrite=False) as file:
                file.write(b"half of it")
                raise error

        with pytest.raises(type(error)):
            fail()
    assert not memory.exists("/out.fits") and os.listdir(scratch) == []


def test_an_upload_that_fails_is_told(memory: Any, frame: Frame, monkeypatch: pytest.MonkeyPatch) -> None:
    for raised, told in (
        (ConnectionError("gone"), OSError),
        (PermissionError("no"), OutputError),
    ):

        def fail(*rest: Any, raised: Exception = raised) -> None:
            raise raised

        monkeypatch.setattr(type(memory), "put_file", fail)
        with pytest.raises(told, match=r"memory://out\.fits") as caught:
            frame.write("memory://out.fits")
        assert isinstance(caught.value, OutputError) == (told is OutputError)
    monkeypatch.setattr(type(memory), "put_file", lambda system, here, there: system.pipe(there, b"half"))
    with pytest.raises(OSError, match="4 arrived"):
        frame.write("memory://out.fits")


@pytest.mark.parametrize("address", ["https://user:secret@host/out.fits", "ftp://host/out.fits", "file:///no/o.fits"])
def test_protocols_that_have_no_whole_files(address: str, frame: Frame) -> None:
    with pytest.raises(OutputError, match="outputs are uploaded by memory, s3,") as caught:
        frame.write(address)
    assert "secret" not in str(caught.value) and not isinstance(caught.value, FrameError)
