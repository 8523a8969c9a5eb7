"""Planes in files of their own, on the command line: --mask-file, --error-file, --companions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits


@pytest.fixture
def night(tmp_path: Path, write_image: Any) -> Path:
    """An exposure of DECam with its mask and its weights beside it."""
    path = tmp_path / "c4d_ooi_z.fits"
    write_image(path, INSTRUME="DECam", PROCTYPE="InstCal", PLVER="V4.8.2")
    header = fits.getheader(path)
    codes = np.zeros((96, 80), np.int16)
    codes[5, :3] = 1, 5, 8
    fits.writeto(tmp_path / "c4d_ood_z.fits", codes, header)
    weights = np.full(codes.shape, 1 / (400 / 2 + 9), np.float32)
    weights[6, 0] = 0
    fits.writeto(tmp_path / "c4d_oow_z.fits", weights, header)
    return path


def test_companions_are_read(night: Path, run: Any, json_lines: Any, capsys: Any) -> None:
    assert run("inspect", night, "--companions", "--json") == 0
    [record] = json_lines()
    assert record["image"]["n_masked"] == 3 and record["image"]["has_errors"]
    assert [os.path.basename(plane["file"]) for plane in record["planes"]] == ["c4d_ood_z.fits", "c4d_oow_z.fits"]
    assert run("inspect", night, "--companions") == 0
    told = capsys.readouterr().out
    assert f"mask:            HDU 0 PRIMARY of {night.parent}/c4d_ood_z.fits: DECam Community Pipeline" in told
    assert run("inspect", night, "--json") == 0
    [record] = json_lines()
    assert record["image"]["n_masked"] == 0 and not record["planes"]


def test_named_files_are_read_by_every_command(
    night: Path, tmp_path: Path, run: Any, stand_in: Any, json_lines: Any
) -> None:
    mask, errors = tmp_path / "c4d_ood_z.fits", tmp_path / "c4d_oow_z.fits"
    planes = ["--mask-file", f"{mask}[0]", "--error-file", errors, "--error-kind", "inverse"]
    assert run("denoise", night, "-o", tmp_path / "out.fits", *planes) == 0
    assert run("train", night, "-o", tmp_path / "model.npz", *planes) == 0
    assert run("compare", night, tmp_path / "out.fits", "-o", tmp_path / "a.png", *planes) == 0
    assert run("compare", night, tmp_path / "out.fits", "-o", tmp_path / "b.png", "--companions") == 0
    for made in stand_in.made:
        assert made.frames[0].mask.sum() == 3 and made.frames[0].uncertainty is not None
    assert len(stand_in.made) == 2


def test_what_is_missing_is_bad_input(image: Path, night: Path, tmp_path: Path, run: Any, capsys: Any) -> None:
    os.remove(tmp_path / "c4d_oow_z.fits")
    for path, options, words in (
        (night, ["--companions"], "Looked for: c4d_oow_z.fits"),
        (image, ["--companions"], "none of those that are known"),
        (image, ["--mask-file", tmp_path / "gone.fits"], "no such file"),
        (image, ["--mask-file", f"{night}[7]"], "names no HDU"),
    ):
        assert run("denoise", path, "-o", tmp_path / "out.fits", *options) == 65
        assert words in capsys.readouterr().err
        assert not (tmp_path / "out.fits").exists()


def test_a_mask_is_not_overwritten(night: Path, tmp_path: Path, run: Any, stand_in: Any) -> None:
    mask = tmp_path / "c4d_ood_z.fits"
    before = mask.read_bytes()
    assert run("denoise", night, "-o", mask, "--mask-file", mask, "--overwrite") == 73
    assert run("denoise", night, "-o", mask, "--companions", "--overwrite") == 73
    assert mask.read_bytes() == before and not stand_in.made


@pytest.mark.parametrize("named", [True, False])
def test_an_output_is_made_again_where_the_mask_is_another(
    named: bool, night: Path, tmp_path: Path, run: Any, stand_in: Any, json_lines: Any
) -> None:
    mask = tmp_path / "c4d_ood_z.fits"
    how = ["--mask-file", mask] if named else ["--companions"]
    words = ["denoise", night, "-o", tmp_path / "out.fits", "--skip-existing", "--overwrite", "--json", *how]
    kinds = []
    for change in (False, False, True, False):
        if change:
            with fits.open(mask, mode="update") as hdus:
                hdus[0].data[7, 7] = 1
        assert run(*words) == 0
        kinds.append(json_lines()[0]["kind"])
    assert kinds == ["denoised", "skipped", "denoised", "skipped"]
    assert run(*words[: -len(how)]) == 0
    assert json_lines()[0]["kind"] == "denoised"


def test_one_network_serves_many_files_with_masks_of_their_own(
    night: Path, tmp_path: Path, run: Any, stand_in: Any
) -> None:
    for name in ("ooi", "ood", "oow"):
        (tmp_path / f"b_{name}_z.fits").write_bytes((tmp_path / f"c4d_{name}_z.fits").read_bytes())
    with fits.open(tmp_path / "b_ood_z.fits", mode="update") as hdus:
        hdus[0].data[9, 9] = 1
    (tmp_path / "out").mkdir()
    assert run("denoise", night, tmp_path / "b_ooi_z.fits", "-d", tmp_path / "out", "--companions") == 0
    assert len(stand_in.made) == 1
