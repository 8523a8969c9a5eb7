"""A night's results in the hands of ccdproc: its collections, and what it combines of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData

from amsd_astro import Denoiser, Frame, combine, denoise_many

ccdproc = pytest.importorskip("ccdproc")

N_FRAMES, SHAPE, SIGMA = 3, (96, 80), 14.0

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of exposures of one field, and in it the folder of what was made of them."""
    folder = tmp_path_factory.mktemp("night")
    rng = np.random.default_rng(5)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    stars = sum(
        peak * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * 1.5**2))
        for peak, x0, y0 in zip(rng.uniform(200, 4000, 12), rng.uniform(8, 72, 12), rng.uniform(8, 88, 12), strict=True)
    )
    for number in range(N_FRAMES):
        cards = {"BUNIT": "adu", "GAIN": 2.0, "RDNOISE": 6.0, "OBJECT": "field", "EXPTIME": 30.0 + number}
        pixels = (rng.poisson((stars + 400) * 2.0) + rng.normal(0, 6, SHAPE)) / 2
        fits.writeto(folder / f"sky{number}.fits", pixels.astype(np.float32), fits.Header(cards))
    (folder / "clean").mkdir()
    records = denoise_many(sorted(folder.glob("*.fits")), folder / "clean", steps=0)
    assert [record.status for record in records] == [0] * N_FRAMES
    return folder


def test_a_collection_of_results(night: Path) -> None:
    collection = ccdproc.ImageFileCollection(night / "clean", keywords=["object", "exptime", "amsdvers", "amsdrisk"])
    names = [f"sky{number}_amsd.fits" for number in range(N_FRAMES)]
    assert list(collection.summary["file"]) == names and list(collection.files_filtered(exptime=31.0)) == names[1:2]
    assert not np.ma.is_masked(collection.summary["amsdrisk"])
    chosen = collection.filter(object="field")
    ccds = list(chosen.ccds(ccd_kwargs={"unit": "adu"}, return_fname=True))
    assert [name for _, name in ccds] == names
    for ccd, name in ccds:
        assert np.array_equal(ccd.data, Frame.read(night / "clean" / name).data)
        assert ccd.header["AMSDVERS"] and ccd.unit == "adu"


def test_a_collection_of_exposures_is_denoised(night: Path) -> None:
    collection = ccdproc.ImageFileCollection(night, glob_include="sky*.fits")
    denoiser = Denoiser(steps=0)
    made = [denoiser.denoise(ccd) for ccd in collection.ccds()]
    for number, frame in enumerate(made):
        assert np.array_equal(frame.data, Frame.read(night / "clean" / f"sky{number}_amsd.fits").data)


@pytest.mark.parametrize("how", ["average_combine", "median_combine", "sum_combine"])
def test_combiner_of_results(how: str, night: Path) -> None:
    frames = [Frame.read(path) for path in sorted((night / "clean").iterdir())]
    combiner = ccdproc.Combiner(frames)
    combiner.sigma_clipping(low_thresh=50, high_thresh=50)
    combined: Any = getattr(combiner, how)()
    known = {"average_combine": np.mean, "median_combine": np.median, "sum_combine": np.sum}[how]
    np.testing.assert_allclose(combined.data, known([frame.data for frame in frames], axis=0), rtol=1e-5)
    assert "AMSDVERS" not in combined.header and combined.unit == "adu"


def test_files_by_ccdproc_combine(night: Path, tmp_path: Path) -> None:
    paths = [str(path) for path in sorted((night / "clean").iterdir())]
    ccdproc.combine(paths, output_file=str(tmp_path / "stack.fits"), unit="adu", dtype="float32")
    stack = CCDData.read(tmp_path / "stack.fits")
    known = np.mean([fits.getdata(path) for path in paths], axis=0)
    np.testing.assert_allclose(stack.data, known, rtol=1e-5)


def test_what_our_combine_gives(night: Path, tmp_path: Path) -> None:
    paths = sorted(night.glob("sky*.fits"))
    result = combine(paths, steps=0)
    result.write(tmp_path / "deep.fits")
    collection = ccdproc.ImageFileCollection(tmp_path, keywords=["amsdncom"])
    (ccd,) = collection.ccds(ccd_kwargs={"unit": "adu"})
    assert ccd.header["AMSDNCOM"] == N_FRAMES and np.array_equal(ccd.data, result.data, equal_nan=True)
    both = ccdproc.Combiner([result, result]).average_combine()
    good = ~both.mask
    np.testing.assert_allclose(both.data[good], result.data[good], rtol=1e-5)
    assert "AMSDVERS" not in both.header and "AMSDNCOM" not in both.header
