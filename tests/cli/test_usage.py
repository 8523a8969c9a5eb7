"""Words and options: what is understood, what is refused."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from amsd_astro.cli.arguments import build_parser


def all_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    actions = []
    for action in parser._actions:
        actions.append(action)
        if isinstance(action, argparse._SubParsersAction):
            actions += [one for command in action.choices.values() for one in all_actions(command)]
    return actions


def test_every_option_has_help() -> None:
    actions = [one for one in all_actions(build_parser()) if not isinstance(one, argparse._SubParsersAction)]
    assert len(actions) > 40
    assert [one.dest for one in actions if not one.help or len(one.help) < 10] == []


def test_version(capsys: pytest.CaptureFixture[str], run: Any) -> None:
    from amsd_astro import __version__

    with pytest.raises(SystemExit) as stop:
        run("--version")
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"amsd-astro {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        "denoise",
        "polish a.fits",
        "denoise a.fits --recipe nonsense",
        "denoise a.fits --steps -1",
        "denoise a.fits --steps many",
        "denoise a.fits --recipe thesis --steps 0",
        "denoise a.fits --orientations 9",
        "denoise a.fits --orientations 0",
        "denoise a.fits --flux-tolerance 1.5",
        "denoise a.fits --flux-tolerance -0.1",
        "pretrain",
        "pretrain d --steps 0",
        "pretrain d --residuals 0 1 2 3",
        "pretrain d --residuals 5",
        "denoise a.fits --gain 0",
        "denoise a.fits --gain nan",
        "denoise a.fits --read-noise -2",
        "denoise a.fits --noise 1",
        "denoise a.fits --noise 0,0",
        "denoise a.fits --noise -1,2",
        "denoise a.fits --noise nan,2",
        "denoise a.fits --noise 1,2 --gain 1",
        "inspect a.fits --noise 1,2 --read-noise 1",
        "train a.fits -o m.npz --noise 1,2 --gain 1",
        "denoise a.fits --threads 0",
        "denoise a.fits -v -q",
        "denoise a.fits -o b.fits -d c",
        "denoise a.fits b.fits -o c.fits",
        "denoise a.fits --jobs 0",
        "denoise a.fits --jobs 100000",
        "denoise a.fits --jobs 1 -o",
        "denoise a.fits --jobs 2 --scheduler tcp://127.0.0.1:1",
        "denoise a.fits --model m.npz --recipe amsd",
        "train a.fits",
        "train a.fits -o m.npz --steps 0",
        "train a.fits -o m.npz.gz",
        "simulate",
        "simulate -o x --seed -1",
    ],
)
def test_wrong_usage(words: str, capsys: pytest.CaptureFixture[str], stand_in: Any, run: Any) -> None:
    with pytest.raises(SystemExit) as stop:
        run(*words.split())
    assert stop.value.code == 2
    seen = capsys.readouterr()
    assert len(seen.err.splitlines()) == 1 and "error: " in seen.err
    assert seen.out == ""
    assert stand_in.made == []
