"""Bad input, kind by kind: one clear line and the right exit status, at once, and nothing made, changed or lost."""

from __future__ import annotations

import json
import os
import re
import resource
import stat
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The tests are no package: this is how their shared modules are found.
sys.path.insert(0, str(Path(__file__).parent))

from bad_inputs import BAD, GOOD, GOOD_NAME, ODD, BadKind, command_words

from amsd_astro import denoiser
from amsd_astro.cli import main
from amsd_astro.errors import FrameError, ModelError, OutputError
from amsd_astro.fits.hdu_selection import choose_hdu
from amsd_astro.frames import Frame, read_frame, reader, refuse_denoised, refuse_mosaic, write_frame

Snapshot = dict[str, tuple[Any, ...]]

SECONDS = 1.0
"""Processor time that a refusal may take."""
MEMORY = 96 * 2**20
"""Bytes that the refusal of a size that is a lie may take."""
LARGEST_FILE = 256 * 2**20
"""Bytes of any file that is made meanwhile, so that a size that is a lie fills no disk where it is believed."""
WORDS = {65: "input", 73: "output", 74: "io"}


def _each(kinds: list[BadKind]) -> pytest.MarkDecorator:
    unfit = pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read and write everything")
    params = [pytest.param(kind, id=kind.name, marks=[unfit] if kind.as_user else []) for kind in kinds]
    return pytest.mark.parametrize("kind", params)


def _snapshot(folder: Path) -> Snapshot:
    """Return types, modes, targets, bytes, times and inodes of all that is in a folder; of large files the size."""
    found: Snapshot = {}
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(parent, name)
            info = os.lstat(path)
            content: Any = info.st_size
            if stat.S_ISLNK(info.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(info.st_mode) and info.st_size < 2**22 and os.access(path, os.R_OK):
                content = Path(path).read_bytes()
            times = () if stat.S_ISDIR(info.st_mode) else (info.st_mtime_ns, info.st_ino)
            found[os.path.relpath(path, folder)] = (info.st_mode, content, *times)
    return found


class _Scene:
    """A folder with a kind of bad input in it, and what was there before anything was tried."""

    def __init__(self, kind: BadKind, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kind, self.folder = kind, folder
        self.good = folder / GOOD_NAME
        self.good.write_bytes(GOOD)
        self.fault = kind.make(folder)
        self.before = _snapshot(folder)
        if kind.meanwhile is not None:
            monkeypatch.setattr(reader, "choose_hdu", self._meanwhile(kind.meanwhile))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def _meanwhile(self, change: Callable[[Path], None]) -> Callable[..., Any]:
        """Return what changes the file between the look at its headers and the reading of its pixels."""

        def choose(*args: Any, **options: Any) -> Any:
            change(self.fault)
            self.before = _snapshot(self.folder)
            return choose_hdu(*args, **options)

        return choose

    def use(self) -> None:
        """Do by functions what the kind makes impossible."""
        if self.kind.role == "model":
            denoiser.Denoiser.load(self.fault)
        elif self.kind.role == "output":
            write_frame(read_frame(self.good), self.fault, overwrite="--overwrite" in self.kind.options)
        else:
            frame = read_frame(self.fault, **self.kind.reading)
            refuse_denoised(frame)
            refuse_mosaic(frame)

    def run(self, *more: str) -> int:
        """Do the same by the command line; return its exit status."""
        return main(command_words(self.kind, self.folder, self.fault, *more))

    def check(self, message: str) -> None:
        """Make sure that a message is a line that says what is wrong with what, and that nothing else came of it."""
        assert re.search(self.kind.words, message), message
        assert str(self.fault).split("\0", maxsplit=1)[0] in message
        assert len(message.splitlines()) == 1
        assert _snapshot(self.folder) == self.before


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    """Give back the limit that a scene sets."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make whatever comes to the point of denoising fail."""
    monkeypatch.setattr(denoiser.Denoiser, "__init__", None)
    monkeypatch.setitem(sys.modules, "tensorflow", None)


@_each(BAD)
def test_the_functions_refuse_it_at_once(kind: BadKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = _Scene(kind, tmp_path, monkeypatch)
    start = time.process_time()
    with pytest.raises(kind.error) as caught:
        scene.use()
    assert time.process_time() - start < SECONDS
    scene.check(str(caught.value))
    assert isinstance(caught.value, FrameError | ModelError | OutputError) or kind.status == 74
    if isinstance(caught.value, FrameError):
        assert caught.value.path == scene.fault


@_each([kind for kind in BAD if kind.lies])
def test_what_it_declares_is_not_allocated(kind: BadKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = _Scene(kind, tmp_path, monkeypatch)
    tracemalloc.start()
    try:
        with pytest.raises(kind.error):
            scene.use()
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@_each([kind for kind in BAD if kind.status != 2])
@pytest.mark.usefixtures("_no_network")
def test_the_command_line_says_so_in_one_line_and_to_programs(
    kind: BadKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = _Scene(kind, tmp_path, monkeypatch)
    assert scene.run("--json") == kind.status
    seen = capsys.readouterr()
    assert seen.err.startswith("amsd-astro: error: ") and seen.err.endswith("\n")
    assert seen.err[:-1].isprintable(), "nothing in a file reaches the terminal as it is"
    scene.check(seen.err)
    record = json.loads(seen.out)
    assert (record["ok"], record["kind"], record["status"]) == (False, WORDS[kind.status], kind.status)
    assert seen.err == f"amsd-astro: error: {record['message']}\n"


@_each([kind for kind in BAD if kind.status == 2])
def test_the_command_line_says_that_options_are_wrong(
    kind: BadKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = _Scene(kind, tmp_path, monkeypatch)
    with pytest.raises(SystemExit) as stop:
        scene.run()
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("amsd-astro denoise: error: ") and re.search(kind.words, line)
    assert _snapshot(tmp_path) == scene.before


@_each([kind for kind in BAD if kind.role == "input" and kind.status != 2 and not kind.readable])
def test_a_look_at_it_says_so_too(
    kind: BadKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = _Scene(kind, tmp_path, monkeypatch)
    words = command_words(kind, tmp_path, scene.fault)
    assert main(["inspect", "-q", *words[3:]]) == kind.status
    seen = capsys.readouterr()
    assert seen.err.startswith("amsd-astro: error: ") and seen.out == ""
    scene.check(seen.err)


def test_an_input_that_changes_while_it_is_denoised_gives_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / GOOD_NAME
    path.write_bytes(GOOD)

    def change(self: Any, frame: Frame, **options: Any) -> Frame:
        path.write_bytes(GOOD + bytes(2880))
        result: Frame = frame.copy()
        return result

    monkeypatch.setattr(denoiser.Denoiser, "fit_denoise", change)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert main(["denoise", str(path), "-o", str(tmp_path / "out.fits")]) == 74
    assert re.fullmatch(f"amsd-astro: error: {path}: the input changed since .*\n", capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == [path]


_ALL_IN_ONE_PROCESS = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
from bad_inputs import BAD, GOOD, GOOD_NAME, command_words
from amsd_astro import denoiser
from amsd_astro.cli import main
denoiser.Denoiser.__init__ = None
for number, kind in enumerate(BAD):
    if kind.as_user or kind.meanwhile or kind.status == 2 or "gigabytes" in kind.name or "bomb" in kind.name:
        continue
    folder = Path(sys.argv[2]) / str(number)
    folder.mkdir()
    (folder / GOOD_NAME).write_bytes(GOOD)
    if main(command_words(kind, folder, kind.make(folder))) != kind.status:
        print(kind.name)
print([name for name in ("tensorflow", "keras") if name in sys.modules])
"""


def test_nothing_bad_ever_loads_tensorflow(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _ALL_IN_ONE_PROCESS, str(Path(__file__).parent), str(tmp_path), str(LARGEST_FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


def test_the_list_is_long_and_every_kind_is_on_it_once() -> None:
    names = [kind.name for kind in BAD] + [kind.name for kind in ODD]
    assert len(BAD) >= 65
    assert len(set(names)) == len(names)
