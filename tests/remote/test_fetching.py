"""Frames at addresses: fetched once, gone with the frame, and failures told without credentials."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro import Frame, read_frame
from amsd_astro.errors import AmsdWarning, FrameError, FrameNotFoundError
from amsd_astro.remote import fetching, file_systems
from amsd_astro.remote.addresses import identity
from amsd_astro.remote.fetching import Fetched, fetched

SECRET, SIGNATURE = "pass word", "0123456789"


def test_a_frame_is_read_written_and_let_go(memory: Any, sky: bytes, scratch: Path, tmp_path: Path) -> None:
    memory.pipe("/night/a.fits", sky)
    (tmp_path / "a.fits").write_bytes(sky)
    there, here = (read_frame(path) for path in ("memory://night/a.fits", tmp_path / "a.fits"))
    assert np.array_equal(there.data, here.data) and there.mask[3, 4]
    assert there.source is not None and there.source.path.name == "a.fits"
    twin = copy.deepcopy(there)
    for name, frame in (("there", there), ("here", here)):
        frame.write(tmp_path / name)
    assert (tmp_path / "there").read_bytes() == (tmp_path / "here").read_bytes()
    del there, frame
    gc.collect()
    assert len(os.listdir(scratch)) == 1, "the copy has need of it"
    twin.write(tmp_path / "twin")
    del twin
    gc.collect()
    assert os.listdir(scratch) == []


def test_all_who_read_frames_take_addresses(memory: Any, sky: bytes) -> None:
    from amsd_astro.frames import as_frame

    memory.pipe("/a.fits", sky)
    wanted = read_frame("memory://a.fits").data
    for frame in (as_frame("memory://a.fits"), Frame.read("memory://a.fits")):
        assert np.array_equal(frame.data, wanted)


def test_planes_are_fetched_too(memory: Any, sky: bytes, tmp_path: Path, scratch: Path) -> None:
    memory.pipe("/a.fits", sky)
    memory.pipe("/m.fits", sky)
    frame = read_frame("memory://a.fits", mask_file="memory://m.fits[MASK]", ext=0)
    assert frame.source is not None and [own.path.name for own in frame.source.own_files] == ["m.fits"]
    assert frame.mask[3, 4] and len(os.listdir(scratch)) == 2
    with pytest.raises(FrameError, match=r"memory://a\.fits: companions are looked for beside files of this machine"):
        read_frame("memory://a.fits", companions=True)


def test_a_pickled_frame_does_without_its_file(memory: Any, sky: bytes) -> None:
    memory.pipe("/a.fits", sky)
    frame = pickle.loads(pickle.dumps(read_frame("memory://a.fits")))
    assert frame.source.held == (None,) and frame.data.shape == (48, 40)


def test_messages_name_the_address(memory: Any, sky: bytes) -> None:
    memory.pipe("/user:x@a.fits", b"no frame")
    with pytest.raises(FrameError, match=r"^memory://a\.fits: is not a FITS file") as caught:
        read_frame("memory://user:x@a.fits")
    assert caught.value.path == "memory://a.fits"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    memory.pipe("/odd.fits.gz", sky)
    with pytest.warns(AmsdWarning, match=r"^memory://odd\.fits\.gz: the file is named \.gz but is not packed"):
        read_frame("memory://odd.fits.gz")


def test_what_is_missing_or_too_large(memory: Any, sky: bytes, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FrameNotFoundError, match=r"^memory://none\.fits: there is no such file at the host"):
        read_frame("memory://none.fits")
    memory.pipe("/a.fits", sky)
    monkeypatch.setattr(fetching, "LARGEST", len(sky) - 1)
    with pytest.raises(FrameError, match=r"a\.fits: a file that is fetched must have at most"):
        read_frame("memory://a.fits")
    assert os.listdir(scratch) == []


@pytest.mark.parametrize(("protocol", "package"), [("nosuch", "one that fsspec knows"), ("s3", "s3fs")])
def test_a_protocol_without_its_package(protocol: str, package: str) -> None:
    if protocol == "s3":
        try:
            import s3fs  # noqa: F401

            pytest.skip("it is installed")
        except ImportError:
            pass
    with pytest.raises(FrameError, match=package):
        read_frame(f"{protocol}://bucket/a.fits")


def test_fsspec_is_asked_for_by_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(FrameError, match=r"memory://a\.fits: addresses need the package fsspec, in the extra"):
        read_frame("memory://user:x@a.fits")


@pytest.mark.parametrize("address", ["http://[bad/a.fits", "http://host:port/a.fits", "http:///a.fits", "ftp://h:x/a"])
def test_what_is_no_sound_address(address: str, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    with pytest.raises((FrameError, OSError)):
        read_frame(address)
    assert identity(address)


def test_fsspec_is_not_imported_for_files() -> None:
    code = "import sys; from amsd_astro.cli import main; main(['inspect', 'none.fits']); print('fsspec' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_over_http_once(host: Any, sky: bytes) -> None:
    host.served["/night/a b.fits"] = host.served["/night/a%20b.fits"] = sky
    frame = read_frame(f"http://{host.name}/night/a%20b.fits?id=1")
    assert frame.source is not None and frame.source.path.name == "a b.fits"
    assert host.asked == ["/night/a%20b.fits?id=1"]


def test_passwords_reach_the_host_and_nobody_else(host: Any, sky: bytes) -> None:
    host.served["/private.fits"] = sky
    assert read_frame(f"http://user:pass%20word@{host.name}/private.fits").data.shape == (48, 40)
    with pytest.raises(FrameError, match=rf"^http://{host.name}/private\.fits: the host refuses it: 401") as caught:
        read_frame(f"http://{host.name}/private.fits")
    assert "?" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "error", "text"),
    [
        ("/none.fits", FrameNotFoundError, "there is no such file at the host"),
        ("/refused.fits", FrameError, "the host refuses it: 403"),
        ("/busy.fits", OSError, "the host failed: 429"),
        ("/broken.fits", OSError, "the host failed: 503"),
        ("/cut.fits", OSError, "the connection failed"),
    ],
)
def test_failures_have_no_credentials(path: str, error: type, text: str, host: Any, scratch: Path) -> None:
    address = f"http://user:{SECRET}@{host.name}{path}?X-Amz-Signature={SIGNATURE}"
    with pytest.raises(error, match=text) as caught:
        read_frame(address)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    assert f"http://{host.name}{path}?..." in told
    assert SECRET not in told and SIGNATURE not in told and f"@{host.name}" not in told
    assert os.listdir(scratch) == []
    assert isinstance(caught.value, FrameError) == (error is not OSError)


def test_no_host_answers() -> None:
    pytest.importorskip("aiohttp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://user:secret@127.0.0.1:{free.getsockname()[1]}/a.fits"
    with pytest.raises(OSError, match="the connection failed") as caught:
        read_frame(address)
    assert "secret" not in str(caught.value) and not isinstance(caught.value, FrameError)


def test_an_error_that_may_hold_a_part_of_the_address_is_not_shown() -> None:
    address = "https://user:hidden@host/a.fits?sig=alsohidden"
    for text in ("hidden was wrong", "alsohidden", f"at {address}"):

        def fail(text: str = text) -> None:
            raise ConnectionError(text)

        with pytest.raises(OSError, match="the connection failed") as caught:
            file_systems.asked(address, fail)
        assert "hidden" not in str(caught.value)


_WAITS = """
import sys, time
from amsd_astro.remote.fetching import Fetched
import fsspec

fsspec.filesystem("memory").pipe("/a.fits", b"x" * 1000)
file = Fetched("memory://a.fits")
print(file.path, flush=True)
time.sleep(600)
"""


def test_what_a_killed_process_left_is_swept(memory: Any, sky: bytes, scratch: Path) -> None:
    memory.pipe("/a.fits", sky)
    with subprocess.Popen([sys.executable, "-c", _WAITS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        with fetched("memory://a.fits"):
            assert left.exists(), "somebody has it"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert left.exists()
    with fetched("memory://a.fits") as path:
        assert not left.exists() and Path(path).stat().st_mode & 0o077 == 0
    assert os.listdir(scratch) == []


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_command_that_is_stopped_leaves_nothing(number: int, status: int, host: Any, scratch: Path) -> None:
    code = "import signal, sys; signal.signal(2, signal.default_int_handler); from amsd_astro.cli import main; "
    words = [sys.executable, "-c", f"{code} sys.exit(main(sys.argv[1:]))", "inspect", f"http://{host.name}/slow.fits"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 120
        while not any(path.stat().st_size for path in scratch.glob(".remote*/slow.fits")):
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(60) == status
    assert os.listdir(scratch) == []


def test_an_interruption_leaves_nothing(memory: Any, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces(*rest: Any) -> Any:
        yield b"x"
        raise KeyboardInterrupt

    monkeypatch.setattr(fetching, "_pieces", pieces)
    with pytest.raises(KeyboardInterrupt):
        Fetched("memory://a.fits")
    assert os.listdir(scratch) == []


def test_a_full_disk_is_told_as_that(memory: Any, sky: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = os.write

    def write(descriptor: int, piece: Any) -> int:
        if isinstance(piece, memoryview):
            raise OSError(28, "No space left on device")
        return genuine(descriptor, piece)

    memory.pipe("/a.fits", sky)
    monkeypatch.setattr(fetching.os, "write", write)
    with pytest.raises(OSError, match="No space left") as caught:
        Fetched("memory://a.fits")
    assert caught.value.errno == 28
