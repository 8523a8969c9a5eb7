"""Recipe thesis through the calls that people use: frames, packed pairs, ordinary images."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from blur_model import BlurModel
from small_thesis import two_convolutions

from amsd_astro import Denoiser, Frame, ModelError, denoise, read_frame
from amsd_astro.denoiser import images as pictures
from amsd_astro.network import recipes
from amsd_astro.network.architectures import ThesisArchitecture
from amsd_astro.network.thesis import model as thesis_model
from amsd_astro.network.thesis.interpolation import SCALES, blurred, stacked_groups
from amsd_astro.network.thesis.model import ThesisModel

SAMPLES = Path(__file__).parents[2] / "data_samples"
TINY = dataclasses.replace(recipes.THESIS, n_steps=2, n_epochs=1, n_patches=1, patch=16, frame_patch=16, n_validated=1)


@pytest.fixture(autouse=True)
def _small_recipe(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "real_network" not in request.keywords:
        monkeypatch.setattr(recipes, "THESIS", TINY)
        monkeypatch.setattr(thesis_model, "build_thesis", two_convolutions)


@pytest.fixture
def exposure() -> Frame:
    rng = np.random.default_rng(0)
    data = (rng.poisson(300, (80, 96)) + rng.normal(0, 4, (80, 96))).astype(np.float32)
    data[30:34, 40:44] += 20000
    header = fits.Header({"BUNIT": "electron", "OBJECT": "M 1", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    mask = np.zeros(data.shape, bool)
    mask[5, 6:9] = True
    return Frame(data, mask=mask, unit="electron", header=header)


def pairs(*, n_groups: int = 1, n_channels: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    noisy: np.ndarray = rng.random((6, 33, 40, n_channels)).astype(np.float32)
    if n_groups > 1:
        return noisy, np.stack([stacked_groups(one) for one in noisy])
    return noisy, np.stack([blurred(one, *SCALES[k % 3]) for k, one in enumerate(noisy)])


def test_a_frame_comes_back_in_its_units_with_errors_and_cards(exposure: Frame) -> None:
    result = denoise(exposure, recipe="thesis", seed=3)
    assert result.unit == exposure.unit and result.data.shape == exposure.data.shape
    assert result.header["OBJECT"] == "M 1" and result.header["AMSDRCP"] == "thesis"
    assert {"AMSDSOFT", "AMSDLOW", "AMSDHIGH", "AMSDSKY", "AMSDSLOP", "AMSDRISK"} <= {*result.header}
    np.testing.assert_array_equal(result.data[exposure.mask], exposure.data[exposure.mask])
    assert np.isnan(result.uncertainty.array[exposure.mask]).all()
    assert (result.uncertainty.array[~exposure.mask] > 0).all()
    noise = float(result.header["AMSDNOIS"])
    # whatever a hardly trained network says, no pixel of the sky moves by more than noise can
    assert np.abs(result.data - exposure.data)[60:].max() < 4.5 * noise


def test_the_same_seed_gives_the_same_result(exposure: Frame) -> None:
    one, other, third = (denoise(exposure, recipe="thesis", seed=seed).data for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, third)


@pytest.mark.parametrize("n_groups", [1, 4])
def test_packed_pairs_make_a_model_for_images(n_groups: int) -> None:
    denoiser = Denoiser("thesis", seed=1).fit_pairs(*pairs(n_groups=n_groups))
    image = np.random.default_rng(2).random((30, 41, 2))
    result = denoiser.denoise_image(image)
    assert result.shape == image.shape and result.dtype == np.float32
    assert isinstance(denoiser._model, ThesisModel)
    assert denoiser._model.architecture == ThesisArchitecture(2, n_groups)


def test_orientations_of_an_image_are_averaged() -> None:
    image = np.random.default_rng(2).random((30, 41, 2)).astype(np.float32)
    one, two = (Denoiser("thesis", seed=1, n_orientations=n).fit_pairs(*pairs()) for n in (1, 2))
    turned = np.rot90(one.denoise_image(np.rot90(image).copy()), -1)
    np.testing.assert_allclose(two.denoise_image(image), (one.denoise_image(image) + turned) / 2, atol=1e-5)
    assert np.abs(turned - one.denoise_image(image)).max() > 1e-4


def test_all_epochs_are_made_without_a_number_of_steps() -> None:
    seen: list[int] = []
    Denoiser("thesis").fit_pairs(*pairs(), progress=lambda done, total, stage: seen.append(total))
    assert seen[-1] == round(6 * 33 * 40 * 0.9 / 16**2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda noisy, target: (noisy.astype(float), target), "noisy must be float32 .* Received: float64"),
        (lambda noisy, target: (noisy[..., 0], target), r"noisy must be float32 of shape .* Received: float32 of"),
        (lambda noisy, target: ([], target), "noisy must be float32 of shape .* Received: list"),
        (lambda noisy, target: (noisy[:4], target[:4]), "three versions of each image"),
        (lambda noisy, target: (noisy[:, :9], target[:, :9]), "of 16 pixels or more"),
        (lambda noisy, target: (noisy, target[:, :-1]), "target must have the shape of noisy"),
        (lambda noisy, target: (noisy, target[..., :1]), "target must have the shape of noisy"),
        (lambda noisy, target: (noisy, target * np.float32("nan")), "target must be finite"),
    ],
)
def test_arrays_that_are_no_pairs_are_told(change: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Denoiser("thesis").fit_pairs(*change(*pairs()))  # type: ignore[operator]


def test_pairs_are_for_the_thesis_and_for_models_of_their_channels() -> None:
    with pytest.raises(ValueError, match=r"recipe must be thesis .* Received: 'amsd'"):
        Denoiser().fit_pairs(*pairs())
    denoiser = Denoiser("thesis").fit_pairs(*pairs())
    with pytest.raises(ValueError, match="the pairs must fit the model"):
        denoiser.fit_pairs(*pairs(n_channels=1))


def test_training_on_pairs_goes_on_after_an_interruption(tmp_path: Path) -> None:
    whole = Denoiser("thesis", steps=3, seed=2).fit_pairs(*pairs())

    def stop(done: int, total: int, stage: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    checkpoint = tmp_path / "pairs.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        Denoiser("thesis", steps=3, seed=2).fit_pairs(*pairs(), progress=stop, checkpoint=checkpoint)
    seen: list[int] = []
    later = Denoiser("thesis", steps=3, seed=2)
    later.fit_pairs(*pairs(), progress=lambda done, *_: seen.append(done), checkpoint=checkpoint)
    assert seen[0] == 2
    assert later._model.fingerprint() == whole._model.fingerprint()  # type: ignore[union-attr]


def test_a_model_of_one_channel_takes_each_channel_by_itself(exposure: Frame) -> None:
    denoiser = Denoiser("thesis", seed=3).fit(exposure)
    image = np.random.default_rng(2).random((20, 25, 3)).astype(np.float32)
    made = denoiser.denoise_image(image)
    for k in range(3):
        np.testing.assert_allclose(made[..., k], denoiser.denoise_image(image[..., k]), atol=1e-6)


def test_a_model_of_colours_refuses_a_frame(exposure: Frame) -> None:
    denoiser = Denoiser("thesis").fit_pairs(*pairs())
    with pytest.raises(ModelError, match=r"images of 1 channel to denoise a frame\. Received: 2"):
        denoiser.denoise(exposure)


def test_a_model_of_packed_pairs_stretches_each_frame_over_its_own_range(exposure: Frame) -> None:
    denoiser = Denoiser("thesis").fit_pairs(*pairs(n_channels=1))
    brighter = Frame(exposure.data * 3 + 500, mask=exposure.mask, unit="electron")
    for frame in (exposure, brighter):
        result = denoiser.denoise(frame)
        assert result.noise is not None
        highest = result.noise.stabilizer().forward(frame.data.max())
        assert result.header["AMSDHIGH"] == pytest.approx(np.arcsinh(highest), rel=1e-5)
    assert denoiser._model is not None and denoiser._model.describe() == {"stretch": None}


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (40, 40)])
def test_frames_of_any_shape_are_denoised(shape: tuple[int, int]) -> None:
    data = np.random.default_rng(2).normal(100, 5, shape)
    result = denoise(data, recipe="thesis", noise={"gain": 1.0})
    assert result.data.shape == shape and np.isfinite(result.data).all()


def test_tiles_of_an_image_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    denoiser = Denoiser("thesis", seed=1).fit_pairs(*pairs())
    image = np.random.default_rng(5).random((90, 110, 2)).astype(np.float32)
    whole = denoiser.denoise_image(image)
    monkeypatch.setattr(pictures, "_TILE", 32)
    np.testing.assert_allclose(denoiser.denoise_image(image), whole, atol=1e-6)


def test_the_flagship_denoises_images_of_known_noise() -> None:
    denoiser = Denoiser(seed=1)
    denoiser._model = BlurModel()  # type: ignore[assignment]
    image = np.random.default_rng(5).normal(0.5, 0.1, (64, 50, 3)).astype(np.float32)
    made = denoiser.denoise_image(image, sigma=0.1)
    assert made.shape == image.shape
    assert made.std() == pytest.approx(0.1 / 3, rel=0.1)  # a mean of nine pixels
    assert made.mean() == pytest.approx(0.5, abs=0.005)
    with pytest.raises(ValueError, match=r"sigma must be positive; only recipe thesis does without\. Received: None"):
        denoiser.denoise_image(image)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros(5), "image must have the shape"),
        (np.zeros((0, 5)), "image must have the shape"),
        (np.full((9, 9), np.inf), "image must be finite"),
        (np.array([["a", "b"]]), "image must have the shape"),
    ],
)
def test_what_is_no_image_is_told(image: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Denoiser("thesis").denoise_image(image)


@pytest.mark.real_network
@pytest.mark.slow
def test_a_model_is_saved_loaded_and_applied(exposure: Frame, tmp_path: Path) -> None:
    denoiser = Denoiser("thesis", steps=1, seed=3).fit(exposure)
    path = tmp_path / "thesis.npz"
    denoiser.save(path)
    again = Denoiser.load(path, seed=3)  # that of the noise on filled pixels
    assert again.recipe == "thesis"
    np.testing.assert_array_equal(again.denoise(exposure).data, denoiser.denoise(exposure).data)


@pytest.mark.real_network
@pytest.mark.slow
def test_one_that_was_pickled_learns_on() -> None:
    noisy, target = pairs(n_channels=1)
    denoiser = Denoiser("thesis", steps=1, seed=3).fit_pairs(noisy, target)
    other = pickle.loads(pickle.dumps(denoiser))
    for one in (denoiser, other):
        one.fit_pairs(noisy, target)
    assert denoiser._n_steps == other._n_steps == 2
    np.testing.assert_array_equal(denoiser.denoise_image(noisy[0]), other.denoise_image(noisy[0]))


@pytest.mark.real_network
@pytest.mark.slow
def test_the_recipe_lowers_the_error_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    # smaller batches than the recipe has, to be done in a minute or two
    monkeypatch.setattr(recipes, "THESIS", dataclasses.replace(recipes.THESIS, n_patches=4, frame_patch=32))
    cut = np.s_[200:328, 200:328]
    whole = read_frame(SAMPLES / "galaxy_field_1.fits")
    truth = fits.getdata(SAMPLES / "galaxy_field_truth.fits")[cut].astype(float)
    gain, read_noise, pedestal = (whole.header[key] for key in ("GAIN", "RDNOISE", "PEDESTAL"))
    sigma = np.sqrt((truth - pedestal) / gain + (read_noise / gain) ** 2)
    frame = Frame(whole.data[cut], mask=whole.mask[cut], unit=whole.unit, header=whole.header)
    result = denoise(frame, recipe="thesis", steps=80)
    error = ((result.data - truth) / sigma)[~frame.mask]
    assert np.sqrt(np.mean(error**2)) < 0.95
