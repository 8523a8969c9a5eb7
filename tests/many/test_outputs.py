"""Names of outputs: each input has its own, in every run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amsd_astro.many.outputs import name_outputs, once_each


def test_outputs_lie_beside_the_input_or_in_the_folder() -> None:
    assert name_outputs(["n/a.fits", "n/b.FITS.gz"], None) == [Path("n/a_amsd.fits"), Path("n/b_amsd.fits")]
    assert name_outputs(["n/a.fits", "m/b.fit.fz"], "out") == [Path("out/a_amsd.fits"), Path("out/b_amsd.fits")]


def test_files_of_one_name_keep_apart_in_any_order() -> None:
    paths = ["1/a.fits", "2/a.fits", "1/b.fits", "1/a.fits.gz"]
    named = dict(zip(paths, name_outputs(paths, "out"), strict=True))
    assert len(set(named.values())) == 4
    assert named["1/b.fits"] == Path("out/b_amsd.fits")
    assert re.fullmatch(r"a_[0-9a-f]{8}_amsd\.fits", named["2/a.fits"].name)
    assert dict(zip(paths[::-1], name_outputs(paths[::-1], "out"), strict=True)) == named
    assert name_outputs(["2/a.fits", "3/a.fits"], "out")[0] == named["2/a.fits"], "whatever else there is"


def test_the_name_is_that_of_the_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from_above = name_outputs(["tmp/a.fits", str(tmp_path / "1" / "a.fits")], "/out")
    monkeypatch.chdir(tmp_path)
    assert name_outputs(["1/a.fits", "2/a.fits"], "/out")[0] == from_above[1]


def test_a_file_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a.fits").touch()
    (tmp_path / "link.fits").symlink_to("a.fits")
    names = [str(tmp_path / name) for name in ("b.fits", "a.fits", "./a.fits", "link.fits", "b.fits", "c.fits")]
    assert once_each(names) == [names[0], names[1], names[5]]
