"""`denoise --ext all`: every image of a file by itself, everything else as it was."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro.fits.byte_streams import STRIPE
from amsd_astro.fits.scanning import scan
from amsd_astro.frames import read_frame

SHAPE = (64, 72)


def _sky(number: int, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Photons of a sky and a gain that are the chip's own."""
    return np.random.default_rng(number).poisson(200 * number, shape).astype(np.float32) / number


def _chip(number: int, shape: tuple[int, int] = SHAPE) -> fits.ImageHDU:
    hdu = fits.ImageHDU(_sky(number, shape), name="SCI", ver=number)
    hdu.header.update({"GAIN": float(number), "RDNOISE": 0.0, "BUNIT": "adu", "CHIP": f"c{number}"})
    return hdu


def _flags(number: int) -> fits.ImageHDU:
    flags = np.zeros(SHAPE, np.uint8)
    flags[number, :5] = 1
    return fits.ImageHDU(flags, name="MASK", ver=number)


@pytest.fixture
def mosaic(tmp_path: Path) -> Path:
    """Three chips, the second of which has no pixel; each with a mask; one is compressed; a table at the end."""
    primary = fits.PrimaryHDU()
    primary.header.update({"NEXTEND": 7, "OBJECT": "mosaic"})
    third = _chip(3)
    packed = fits.CompImageHDU(third.data, third.header, compression_type="GZIP_2", name="SCI", quantize_level=0)
    chips = [_chip(1), _flags(1), _chip(2), _flags(2), packed, _flags(3)]
    chips[2].data[:] = np.nan
    table = fits.BinTableHDU.from_columns([fits.Column("A", "J", array=[1, 2])], name="LOG")
    fits.HDUList([primary, *chips, table]).writeto(tmp_path / "mosaic.fits")
    return tmp_path / "mosaic.fits"


def _bytes(path: Path, index: int) -> bytes:
    hdu = scan(path).hdus[index]
    return path.read_bytes()[hdu.header_offset : hdu.end]


def test_chips_are_done_one_by_one_and_the_rest_stays(
    mosaic: Path, tmp_path: Path, run: Any, stand_in: Any, json_lines: Any
) -> None:
    out = tmp_path / "out.fits"
    assert run("denoise", mosaic, "-o", out, "--ext", "all", "--json") == 1
    [record] = json_lines()
    assert record["ok"] and record["status"] == 1 and record["kind"] == "denoised"
    first, second, third = record["chips"]
    assert [chip["hdu"] for chip in record["chips"]] == [1, 3, 5] and [first["ok"], second["ok"]] == [True, False]
    assert second["kind"] == "input" and "every pixel is NaN" in second["message"]
    assert first["noise"]["slope"] == pytest.approx(1) and third["noise"]["slope"] == pytest.approx(1 / 3)
    for index in (2, 3, 4, 6, 7):
        assert _bytes(out, index) == _bytes(mosaic, index)
    checksum = hashlib.sha256(mosaic.read_bytes()).hexdigest()
    with fits.open(out, checksum=True) as hdus:
        assert [hdu.name for hdu in hdus[8:]] == ["AMSD_SIGMA", "AMSD_FLAGS"] * (len(hdus[8:]) // 2)
        assert hdus[0].header["NEXTEND"] == len(hdus) - 1
        for number, index in ((1, 1), (3, 5)):
            header = hdus[index].header
            assert header["AMSDSRC"] == checksum and header["CHIP"] == f"c{number}"
            expected = np.median(_sky(number)[read_frame(mosaic, ext=index).mask == 0])
            good = read_frame(mosaic, ext=index).mask == 0
            assert np.all(hdus[index].data[good] == pytest.approx(expected, abs=0.5))
        assert "AMSDVERS" not in hdus[3].header
    assert len(stand_in.made) == 1


def test_the_result_is_that_of_one_chip_after_another(
    mosaic: Path, tmp_path: Path, run: Any, stand_in: Any, write_sigma: None
) -> None:
    assert run("denoise", mosaic, "-o", tmp_path / "all.fits", "--ext", "all") == 1
    assert run("denoise", mosaic, "-o", tmp_path / "one.fits", "--ext", "SCI,1") == 0
    assert run("denoise", tmp_path / "one.fits", "-o", tmp_path / "two.fits", "--ext", "SCI,3") == 0
    with fits.open(tmp_path / "all.fits") as together, fits.open(tmp_path / "two.fits") as chained:
        difference = fits.FITSDiff(
            together, chained, ignore_keywords=["AMSDSRC", "AMSDOPTS", "CHECKSUM", "DATASUM"], ignore_comments=["*"]
        )
        assert difference.identical, difference.report()
        maps = [hdu for hdu in together if hdu.name == "AMSD_SIGMA"]
        assert [(hdu.ver, hdu.header["AMSDHDU"]) for hdu in maps] == [(1, 1), (3, 5)]
    for ext in ("SCI,1", "SCI,3"):
        frame = read_frame(tmp_path / "all.fits", ext=ext)
        assert np.all(frame.uncertainty.array[~frame.mask] == int(ext[-1]))


@pytest.fixture
def write_sigma(monkeypatch: pytest.MonkeyPatch, stand_in: Any) -> None:
    """Let the stand-in give a 1-sigma map that tells the chip, and flags."""
    from astropy.nddata import StdDevUncertainty

    plain = stand_in.fit_denoise

    def fit_denoise(self: Any, frame: Any, **options: Any) -> Any:
        result = plain(self, frame, **options)
        sigma = np.full(frame.data.shape, float(frame.header["CHIP"][1:]), np.float32)
        result.uncertainty, result.flags = StdDevUncertainty(sigma), frame.mask.astype(np.uint8)
        return result

    monkeypatch.setattr(stand_in, "fit_denoise", fit_denoise)


def test_all_can_be_done_again_with_force(
    mosaic: Path, tmp_path: Path, run: Any, stand_in: Any, write_sigma: None, capsys: Any
) -> None:
    assert run("denoise", mosaic, "-o", tmp_path / "a.fits", "--ext", "all") == 1
    assert run("denoise", tmp_path / "a.fits", "-o", tmp_path / "b.fits", "--ext", "all") == 65
    assert "AMSDVERS" in capsys.readouterr().err and not (tmp_path / "b.fits").exists()
    assert run("denoise", tmp_path / "a.fits", "-o", tmp_path / "b.fits", "--ext", "all", "--force") == 1
    assert len(scan(tmp_path / "a.fits").hdus) == len(scan(tmp_path / "b.fits").hdus) == 12
    assert read_frame(tmp_path / "b.fits", ext="SCI,3").flags.sum() == 5


def test_planes_that_are_named_are_refused(mosaic: Path, tmp_path: Path, run: Any, capsys: Any) -> None:
    words = ["denoise", mosaic, "-o", tmp_path / "out.fits", "--ext", "all"]
    for option, value in (("--mask-ext", "MASK"), ("--error-ext", "2"), ("--mask-file", f"{mosaic}[2]")):
        with pytest.raises(SystemExit, match="2"):
            run(*words, option, value)
        assert f"{option}: names one HDU, and with --ext all" in capsys.readouterr().err


def test_masks_of_a_file_of_their_own_go_to_their_chips(
    mosaic: Path, tmp_path: Path, run: Any, stand_in: Any, json_lines: Any
) -> None:
    masks = [_flags(number) for number in (3, 2, 1)]
    for hdu in masks:
        hdu.data[40, hdu.ver] = 1
    fits.HDUList([fits.PrimaryHDU(), *masks]).writeto(tmp_path / "masks.fits")
    words = ["denoise", mosaic, "-o", tmp_path / "out.fits", "--ext", "all", "--skip-existing", "--json"]
    used: list[list[list[int]]] = []
    stand_in.on_fit = lambda: used.append(np.argwhere(stand_in.made[-1].frames[0].mask[30:]).tolist())
    assert run(*words, "--mask-file", tmp_path / "masks.fits") == 1
    assert used == [[[10, 1]], [[10, 3]]]
    assert run(*words, "--mask-file", tmp_path / "masks.fits") == 0
    assert [line["kind"] for line in json_lines()] == ["denoised", "skipped"]


def test_a_file_none_of_whose_chips_can_be_done_is_refused(tmp_path: Path, run: Any, capsys: Any) -> None:
    chips = [_chip(1), _chip(2)]
    for chip in chips:
        chip.data[:] = np.nan
    fits.HDUList([fits.PrimaryHDU(), *chips]).writeto(tmp_path / "in.fits")
    fits.HDUList([fits.PrimaryHDU()]).writeto(tmp_path / "empty.fits")
    for name in ("in.fits", "empty.fits", "gone.fits"):
        assert run("denoise", tmp_path / name, "-o", tmp_path / "out.fits", "--ext", "all") == 65
    assert "no HDU holds an image" in capsys.readouterr().err and not (tmp_path / "out.fits").exists()


@pytest.mark.slow
def test_nine_chips_take_no_more_memory_than_one(tmp_path: Path, run: Any, stand_in: Any) -> None:
    stand_in.on_fit = lambda: stand_in.made[-1].frames.clear()  # it remembers what it was given
    peaks = []
    for n_chips in (1, 1, 9):  # what is imported late is not counted
        path = tmp_path / f"{len(peaks)}.fits"
        chips = [_chip(5, (480, 450)) for _ in range(n_chips)]  # alike, so that each takes as much
        for number, chip in enumerate(chips):
            chip.ver = number + 1
        fits.HDUList([fits.PrimaryHDU(), *chips]).writeto(path)
        gc.collect()
        tracemalloc.start()
        try:
            assert run("denoise", path, "-o", tmp_path / f"out{len(peaks)}.fits", "--ext", "all", "-q") == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[2] <= 1.2 * peaks[1] + STRIPE  # of the larger file that is read at a time
