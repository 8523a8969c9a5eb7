"""Frames larger than the memory set aside for them: read, measured and written some rows at a time, from the disk."""

from __future__ import annotations

import errno
import gc
import mmap
import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty

from amsd_astro.arrays import blocks, scratch
from amsd_astro.arrays.scratch import ScratchFile, new_array
from amsd_astro.errors import FrameError
from amsd_astro.fits import tile_decompression as compressed
from amsd_astro.frames import Frame, read_frame, write_frame


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every frame a large one."""
    monkeypatch.setattr(blocks, "_PIXELS", 70)
    monkeypatch.setattr(compressed, "_PART", 70)
    monkeypatch.setattr(scratch, "_LARGEST_HELD", 0)


def is_on_disk(array: np.ndarray) -> bool:
    """Whether an array is a view of a mapped file."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base.obj if isinstance(base, memoryview) else base, mmap.mmap)


def counts(seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(300, 9, (41, 23))


@pytest.mark.parametrize("tile", [(1, 23), (7, 23), (7, 5), (64, 64)])
@pytest.mark.parametrize(
    ("algorithm", "dtype", "options"),
    [
        ("RICE_1", np.int16, {}),
        ("RICE_1", np.int32, {}),
        ("RICE_1", np.float32, {"quantize_method": 1, "dither_seed": 9998}),
        ("RICE_1", np.float32, {"quantize_method": 2, "dither_seed": 7}),
        ("RICE_1", np.float32, {"quantize_method": -1}),
        ("GZIP_1", np.float32, {"quantize_level": 0}),
        ("GZIP_2", np.float64, {"quantize_level": 0}),
        ("GZIP_2", np.int16, {}),
        ("HCOMPRESS_1", np.int16, {}),
        ("PLIO_1", np.int16, {}),
        ("NOCOMPRESS", np.float32, {"quantize_level": 0}),
    ],
)
def test_tiles_unpacked_in_parts_are_the_image(
    algorithm: str, dtype: type, options: dict, tile: tuple[int, int], tmp_path: Path, small_parts: None
) -> None:
    if algorithm == "HCOMPRESS_1":  # it needs four pixels each way
        tile = {(1, 23): (6, 23), (7, 23): (12, 23), (7, 5): (6, 6)}.get(tile, tile)
    data = counts().astype(dtype)
    if np.issubdtype(dtype, np.floating):
        data[3:5, 4] = np.nan
        data[6, 7] = 0.0
    path = tmp_path / "tiles.fits"
    fits.CompImageHDU(data, compression_type=algorithm, tile_shape=tile, **options).writeto(path)
    with fits.open(path, memmap=False) as hdus:
        expected = hdus[1].data
    np.testing.assert_array_equal(read_frame(path).data, expected.astype(read_frame(path).data.dtype))


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2"])
@pytest.mark.parametrize("bitpix", [16, 32, -32, -64])
def test_frames_of_any_size_come_back(ending: str, bitpix: int, tmp_path: Path, small_parts: None) -> None:
    dtype = {16: np.int16, 32: np.int32, -32: np.float32, -64: np.float64}[bitpix]
    data = counts().astype(dtype)
    if bitpix == 32:
        data[40, 22] = 2**25 + 1  # the last row alone needs float64
    path = tmp_path / f"in.fits{ending}"
    sibling = fits.ImageHDU(np.ones_like(data, dtype=np.float32), name="ERR")
    sibling.data[2, 2] = np.nan
    fits.HDUList([fits.PrimaryHDU(data), sibling]).writeto(path)
    frame = read_frame(path, ext=0)
    assert frame.data.dtype == (np.float64 if abs(bitpix) == 64 or bitpix == 32 else np.float32)
    assert is_on_disk(frame.data)
    np.testing.assert_array_equal(frame.data, data)
    frame.header["AMSDVERS"] = "0"
    frame.uncertainty = StdDevUncertainty(np.full(data.shape, 2, np.float32))
    frame.flags = np.zeros(data.shape, np.uint8)
    out = tmp_path / "out.fits"
    write_frame(frame, out)
    with fits.open(out, memmap=False, checksum=True) as hdus:
        np.testing.assert_array_equal(hdus[0].data, data)
        assert [hdu.name for hdu in hdus[1:]] == ["ERR", "AMSD_SIGMA", "AMSD_FLAGS"]


def test_parts_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = counts().astype(np.float32)
    data[5, 5] = np.nan
    path = tmp_path / "in.fits"
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(data, name="SCI"), fits.ImageHDU(np.sqrt(np.abs(data)), name="ERR")]
    hdus.append(fits.ImageHDU((data > 310).astype(np.uint8), name="MASK"))
    fits.HDUList(hdus).writeto(path)
    whole = read_frame(path)
    monkeypatch.setattr(blocks, "_PIXELS", 1)
    monkeypatch.setattr(scratch, "_LARGEST_HELD", 0)
    parts = read_frame(path)
    assert is_on_disk(parts.data) and is_on_disk(parts.mask) and not is_on_disk(whole.data)
    np.testing.assert_array_equal(parts.data, whole.data)
    np.testing.assert_array_equal(parts.mask, whole.mask)
    assert whole.uncertainty is not None and parts.uncertainty is not None
    np.testing.assert_array_equal(parts.uncertainty.array, whole.uncertainty.array)


def test_arrays_on_the_disk_behave_like_others_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "_LARGEST_HELD", 1000)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    gc.collect()
    n_open = len(os.listdir("/proc/self/fd"))
    array = new_array((50, 40), np.float64)
    assert is_on_disk(array) and not is_on_disk(new_array((5, 5), np.float64))
    array[:] = 3.5
    view = array[10:20]
    del array
    assert view.sum() == 3.5 * 400
    frame = Frame(view)
    assert frame.copy().data.sum() == 3.5 * 400
    del view, frame
    gc.collect()
    assert not list(tmp_path.iterdir())
    assert len(os.listdir("/proc/self/fd")) == n_open


def test_a_full_disk_is_told_before_a_pixel_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(scratch, "_LARGEST_HELD", 0)
    monkeypatch.setattr(os, "posix_fallocate", full)
    assert new_array((10, 10), np.float32).shape == (10, 10)  # there is memory enough
    monkeypatch.setattr(scratch, "memory_limit", lambda: 100)
    with pytest.raises(OSError, match="No space left"):
        new_array((10, 10), np.float32)


def test_without_a_folder_to_write_to_memory_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere")
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    file = ScratchFile()
    file.append(b"some ")
    file.append(b"bytes")
    assert b"".join(file.pieces(4)) == b"some bytes"


def test_memory_serves_for_arrays_too_where_no_folder_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(scratch, "scratch_folder", nowhere)
    monkeypatch.setattr(scratch, "_LARGEST_HELD", 0)
    array = new_array((30, 20), np.float32)
    array[:] = 1
    assert array.sum() == 600


def test_errors_that_are_kept_keep_no_file_open(tmp_path: Path) -> None:
    path = tmp_path / "bad.fits.gz"
    fits.PrimaryHDU(np.full((5, 5), np.nan, np.float32)).writeto(path)
    cut = tmp_path / "cut.fits"
    cut.write_bytes(b"SIMPLE  =                    T".ljust(80))
    gc.collect()
    n_open, errors = len(os.listdir("/proc/self/fd")), []
    for bad in [path, cut] * 5:
        with pytest.raises(FrameError) as caught:
            read_frame(bad)
        errors.append(caught)
    assert len(os.listdir("/proc/self/fd")) == n_open
