"""The parts of the command line, one by one."""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import sys
import threading
import time
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from amsd_astro.cli.console import Console
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.cli.tensorflow_import import without_plots
from amsd_astro.errors import AmsdWarning
from amsd_astro.progress import Steps, begin


def test_matplotlib_is_hidden_while_tensorflow_is_imported_and_not_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    with without_plots(), pytest.raises(ImportError):
        importlib.import_module("matplotlib.pyplot")
    assert "matplotlib" not in sys.modules
    there = ModuleType("matplotlib")
    monkeypatch.setitem(sys.modules, "matplotlib", there)  # imported before
    with without_plots():
        assert sys.modules["matplotlib"] is there
    assert sys.modules["matplotlib"] is there


class FakeTerminal:
    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal, self.text = is_terminal, ""

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(("is_terminal", "shown"), [(True, True), (True, False), (False, True)])
def test_a_bar_is_for_terminals(is_terminal: bool, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = FakeTerminal(is_terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressBar("a.fits", shown=shown) as bar:
        bar(1, 4, "training")
        bar(4, 4, "training")
        bar(1, 1, "denoising")
    assert ("a.fits: training" in terminal.text) == (is_terminal and shown)
    assert ("a.fits: denoising" in terminal.text) == (is_terminal and shown)


def test_a_stage_that_nothing_is_heard_of_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = FakeTerminal(True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("amsd_astro.progress._PERIOD", 0.001)
    with ProgressBar("a.fits") as bar:
        begin(bar, "reading")
        drawn = terminal.text
        end = time.monotonic() + 60
        while len(terminal.text) == len(drawn) and time.monotonic() < end:
            time.sleep(0.001)
        assert "reading 00:0" in terminal.text[len(drawn) :]
    assert not any(thread.name == "amsd_astro progress" for thread in threading.enumerate())


def test_a_stage_whose_steps_become_known_gets_a_bar_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = FakeTerminal(True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressBar("a.fits") as bar:
        begin(bar, "measuring")
        assert "%" not in terminal.text
        steps = Steps(bar, 4, "measuring")
        steps.reach(2)
    assert "0/4" in terminal.text


def test_steps_go_one_way_and_end_where_they_are_to_end() -> None:
    seen: list[tuple[int, int, str]] = []
    steps = Steps(lambda *state: seen.append(state), 3, "measuring")
    steps.done()
    for n_done in (1, 0, 2, 9):
        steps.reach(n_done)
    steps.done()
    assert seen == [(n, 3, "measuring") for n in range(4)]
    Steps(None, 3, "measuring").done()


def test_a_terminal_that_states_no_size_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    pty = pytest.importorskip("pty")
    reading, writing = pty.openpty()  # 0 columns, 0 lines
    with open(writing, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with ProgressBar("a.fits") as bar:
            bar(0, 1, "reading")
            bar(2, 5, "training")
        terminal.write("\n")
        terminal.flush()
        drawn = os.read(reading, 4096)
        assert set(re.findall(rb"a.fits: (\w+)", drawn)) == {b"reading", b"training"} and b"2/5" in drawn
    os.close(reading)


def test_console_leaves_the_process_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    shown = warnings.showwarning
    with Console(2) as console:
        console.json(
            {"nan": float("nan"), "numpy": np.float32(0.5), "list": (np.arange(2), True, None), "path": Path("a")}
        )
        warnings.warn("odd", AmsdWarning, stacklevel=1)
        warnings.warn("odd", AmsdWarning, stacklevel=1)
    assert warnings.showwarning is shown
    seen = capsys.readouterr()
    assert json.loads(seen.out) == {"nan": None, "numpy": 0.5, "list": [[0, 1], True, None], "path": "a"}
    assert seen.err == "amsd-astro: warning: odd\n" * 2


@pytest.mark.parametrize(("verbose", "quiet", "n_shown"), [(0, False, 2), (1, False, 3), (2, False, 4), (0, True, 1)])
def test_loudness(verbose: int, quiet: bool, n_shown: int, capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("amsd_astro.some.module")
    with Console(verbose, quiet) as console, console.collect_warnings() as notes:
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            log.log(level, "level %d", level)
    log.error("nobody listens any more")
    lines = capsys.readouterr().err.splitlines()
    assert len([line for line in lines if line.startswith("amsd-astro: ")]) == n_shown
    assert notes == ["level 30", "level 40"], "also those that are not shown"
