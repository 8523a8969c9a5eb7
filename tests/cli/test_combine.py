"""`combine`: several files in, one out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.cli import main


def test_one_image_of_three(paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.fits"
    assert main(["combine", *paths, "-o", str(out), "--no-denoise", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["kind"] == "combined"
    assert [row["name"] for row in record["exposures"]] == paths
    assert record["cards"]["AMSDNCOM"] == 3
    with fits.open(out) as hdus:
        sky = np.median(np.abs(hdus[0].data - np.median(hdus[0].data)))
        assert sky < 0.75 * np.median(np.abs(fits.getdata(paths[0]) - 100))
        assert np.all(hdus["AMSD_NEXP"].data <= 3)


def test_it_is_denoised_by_default(paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.fits"
    assert main(["combine", *paths, "-o", str(out), "--steps", "0", "--reference", paths[1]]) == 0
    said = capsys.readouterr().out
    assert "3 of 3 exposures" in said
    header = fits.getheader(out)
    assert header["AMSDVERS"]
    assert header["AMSDREF"] == 2


def test_what_is_left_out_is_told(paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.fits"
    missing = str(tmp_path / "missing.fits")
    assert main(["combine", paths[0], missing, paths[1], "-o", str(out), "--no-denoise"]) == 1
    told = capsys.readouterr()
    assert missing in told.err
    assert "2 of 3 exposures" in told.out
    assert fits.getheader(out)["AMSDNCOM"] == 2


def test_nothing_is_written_of_one(paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.fits"
    assert main(["combine", paths[0], str(tmp_path / "missing.fits"), "-o", str(out)]) == 65
    assert "at least two" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("words", [["--reference", "other.fits"], ["--ext", "all"], ["--weights", "equal"]])
def test_usage(paths: list[str], tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["combine", *paths, "-o", str(tmp_path / "out.fits"), *words])
    with pytest.raises(SystemExit, match="2"):
        main(["combine", paths[0], "-o", str(tmp_path / "out.fits")])


def test_done_already(paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.fits"
    words = ["combine", *paths, "-o", str(out), "--no-denoise", "--skip-existing"]
    assert main(words) == 0
    before = out.read_bytes()
    assert main(words) == 0
    assert "skipped" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cards"]["AMSDNCOM"] == 3
    assert out.read_bytes() == before
    assert main([*words, "--weights", "depth"]) == 73
    assert "but was made with other options; use --overwrite" in capsys.readouterr().err
    assert main(["combine", *paths[:2], "-o", str(out), "--no-denoise", "--skip-existing"]) == 73
    assert "but was made from another input and with other options; use" in capsys.readouterr().err
    assert main([*words, "--weights", "depth", "--overwrite"]) == 0
    assert main(["combine", *paths, "-o", paths[2], "--overwrite"]) == 73
