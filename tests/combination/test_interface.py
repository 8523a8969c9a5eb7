"""`combine`: from several exposures to one image, and what is told of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from star_fields import SKY, Field, affine, expose, random_field

from amsd_astro import AlreadyDenoisedError, FrameError, as_frame, combine, denoise, read_frame
from amsd_astro.errors import AmsdWarning
from amsd_astro.frames.masks import FLAG_REJECTED

SHAPE = (200, 220)
SHIFTS = ((0.0, 0.0), (3.4, -2.7), (-6.2, 1.3), (2.8, 5.5))


@pytest.fixture(scope="module")
def field() -> Field:
    """Stars that all exposures see."""
    return random_field(1, 60, SHAPE)


@pytest.fixture
def paths(field: Field, tmp_path: Path) -> list[Path]:
    """Four exposures in files: the second through clouds, the third spoilt by a cosmic ray."""
    written = []
    for number, shift in enumerate(SHIFTS):
        matrix = affine(SHAPE, turn=0.2 * number, shift=shift)
        header = fits.Header(
            {"GAIN": 1.5, "RDNOISE": 5.0, "EXPTIME": 60.0, "DATE-OBS": f"2026-01-0{number + 1}T00:00:00"}
        )
        frame = expose(field, SHAPE, matrix, seed=number, transparency=0.5 if number == 1 else 1.0, header=header)
        if number == 2:
            frame.data[100:103, 50:52] += 4000.0
        frame.write(tmp_path / f"{number}.fits")
        written.append(tmp_path / f"{number}.fits")
    return written


def sky_noise(data: np.ndarray) -> float:
    return float(1.4826 * np.median(np.abs(data - np.median(data))))


def test_the_mean_has_less_noise_and_says_how_much(paths: list[Path]) -> None:
    deep = combine(paths, denoise=False)
    assert deep.sum_error(np.ones(deep.data.shape)) > 0, "it is no denoised frame, though it has cards of ours"
    one = read_frame(paths[0])
    assert deep.data.shape == one.data.shape
    assert deep.unit == one.unit
    assert np.median(deep.data) == pytest.approx(SKY, abs=3.0)
    assert sky_noise(deep.data) < 0.65 * sky_noise(one.data)
    assert np.nanmedian(deep.uncertainty.array) == pytest.approx(sky_noise(deep.data), rel=0.15)
    rows = deep.combination.exposures
    assert np.allclose(rows["DX"], [dx for dx, _ in SHIFTS], atol=0.1)
    assert np.allclose(rows["DY"], [dy for _, dy in SHIFTS], atol=0.1)
    assert np.allclose(rows["LIGHT"], [1.0, 0.5, 1.0, 1.0], atol=0.03)
    assert rows["WEIGHT"][1] < 0.5 * rows["WEIGHT"][0]
    assert sum(rows["WEIGHT"]) == pytest.approx(1.0)


def test_a_cosmic_ray_is_left_out_and_flagged(paths: list[Path]) -> None:
    deep = combine([paths[2], paths[0], paths[3]], denoise=False)
    assert np.all(deep.flags[100:103, 50:52] & FLAG_REJECTED)
    around = np.abs(deep.data[98:105, 48:54] - SKY) < 100
    assert around.all()


def test_cards_tell_of_all_together(paths: list[Path], tmp_path: Path) -> None:
    deep = combine(paths, denoise=False)
    deep.write(tmp_path / "deep.fits")
    header = fits.getheader(tmp_path / "deep.fits")
    assert header["NCOMBINE"] == header["AMSDNCOM"] == 4
    assert (header["EXPTIME"], header["AMSDTIME"]) == (60.0, 240.0)
    assert (header["DATE-BEG"], header["DATE-END"]) == ("2026-01-01T00:00:00.000", "2026-01-04T00:01:00.000")
    assert 2.5 * 1.5 < header["AMSDEGAI"] < 4.5 * 1.5
    back = read_frame(tmp_path / "deep.fits")
    assert np.array_equal(back.uncertainty.array, deep.uncertainty.array, equal_nan=True)
    assert np.array_equal(fits.getdata(tmp_path / "deep.fits", "AMSD_NEXP"), deep.combination.n_exposures)


def test_what_cannot_be_used_is_told_by_name(paths: list[Path], tmp_path: Path) -> None:
    (tmp_path / "broken.fits").write_bytes(paths[0].read_bytes()[:2000])
    expose(random_field(2, 60, SHAPE), SHAPE, affine(SHAPE), seed=9).write(tmp_path / "elsewhere.fits")
    dark = read_frame(paths[1])
    dark.data = np.full(SHAPE, np.nan, np.float32)
    dark.write(tmp_path / "dark.fits")
    (tmp_path / "twin.fits").write_bytes(paths[1].read_bytes())
    others = [tmp_path / f"{name}.fits" for name in ("broken", "elsewhere", "dark", "twin", "missing")]
    with pytest.warns(AmsdWarning) as told:
        deep = combine([paths[0], *others[:1], paths[1], *others[1:]], denoise=False)
    left_out = {name: reason for name, reason in deep.combination.exposures["NAME", "LEFT_OUT"] if reason}
    assert set(left_out) == {str(path) for path in others}
    assert str(paths[1]) in left_out[str(tmp_path / "twin.fits")]
    for path in others:
        assert any(str(path) in str(one.message) for one in told)
    assert deep.header["AMSDNCOM"] == 2


@pytest.mark.slow
def test_a_first_exposure_of_another_field_is_no_reference(paths: list[Path], tmp_path: Path) -> None:
    expose(random_field(2, 60, SHAPE), SHAPE, affine(SHAPE), seed=9).write(tmp_path / "elsewhere.fits")
    with pytest.warns(AmsdWarning, match=r"elsewhere\.fits is left out"):
        deep = combine([tmp_path / "elsewhere.fits", *paths[:3]], denoise=False)
    assert list(deep.combination.exposures["LEFT_OUT"] != "") == [False, False, False, True]
    assert deep.header["AMSDNCOM"] == 3
    with pytest.raises(FrameError, match=r"at least two exposures .*Received: 1 that can be used \(.*[^.;]\)$"):
        combine([tmp_path / "elsewhere.fits", *paths[:3]], reference=0, denoise=False)


def test_fewer_than_two_are_an_error(paths: list[Path], tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="at least two"):
        combine(paths[:1])
    with pytest.raises(FrameError, match=r"missing\.fits"):
        combine([paths[0], tmp_path / "missing.fits"])
    with pytest.raises(FrameError, match=r"used \([^ ]*fits: it is given twice\)$"):
        combine([paths[0], paths[0]])
    with pytest.raises(TypeError, match="list"):
        combine(paths[0])


def test_denoised_exposures_are_refused(paths: list[Path]) -> None:
    clean = denoise(paths[1], steps=0)
    with pytest.raises(FrameError, match=r"at least two .*denoised already"):
        combine([paths[0], clean], denoise=False)
    with pytest.raises(AlreadyDenoisedError):
        combine([paths[0], clean, paths[2]], reference=clean, denoise=False)


def test_the_reference_gives_grid_scale_and_sky(field: Field) -> None:
    bright = expose(field, SHAPE, affine(SHAPE), seed=1, transparency=2.0, sky=100.0)
    faint = expose(field, SHAPE, affine(SHAPE, shift=(5.0, 0.0)), seed=2, transparency=1.0, sky=400.0)
    light = {}
    for index, name in ((0, "bright"), (1, "faint")):
        deep = combine([bright, faint], reference=index, denoise=False)
        light[name] = float(np.sum(deep.data - np.median(deep.data)))
        assert np.median(deep.data) == pytest.approx((100.0, 400.0)[index], abs=2.0)
    assert light["bright"] / light["faint"] == pytest.approx(2.0, rel=0.1)
    best = combine([faint, bright], reference="best", denoise=False)
    assert np.median(best.data) == pytest.approx(100.0, abs=2.0)
    assert best.header["AMSDREF"] == 2
    assert np.median(combine([faint, bright], reference=bright, denoise=False).data) == pytest.approx(100.0, abs=2.0)


@pytest.mark.parametrize("reference", [2, -1, "third.fits", 1.5])
def test_a_reference_that_is_none_of_them(field: Field, reference: object) -> None:
    frames = [expose(field, SHAPE, affine(SHAPE), seed=seed) for seed in (1, 2)]
    with pytest.raises(ValueError, match="reference"):
        combine(frames, reference=reference)
    with pytest.raises(ValueError, match="weights"):
        combine(frames, weights="equal")


def test_what_is_given_stays_as_it_is(field: Field) -> None:
    frames = [expose(field, SHAPE, affine(SHAPE, shift=(seed, 0.5)), seed=seed) for seed in (1, 2)]
    before = [np.array(frame.data) for frame in frames]
    first = combine(frames, denoise=False)
    again = combine(frames, denoise=False)
    assert np.array_equal(first.data, again.data, equal_nan=True)
    for frame, data in zip(frames, before, strict=True):
        assert np.array_equal(frame.data, data)
        assert "AMSDNCOM" not in frame.header


def test_the_mean_is_denoised_by_its_own_noise(paths: list[Path], tmp_path: Path) -> None:
    deep = combine(paths, steps=0)
    assert deep.noise.source == "exposures"
    assert deep.header["AMSDVERS"]
    mean_sigma = float(np.nanmedian(deep.combination.mean_sigma))
    assert sky_noise(deep.data) < 0.4 * mean_sigma
    assert np.nanmedian(deep.uncertainty.array) < 0.5 * mean_sigma
    deep.write(tmp_path / "deep.fits")
    with fits.open(tmp_path / "deep.fits", checksum=True) as hdus:
        assert np.array_equal(hdus[0].data, deep.data)
        assert len(hdus["AMSD_EXPOSURES"].data) == 4


def test_planes_count(paths: list[Path], tmp_path: Path) -> None:
    for number, path in enumerate(paths):
        with fits.open(path, mode="append") as hdus:
            mask = np.zeros(SHAPE, np.uint8)
            if number == 0:
                mask[20:30, 20:30] = 1
            hdus.append(fits.ImageHDU(mask, name="MASK"))
    deep = combine(paths, denoise=False)
    assert not deep.mask[20:30, 20:30].any()
    assert (deep.combination.n_exposures[22:28, 22:28] <= 3).all()
    deep.write(tmp_path / "deep.fits")
    assert np.array_equal(read_frame(tmp_path / "deep.fits").mask, deep.mask)
    assert as_frame(tmp_path / "deep.fits").header["AMSDNCOM"] == 4
