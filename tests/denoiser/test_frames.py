"""The main job from end to end, with little training, and its promises on units, masks, tiles and repetition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.wcs import WCS
from scipy import ndimage
from small_fields import SMALL, expose, true_scene

from amsd_astro import (
    AmsdWarning,
    Denoiser,
    Frame,
    FrameError,
    NoiseModel,
    denoise,
    read_frame,
)
from amsd_astro.frames.masks import FLAG_MASKED, FLAG_NEAR_MASKED


@pytest.fixture(autouse=True)
def _small_recipe(request: pytest.FixtureRequest) -> None:
    """A small network and few steps, where a test does not want the whole one."""
    if "real_network" not in request.keywords:
        request.getfixturevalue("small_recipe")


def test_the_result_is_a_frame_in_the_same_units(exposure: np.ndarray) -> None:
    header = fits.Header({"OBJECT": "M 51", "GAIN": 1.0, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0})
    frame = Frame(exposure, unit="electron", header=header)
    result = denoise(frame)
    assert isinstance(result, Frame) and isinstance(result, CCDData)
    assert result.unit == u.electron and result.uncertainty.unit == u.electron
    assert result.data.shape == exposure.shape and result.data.dtype == np.float32
    assert result.header["OBJECT"] == "M 51" and result.wcs.wcs.crval[0] == 10.0
    assert result.flags.dtype == np.uint8
    assert np.all(result.uncertainty.array > 0)
    assert abs(np.median(result.data) - np.median(exposure)) < 3
    assert result.header["AMSDRCP"] == "amsd" and result.header["AMSDSTEP"] >= 1
    np.testing.assert_array_equal(frame.data, exposure)
    assert "AMSDRCP" not in frame.header


@pytest.mark.parametrize("kind", ["array", "quantity", "ccd", "hdu", "hdulist", "path"])
def test_whatever_holds_the_pixels_the_result_is_the_same(
    fitted: Denoiser, exposure: np.ndarray, kind: str, tmp_path: Path
) -> None:
    fits.PrimaryHDU(exposure).writeto(tmp_path / "in.fits")
    objects = {
        "array": lambda: exposure,
        "quantity": lambda: exposure * u.dimensionless_unscaled,
        "ccd": lambda: CCDData(exposure, unit=""),
        "hdu": lambda: fits.PrimaryHDU(exposure),
        "hdulist": lambda: fits.HDUList([fits.PrimaryHDU(exposure)]),
        "path": lambda: tmp_path / "in.fits",
    }
    expected = fitted.denoise(Frame(exposure))
    result = fitted.denoise(objects[kind]())
    np.testing.assert_array_equal(result.data, expected.data)
    np.testing.assert_array_equal(result.uncertainty.array, expected.uncertainty.array)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(exposure: np.ndarray, tmp_path: Path) -> None:
    fits.PrimaryHDU(exposure).writeto(tmp_path / "in.fits")
    seen: list[tuple[int, int, str]] = []
    denoise(tmp_path / "in.fits", seed=5, progress=lambda *state: seen.append(state)).write(tmp_path / "a.fits")
    for name, seed in (("b", 5), ("c", 6)):
        denoise(tmp_path / "in.fits", seed=seed).write(tmp_path / f"{name}.fits")
    first, same, other = ((tmp_path / f"{name}.fits").read_bytes() for name in "abc")
    assert first == same
    assert first != other
    n = SMALL.n_steps
    told = [(k + 1, n, "training") for k in range(n)]
    assert [state for state in seen if state[2] == "training" and state[0]] == told
    assert seen[-1] == (1, 1, "denoising")
    stages = ["reading", "measuring the noise", "loading the network", "training", "measuring the error that is left"]
    assert list(dict.fromkeys(stage for *_, stage in seen)) == [*stages, "denoising"]


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (7, 5), (33, 131), (130, 64)])
def test_frames_of_any_shape_are_denoised(fitted: Denoiser, shape: tuple[int, int]) -> None:
    data = np.random.default_rng(3).normal(100, 5, shape)
    result = fitted.denoise(data)
    assert result.data.shape == shape and np.all(np.isfinite(result.data))


@pytest.mark.parametrize("shape", [(150, 131), (97, 200), (40, 50)])
def test_tiles_do_not_show(fitted: Denoiser, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    data = expose(true_scene(shape)).astype(float)  # so that the result is not rounded
    whole = None
    for tile in (4096, 128, 64, 52, 16):
        monkeypatch.setattr("amsd_astro.denoiser.application._LARGEST", tile)
        result = fitted.denoise(data)
        whole = result if whole is None else whole
        sigma = np.sqrt(whole.noise.variance(whole.data))
        rounding = 1e-5 + 4e-7 * np.abs(data - whole.noise.sky) / sigma  # float32 holds bright pixels no better
        assert np.all(np.abs(result.data - whole.data) / sigma <= rounding)
        np.testing.assert_allclose(result.uncertainty.array, whole.uncertainty.array, rtol=1e-4)


def test_bad_pixels_keep_their_value_and_are_flagged(fitted: Denoiser, exposure: np.ndarray) -> None:
    spoiled = exposure.copy()
    spoiled[40:43, 50] = np.nan
    spoiled[80, 20] = np.inf
    mask = np.zeros(exposure.shape, bool)
    mask[:, 7] = True
    spoiled[:, 7] = 60000
    result = fitted.denoise(Frame(spoiled, mask=mask))
    np.testing.assert_array_equal(np.isnan(result.data), np.isnan(spoiled))
    np.testing.assert_array_equal(result.data[:, 7], spoiled[:, 7])
    assert result.mask[40, 50] and result.mask[80, 20] and result.mask[:, 7].all()
    assert np.all((result.flags & FLAG_MASKED > 0) == result.mask)
    assert result.flags[41, 53] & FLAG_NEAR_MASKED and not result.flags[110, 100] & FLAG_NEAR_MASKED
    good = ~result.mask
    assert np.all(np.isfinite(result.data[good])) and np.all(result.uncertainty.array[good] > 0)
    clean = fitted.denoise(exposure).data
    assert np.median(np.abs(result.data - clean)[good]) < 2


def test_units_scale_through(fitted: Denoiser, exposure: np.ndarray) -> None:
    noise = NoiseModel(1.0, 25.0, 200.0, 225.0)
    smaller = NoiseModel(1e-12, 25e-24, 200e-12, 225e-24)
    plain = fitted.denoise(exposure.astype(float), noise=noise)
    scaled = fitted.denoise(exposure.astype(float) * 1e-12, noise=smaller)
    assert plain.data.dtype == np.float64
    np.testing.assert_allclose(scaled.data * 1e12, plain.data, atol=0.02)


@pytest.mark.parametrize("noise", [None, {"gain": 1.5}, NoiseModel(1.0, 25.0, 7.0)])
@pytest.mark.parametrize(("unit", "header"), [("", {}), ("adu", {"GAIN": 1.5}), ("electron", {})])
def test_a_constant_frame_comes_back_as_it_is(unit: str, header: dict, noise: object) -> None:
    frame = Frame(np.full((50, 60), 7.0, np.float32), unit=unit, header=header)
    if isinstance(noise, NoiseModel):
        result = denoise(frame, noise=noise, steps=1)
        np.testing.assert_allclose(result.data, 7, atol=0.1 * np.sqrt(32))  # of the noise it is said to have
        return
    with pytest.warns(AmsdWarning, match="no noise"):
        result = denoise(frame, noise=noise)
    np.testing.assert_array_equal(result.data, np.float32(7))


def test_a_pixel_that_is_no_number_in_noise_units_harms_no_other(fitted: Denoiser, exposure: np.ndarray) -> None:
    """The lowest number that float32 has is what some programs write where there are no data."""
    plain = fitted.denoise(exposure).data
    for place in ((40, 74), (42, 17), (100, 100)):
        exposure[place] = np.finfo(np.float32).min
        result = fitted.denoise(exposure)
        assert np.isfinite(result.data).all() and np.isfinite(result.uncertainty.array).all()
        assert np.median(np.abs(result.data - plain)) < 0.1 * 15  # of the noise
        exposure[place] = 200


def test_narrow_frames_are_told(fitted: Denoiser) -> None:
    with pytest.warns(AmsdWarning, match="narrower than 8 pixels"):
        fitted.denoise(np.random.default_rng(0).normal(100, 5, (3, 400)))


def test_a_list_of_hdus_is_one_frame(fitted: Denoiser, exposure: np.ndarray) -> None:
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(exposure, name="SCI"), fits.ImageHDU(exposure, name="MODEL")])
    denoiser = Denoiser(seed=2).fit(hdus)
    np.testing.assert_array_equal(denoiser.denoise(exposure).data, fitted.denoise(exposure).data)
    with pytest.raises(ValueError, match="at least one frame"):
        Denoiser().fit([])


def test_risk_is_told_of_the_frame_that_is_denoised(fitted: Denoiser, exposure: np.ndarray) -> None:
    truth = true_scene((160, 152))
    results = [fitted.denoise(exposure).header, fitted.denoise(expose(truth)).header]
    assert results[0]["AMSDRISK"] != results[1]["AMSDRISK"]
    again = fitted.denoise(exposure).header
    assert [again[key] for key in ("AMSDRISK", "AMSDRERR", "AMSDCV4")] == [
        results[0][key] for key in ("AMSDRISK", "AMSDRERR", "AMSDCV4")
    ]


@pytest.mark.parametrize("shape", [(2, 3), (1, 40), (9, 200)])
def test_small_frames_are_trained_on(shape: tuple[int, int]) -> None:
    result = denoise(np.random.default_rng(4).normal(100, 5, shape), steps=2)
    assert np.all(np.isfinite(result.data)) and np.all(result.uncertainty.array > 0)


def test_the_file_that_comes_out_is_the_one_that_went_in(
    fitted: Denoiser, exposure: np.ndarray, tmp_path: Path
) -> None:
    header = WCS(naxis=2).to_header()
    header["CRVAL1"], header["ODDCARD"] = 12.5, ("kept", "as it is")
    table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=np.arange(3.0))])
    fits.HDUList([fits.PrimaryHDU(exposure, header), table]).writeto(tmp_path / "in.fits")
    result = fitted.denoise(tmp_path / "in.fits")
    result.write(tmp_path / "out.fits")
    with fits.open(tmp_path / "out.fits", checksum=True) as out:
        assert [hdu.name for hdu in out] == ["PRIMARY", "", "AMSD_SIGMA", "AMSD_FLAGS"]
        assert out[0].header["ODDCARD"] == "kept" and out[0].header["CRVAL1"] == 12.5
        np.testing.assert_array_equal(out[0].data, result.data)
        np.testing.assert_array_equal(out["AMSD_SIGMA"].data, result.uncertainty.array)
    again = read_frame(tmp_path / "out.fits")
    np.testing.assert_array_equal(again.data, result.data)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipe": "magic"}, "recipe"),
        ({"steps": -1}, "steps"),
        ({"steps": 1.5}, "steps"),
        ({"seed": -3}, "seed"),
        ({"steps": 0}, "steps"),
        ({"noise": {"gain": -1.0}}, "gain"),
        ({"noise": {"gian": 1.0}}, "gian"),
        ({"noise": {"read_noise": -5.0}}, "read_noise"),
        ({"noise": NoiseModel(0.0, 0.0)}, "positive variance"),
    ],
)
def test_wrong_options_are_told(exposure: np.ndarray, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=rf"{message}.*Received|Received.*{message}"):
        denoise(exposure, **options)


def test_a_noise_model_that_does_not_fit_the_frame_is_told(fitted: Denoiser, exposure: np.ndarray) -> None:
    with pytest.warns(AmsdWarning, match="times the variance"):
        fitted.denoise(exposure, noise=NoiseModel(1.0, 400.0, 200.0, 600.0))


def test_frames_without_a_good_pixel_are_refused() -> None:
    with pytest.raises(FrameError, match="no valid pixel"):
        denoise(np.full((20, 20), np.nan))


def test_nothing_is_denoised_without_weights(exposure: np.ndarray) -> None:
    with pytest.raises(ValueError, match="fitted or loaded"):
        Denoiser().denoise(exposure)


@pytest.mark.real_network
@pytest.mark.slow
def test_the_noise_goes_and_the_flux_stays() -> None:
    truth = true_scene((256, 256))
    exposure = expose(truth)
    sigma = np.sqrt(truth + 25)
    result = denoise(exposure, steps=150, noise={"gain": 1.0, "read_noise": 5.0})
    error = (result.data - truth) / sigma
    widths = (0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
    smoothed = min(np.std((ndimage.gaussian_filter(exposure, width) - truth) / sigma) for width in widths)
    assert np.std(error) < 0.5
    assert np.std(error) < 0.7 * smoothed
    sky = truth < 205
    assert abs(error[sky].mean()) < 0.06
    bright = truth > 200 + 5 * sigma
    assert abs(error[bright].mean()) < 0.15
    scores = (result.data - truth) / result.uncertainty.array
    assert 0.7 < np.std(scores) < 1.4
