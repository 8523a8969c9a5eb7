"""Masks and errors in files of their own: which HDU is taken, what is refused, what the result records."""

from __future__ import annotations

import hashlib
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.errors import AmsdWarning, FrameChangedError, FrameError, FrameNotFoundError, OutputExistsError
from amsd_astro.fits.pixels import read_plane
from amsd_astro.fits.planes import masks
from amsd_astro.frames import read_frame
from amsd_astro.frames.denoised import Denoised, assemble
from amsd_astro.frames.noise import measure_noise

SHAPE = (60, 80)
PIXELS = np.random.default_rng(0).normal(100, 5, SHAPE).astype(np.float32)
BAD = [(3, 4), (20, 30)]


def _mask(*places: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(SHAPE, np.int16)
    for place in places:
        mask[place] = 1
    return mask


def _write(path: Path, *hdus: Any) -> Path:
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


def _hdu(data: np.ndarray, name: str | None = None, version: int | None = None) -> fits.ImageHDU:
    return fits.ImageHDU(data, name=name, ver=version)


@pytest.fixture
def chips(tmp_path: Path) -> Path:
    """Two chips called N2 and N4."""
    return _write(tmp_path / "image.fits", _hdu(PIXELS, "N2"), _hdu(PIXELS + 1, "N4"))


@pytest.fixture
def single(tmp_path: Path) -> Path:
    fits.PrimaryHDU(PIXELS).writeto(tmp_path / "single.fits")
    return tmp_path / "single.fits"


def _places(path: Path, **options: Any) -> list[tuple[int, int]]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = read_frame(path, **options)
    return [tuple(place) for place in np.argwhere(frame.mask).tolist()]


def test_planes_are_matched_by_the_name_of_the_chip(chips: Path, tmp_path: Path) -> None:
    # in another order, as a night's reduction may have left them
    mask = _write(tmp_path / "mask.fits", _hdu(_mask(BAD[1]), "N4"), _hdu(_mask(BAD[0]), "N2"))
    errors = _write(tmp_path / "error.fits", _hdu(PIXELS * 0 + 4, "N4"), _hdu(PIXELS * 0 + 2, "N2"))
    for name, place, error in (("N2", BAD[0], 2), ("N4", BAD[1], 4)):
        options = {"ext": name, "mask_file": mask, "error_file": errors, "error_kind": "sigma"}
        assert _places(chips, **options) == [place]
        assert np.all(read_frame(chips, **options).uncertainty.array == error)


def test_an_hdu_can_be_named(chips: Path, tmp_path: Path) -> None:
    mask = _write(tmp_path / "mask.fits", _hdu(_mask(BAD[0]), "N2"), _hdu(_mask(*BAD), "HOT"))
    assert _places(chips, ext="N2", mask_file=f"{mask}[HOT]") == BAD
    assert _places(chips, ext="N2", mask_file=f"{mask}[2]") == BAD
    assert _places(chips, ext="N2", mask_file=mask, mask_ext="HOT") == BAD
    odd = _write(tmp_path / "mask[1].fits[2]", _hdu(_mask(BAD[1])))
    assert _places(chips, ext="N2", mask_file=odd) == BAD[1:]
    with pytest.raises(FrameError, match="must be named once"):
        read_frame(chips, ext="N2", mask_file=f"{mask}[HOT]", mask_ext=1)


@pytest.mark.parametrize("names", [[""], ["DQ"], ["MASK", "ERR"], ["OTHER", "BPM"]])
def test_a_mask_is_told_by_its_role_and_the_only_plane_needs_no_name(
    single: Path, tmp_path: Path, names: list[str]
) -> None:
    planes = [_hdu(_mask(BAD[name in ("ERR", "OTHER")]), name or None) for name in names]
    mask = _write(tmp_path / "mask.fits", *planes)
    assert _places(single, mask_file=mask) == BAD[:1]


def test_versions_count(tmp_path: Path) -> None:
    image = _write(tmp_path / "image.fits", _hdu(PIXELS, "SCI", 1), _hdu(PIXELS, "SCI", 2))
    mask = _write(tmp_path / "mask.fits", _hdu(_mask(BAD[0]), "DQ", 1), _hdu(_mask(BAD[1]), "DQ", 2))
    assert _places(image, ext="SCI,2", mask_file=mask) == BAD[1:]


def test_a_plane_of_another_name_is_told_where_it_is_the_only_one_and_else_refused(
    single: Path, chips: Path, tmp_path: Path
) -> None:
    mask = _write(tmp_path / "mask.fits", _hdu(_mask(BAD[0]), "N7"))
    assert _places(single, mask_file=mask) == BAD[:1]
    alone = _write(tmp_path / "alone.fits", _hdu(PIXELS, "N2"))
    with pytest.warns(AmsdWarning, match=r"mask.fits\[1\] N7: taken for the mask of N2, whose name is another"):
        read_frame(alone, mask_file=mask)
    with pytest.raises(FrameError, match=r"mask.fits: no HDU can be told .* Looked for: N2,1, .*HDU 1. .*1 N7"):
        read_frame(chips, ext="N2", mask_file=mask)


def test_what_cannot_be_used_is_refused_by_name(single: Path, tmp_path: Path) -> None:
    thin = _write(tmp_path / "thin.fits", _hdu(_mask()[1:]))
    two = _write(tmp_path / "two.fits", _hdu(_mask()), _hdu(_mask()))
    zero = _write(tmp_path / "zero.fits", _hdu(PIXELS * 0))
    flags = _write(tmp_path / "flags.fits", _hdu(_mask(BAD[0]), "DQ"))
    text = tmp_path / "text.fits"
    text.write_text("no FITS file")
    for options, words in (
        (
            {"mask_file": thin},
            r"thin.fits\[1\]: mask_file must be an image of the shape \(60, 80\). Received: \(59, 80\)",
        ),
        ({"error_file": f"{thin}[1]"}, r"thin.fits\[1\]: error_ext must be an image of the shape"),
        ({"mask_file": f"{two}[HOT]"}, "two.fits: mask_ext names no HDU of the file, which has: .*Received: 'HOT'"),
        ({"mask_file": two}, "two.fits: no HDU can be told to be the mask of the image"),
        ({"mask_file": text}, "text.fits"),
        ({"mask_file": tmp_path}, "directory|regular file"),
        ({"mask_file": single}, "mask_file is the file of the image: name the HDU by mask_ext"),
        ({"error_file": zero, "error_kind": "sigma"}, r"zero.fits\[1\]: the errors hold no positive value"),
        ({"error_file": two, "error_ext": 1}, "no positive value"),
        ({"error_file": flags}, r"flags.fits\[1\]: error_file must be a plane of errors. Received: one of codes .* DQ"),
    ):
        with pytest.raises(FrameError, match=words):
            read_frame(single, **options)
    with pytest.raises(FrameNotFoundError, match=r"gone.fits: no such file"):
        read_frame(single, error_file=tmp_path / "gone.fits")


def test_errors_of_no_name_are_told_by_the_noise(single: Path, tmp_path: Path) -> None:
    variance = _write(tmp_path / "unnamed.fits", _hdu(PIXELS * 0 + 25))
    with pytest.warns(AmsdWarning, match=r"unnamed.fits\[1\]: the errors are taken for variance"):
        frame = read_frame(single, error_file=variance)
    assert np.allclose(frame.uncertainty.array, 5)
    assert frame.source.planes[0].file == str(variance)
    named = _write(tmp_path / "named.fits", _hdu(PIXELS * 0 + 25, "VAR"))
    assert np.allclose(read_frame(single, error_file=named).uncertainty.array, 5)


def test_planes_beside_the_image_go_back_and_what_is_not_asked_for_stays(tmp_path: Path) -> None:
    image = _write(
        tmp_path / "image.fits", _hdu(PIXELS, "SCI"), _hdu(_mask(BAD[0]), "MASK"), _hdu(PIXELS * 0 + 5, "ERR")
    )
    mask = _write(tmp_path / "mask.fits", _hdu(_mask(BAD[1]), "MASK"))
    frame = read_frame(image, mask_file=mask)
    assert np.argwhere(frame.mask).tolist() == [list(BAD[1])] and np.all(frame.uncertainty.array[~frame.mask] == 5)
    assert {(use.name, use.role, use.used, use.file) for use in frame.source.planes} == {
        ("MASK", "mask", True, str(mask)),
        ("ERR", "errors", True, ""),
        ("MASK", "", False, ""),
    }


def test_the_result_records_where_the_planes_are_from(single: Path, tmp_path: Path) -> None:
    mask = _write(tmp_path / "mâsk\n1.fits", _hdu(_mask(BAD[0])))
    errors = _write(tmp_path / "error.fits", _hdu(PIXELS * 0 + 5, "ERR"))
    frame = read_frame(single, mask_file=mask, error_file=errors)
    arrays = Denoised.like(frame)
    for array in (arrays.data, arrays.sigma, arrays.flags):
        array[:] = 1
    result = assemble(frame, measure_noise(frame), arrays, {})
    result.write(tmp_path / "out.fits")
    header = fits.getheader(tmp_path / "out.fits")
    for keyword, path in (("AMSDSRC", single), ("AMSDSRCM", mask), ("AMSDSRCE", errors)):
        assert header[keyword] == hashlib.sha256(path.read_bytes()).hexdigest()
    history = "".join(header["HISTORY"])
    assert "mask of the input from m\\xe2sk\\n1.fits[1]" in history
    assert "error of the input from error.fits[1]" in history
    assert str(tmp_path) not in str(header)
    for path in (mask, errors):
        with pytest.raises(OutputExistsError, match="is the input itself"):
            result.write(path, overwrite=True)


@pytest.mark.parametrize("when", ["before it is read", "after it was read"])
def test_a_mask_that_changes_while_it_is_read_is_refused(
    single: Path, tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = _write(tmp_path / "mask.fits", _hdu(_mask(BAD[0])))

    def read_and_change(*args: Any) -> Any:
        def change() -> None:
            os.utime(mask, ns=(1, 1))

        if when == "before it is read":
            change()
        found = read_plane(*args)
        change()
        return found

    monkeypatch.setattr(masks, "read_plane", read_and_change)
    with pytest.raises(FrameChangedError, match=r"mask.fits: the input changed while it was read"):
        read_frame(single, mask_file=mask)


def test_a_mask_that_changes_before_the_result_is_written_is_refused(single: Path, tmp_path: Path) -> None:
    mask = _write(tmp_path / "mask.fits", _hdu(_mask(BAD[0])))
    frame = read_frame(single, mask_file=mask)
    os.utime(mask, ns=(1, 1))
    with pytest.raises(FrameChangedError, match=r"mask.fits"):
        frame.write(tmp_path / "out.fits")
    assert not (tmp_path / "out.fits").exists()
