"""An HDUList, and an HDU of a file, mean what the file would: masks, errors, overscan, as they are in memory."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData, NDData, StdDevUncertainty

from amsd_astro import Frame, as_frame, read_frame
from amsd_astro.errors import AmsdWarning, FrameError

SHAPE = (40, 50)
SAMPLES = Path(__file__).parents[3] / "data_samples"
PIXELS = np.random.default_rng(0).normal(100, 5, SHAPE).astype(np.float32)
BAD = np.zeros(SHAPE, np.int32)
BAD[3, 4:9] = 4
BAD[20] = 16


def _hst() -> fits.HDUList:
    """Two chips, each with errors and data quality: bit 4 (dead) and 16 (hot) are bad, 64 (a warm pixel) is not."""
    primary = fits.PrimaryHDU()
    primary.header.update({"TELESCOP": "HST", "INSTRUME": "ACS", "BUNIT": "ELECTRONS"})
    hdus = [primary]
    for version in (1, 2):
        quality = BAD * (version == 2) + 1024 * 0
        planes = {"SCI": PIXELS + version, "ERR": np.full(SHAPE, 5.0 * version, np.float32), "DQ": quality.astype("i2")}
        hdus += [fits.ImageHDU(data, name=name, ver=version) for name, data in planes.items()]
    return fits.HDUList(hdus)


def _masked() -> fits.HDUList:
    return fits.HDUList([fits.PrimaryHDU(PIXELS), fits.ImageHDU(BAD, name="MASK")])


def _inverse() -> fits.HDUList:
    inverse = np.where(BAD > 0, 0, 0.04).astype(np.float32)
    return fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.CompImageHDU(PIXELS.astype(np.int16), name="IMAGE"),
            fits.ImageHDU(inverse, name="IVAR"),
        ]
    )


def _trimmed() -> fits.HDUList:
    raw = fits.PrimaryHDU(PIXELS)
    raw.header.update({"TRIMSEC": "[5:50,1:40]", "BIASSEC": "[1:4,1:40]"})
    return fits.HDUList([raw])


def _scaled() -> fits.HDUList:
    mask = fits.ImageHDU((BAD > 0).astype(np.uint16), name="BPM")  # unsigned: by BZERO
    table = fits.BinTableHDU.from_columns([fits.Column("A", "E", array=[1.0])], name="SOURCES")
    return fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(PIXELS.astype(np.int16), name="SCI"), mask, table])


@pytest.mark.parametrize(
    ("make", "ext"),
    [
        (_hst, ("SCI", 1)),
        (_hst, ("SCI", 2)),
        (_hst, 4),
        (_masked, None),
        (_inverse, None),
        (_trimmed, None),
        (_scaled, None),
    ],
)
def test_a_list_is_what_its_file_is(make: Callable[[], fits.HDUList], ext: object, tmp_path: Path) -> None:
    make().writeto(tmp_path / "a.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        by_path = read_frame(tmp_path / "a.fits", ext=ext)
        found = [as_frame(make(), ext=ext)]
        with fits.open(tmp_path / "a.fits") as hdus:
            found.append(as_frame(hdus, ext=ext))
            chosen = hdus[by_path.source.hdu]
            found.append(as_frame(chosen))
            assert not hdus[0]._has_data or not getattr(hdus[0], "_data_loaded", False), "nothing is loaded into them"
        found.append(as_frame(fits.open(io.BytesIO((tmp_path / "a.fits").read_bytes())), ext=ext))
    for frame in found:
        np.testing.assert_array_equal(frame.data, by_path.data)
        np.testing.assert_array_equal(frame.mask, by_path.mask)
        assert (frame.uncertainty is None) == (by_path.uncertainty is None)
        if by_path.uncertainty is not None:
            np.testing.assert_array_equal(frame.uncertainty.array, by_path.uncertainty.array)
    assert found[0].unit == by_path.unit


def test_overscan_in_memory_is_that_of_the_file(tmp_path: Path) -> None:
    """A CCDData, as astropy reads it, and an HDU that was never in a file, with the header of a raw frame."""
    hdu = _trimmed()[0]
    hdu.writeto(tmp_path / "raw.fits")
    by_path, ccd = read_frame(tmp_path / "raw.fits"), CCDData.read(tmp_path / "raw.fits", unit="adu")
    assert by_path.mask[:, :4].all()
    for obj in (ccd, hdu, NDData(ccd.data, meta=dict(hdu.header))):
        np.testing.assert_array_equal(as_frame(obj).mask, by_path.mask)
    trimmed = ccd[:, 4:50]
    trimmed.header = ccd.header  # as after ccdproc.trim_image
    assert not as_frame(trimmed).mask.any()


def test_what_was_changed_in_memory_counts(tmp_path: Path) -> None:
    _hst().writeto(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as hdus:
        hdus["DQ", 1].data[7, 8] = 4
        hdus["ERR", 1].data[:] = 9.0
        hdus["SCI", 1].data[7, 9] = np.nan
        frame = as_frame(hdus, ext=("SCI", 1))
        assert hdus["DQ", 1].data[7, 8] == 4 and hdus["SCI", 1].header["EXTNAME"] == "SCI"
    assert np.argwhere(frame.mask).tolist() == [[7, 8], [7, 9]]
    assert np.nanmax(frame.uncertainty.array) == 9.0


def test_the_sample_keeps_its_mask() -> None:
    path = SAMPLES / "star_cluster_1.fits"
    with fits.open(path) as hdus:
        assert np.array_equal(as_frame(hdus).mask, read_frame(path).mask) and as_frame(hdus).mask.sum() > 0


def test_a_result_that_is_a_list_keeps_its_map_and_flags(tmp_path: Path) -> None:
    frame = Frame(
        PIXELS, uncertainty=StdDevUncertainty(np.full(SHAPE, 2.0, np.float32)), flags=np.ones(SHAPE, np.uint8)
    )
    frame.header["AMSDVERS"] = "0"
    frame.write(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as hdus:
        again = as_frame(hdus)
    assert np.all(again.uncertainty.array == 2.0) and np.all(again.flags == 1)


def test_planes_that_cannot_be_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("a card that cannot be written")

    monkeypatch.setattr(fits.HDUList, "writeto", fail)
    with pytest.warns(AmsdWarning, match="HDUList: what is beside the image cannot be read and is not used"):
        frame = as_frame(_masked(), ext=0)
    np.testing.assert_array_equal(frame.data, PIXELS)


@pytest.mark.parametrize("name", ["BPM", "FLAGS", "WGT", "STAT"])
def test_a_plane_beside_an_image_without_a_name_is_not_taken_for_another_image(name: str, tmp_path: Path) -> None:
    plane = fits.ImageHDU(np.full(SHAPE, 2, np.int16 if name in ("BPM", "FLAGS") else np.float32), name=name)
    plane.data[3] = 0
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(PIXELS), plane]).writeto(tmp_path / "a.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that most pixels are bad; that nobody knows the flags
        frame = read_frame(tmp_path / "a.fits")
    assert frame.source is not None and frame.source.hdu == 1


def _named() -> fits.HDUList:
    """Planes of names that say nothing."""
    planes = {"LEFT": PIXELS, "FLAWS": (BAD > 0) * 5, "ODDS": np.full(SHAPE, 0.04, np.float32), "THIN": PIXELS[1:]}
    hdus = [fits.ImageHDU(data, name=name) for name, data in planes.items()]
    return fits.HDUList([fits.PrimaryHDU(), *hdus, fits.BinTableHDU.from_columns([], name="EVENTS")])


@pytest.mark.parametrize(
    ("options", "n_bad", "sigma"),
    [
        ({"mask_ext": "FLAWS"}, np.count_nonzero(BAD), None),
        ({"mask_ext": 2, "mask_bits": 2}, 0, None),
        ({"error_ext": ("ODDS", 1), "error_kind": "variance"}, 0, 0.2),
        ({"mask_ext": "FLAWS", "error_ext": "ODDS"}, np.count_nonzero(BAD), 5.0),
    ],
)
def test_planes_of_a_list_can_be_named(
    options: dict[str, object], n_bad: int, sigma: float | None, tmp_path: Path
) -> None:
    _named().writeto(tmp_path / "a.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmsdWarning)  # that the noise told what the errors are
        frames = [as_frame(_named(), ext="LEFT", **options), as_frame(tmp_path / "a.fits", ext="LEFT", **options)]
        with fits.open(tmp_path / "a.fits") as hdus:
            hdus["FLAWS"].data[:] = (BAD > 0) * 7
            frames.append(as_frame(hdus, ext="LEFT", **options))
    for frame in frames[:2] if "mask_bits" in options else frames:
        assert np.count_nonzero(frame.mask) == n_bad
        if sigma is None:
            assert frame.uncertainty is None
        else:
            np.testing.assert_allclose(frame.uncertainty.array[~frame.mask], sigma, rtol=1e-5)
    if "mask_bits" in options:
        assert np.count_nonzero(frames[2].mask) == np.count_nonzero(BAD)  # 7 has the bit, 5 has not


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mask_ext": "THIN"}, r"mask_ext must be an image of the shape \(40, 50\). Received: \(39, 50\)"),
        ({"mask_ext": "EVENTS"}, "mask_ext must be an image .* Received: table"),
        ({"error_ext": "SIGMA"}, "error_ext names no HDU of the file, which has: .*ODDS.* Received: 'SIGMA'"),
        ({"error_ext": "LEFT", "error_kind": "squares"}, "error_kind must be one of"),
    ],
)
def test_planes_of_a_list_that_cannot_be_used_are_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(FrameError, match=words):
        as_frame(_named(), ext="LEFT", **options)
