"""The thesis network, and its model on images and on frames in noise units."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from amsd_astro.errors import ModelError
from amsd_astro.network.architectures import ThesisArchitecture
from amsd_astro.network.thesis.interpolation import SCALES, blurred
from amsd_astro.network.thesis.loss import thesis_loss
from amsd_astro.network.thesis.model import NOISE_LIMIT, ThesisModel, _response
from amsd_astro.network.thesis.normalization import Normalization

WHITE = np.ones((1, 1))


@pytest.fixture(scope="module")
def model() -> ThesisModel:
    return ThesisModel(seed=1)


class Blur(ThesisModel):
    """The model with the mean of its targets in the place of the network."""

    def denoise_images(self, images: np.ndarray) -> np.ndarray:
        return np.stack([np.mean([blurred(one, *scale, registered=True) for scale in SCALES], 0) for one in images])


@pytest.mark.parametrize(("n_channels", "n_parameters"), [(3, 1_753_340), (1, 1_739_156)])
def test_the_network_has_the_size_of_the_original(n_channels: int, n_parameters: int) -> None:
    network = ThesisModel(ThesisArchitecture(n_channels)).network
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in network.layers) == 85
    assert network.count_params() == n_parameters
    assert network.output_shape == (None, None, None, n_channels)


def test_groups_are_answered_by_their_mean() -> None:
    grouped = ThesisModel(ThesisArchitecture(2, 4), seed=3)
    images = np.random.default_rng(0).random((2, 16, 18, 2)).astype(np.float32)
    answer = grouped.answer(images).numpy()
    assert answer.shape == (2, 16, 18, 8)
    expected = (answer[..., 0:2] + answer[..., 2:4] + answer[..., 4:6] + answer[..., 6:8]) / 4
    np.testing.assert_allclose(grouped.denoise_images(images), expected, atol=1e-6)


def test_images_of_other_channels_are_refused(model: ThesisModel) -> None:
    with pytest.raises(ModelError, match=r"takes images of 1 channel\(s\)\. Received: shape \(1, 16, 16, 3\)"):
        model.denoise_images(np.zeros((1, 16, 16, 3), np.float32))


def test_the_receptive_radius_is_no_less_than_the_network_reaches(model: ThesisModel) -> None:
    radius = model.architecture.receptive_radius
    side = 2 * radius + 5
    middle = side // 2
    image = np.random.default_rng(0).random((1, side, side, 1)).astype(np.float32)
    with tf.GradientTape() as tape:
        given_image = tf.constant(image)
        tape.watch(given_image)
        value = model.network(given_image)[0, middle, middle, 0]
    reached = np.argwhere(tape.gradient(value, given_image).numpy()[0, ..., 0] != 0)
    assert np.abs(reached - middle).max() == radius


def test_the_same_seed_gives_the_same_network(model: ThesisModel) -> None:
    assert ThesisModel(seed=1).fingerprint() == model.fingerprint()
    assert ThesisModel(seed=2).fingerprint() != model.fingerprint()


@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=30),
    st.floats(0.1, 10),
)
def test_the_normalization_comes_back(values: list[float], softening: float) -> None:
    frame = np.array([values], np.float32)
    stretch = Normalization.over([frame], softening=softening)
    forward = stretch.forward(frame)
    assert forward.min() > -1e-6 and forward.max() < 1 + 1e-6
    back = stretch.inverse(forward)
    # float32 carries the stretched values: a millionth of the range of the asinh
    np.testing.assert_allclose(np.arcsinh(back / softening), np.arcsinh(frame / softening), atol=1e-5 * 40)


def test_the_normalization_clips_nothing_and_stays_finite() -> None:
    stretch = Normalization(1.0, -2.0, 6.0)
    beyond = np.array([-1e5, 1e7], np.float32)
    np.testing.assert_allclose(stretch.inverse(stretch.forward(beyond)), beyond, rtol=1e-4)
    assert np.isfinite(stretch.inverse(np.array([-1e9, 1e9]))).all()


def noisy_scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a scene in noise units, and the same with unit noise."""
    rng = np.random.default_rng(seed)
    scene = np.zeros((160, 160))
    scene[rng.integers(0, 160, 30), rng.integers(0, 160, 30)] = 10 ** rng.uniform(1, 5, 30)
    scene = ndimage.gaussian_filter(scene, 1.4)
    return scene, (scene + rng.standard_normal(scene.shape)).astype(np.float32)


def test_what_is_no_noise_is_given_back() -> None:
    truth, noisy = noisy_scene(0)
    normalization = Normalization.over([noisy], softening=1.0)
    plain, guarded = (Blur(guarded=on).predict(noisy[None], WHITE, normalization) for on in (False, True))
    bright = truth > 30
    assert np.sqrt(np.mean((plain.values[0] - truth)[bright] ** 2)) > 10
    assert np.sqrt(np.mean((guarded.values[0] - truth)[bright] ** 2)) < 1.5
    empty = truth < 0.1
    assert np.std((guarded.values[0] - truth)[empty]) < 0.35
    assert np.abs(noisy - guarded.values[0]).max() < NOISE_LIMIT
    assert guarded.bounded[0][bright].mean() > 0.5 and guarded.bounded[0][empty].mean() < 0.01
    assert not plain.bounded[0][empty].any()


def test_errors_are_those_that_are_made() -> None:
    scores = []
    for seed in range(4):
        truth, noisy = noisy_scene(seed)
        made = Blur().predict(noisy[None], WHITE, Normalization.over([noisy], softening=1.0))
        scores.append((made.values[0] - truth) / np.sqrt(made.variance[0]))
    assert 0.7 < np.std(scores) < 1.4


def test_the_response_is_that_to_white_noise() -> None:
    noise = np.random.default_rng(0).standard_normal((600, 600, 1)).astype(np.float32)
    made = np.mean([blurred(noise, *scale) for scale in SCALES], axis=0)
    itself, through = _response(1)
    assert itself == pytest.approx(np.mean(made * noise), abs=0.005)
    assert through == pytest.approx(np.var(made), rel=0.03)


def test_the_model_says_how_it_normalizes(model: ThesisModel) -> None:
    cards = model.cards(Normalization(1.5, -2.0, 7.0))
    assert {key: value for key, (value, _) in cards.items()} == {"AMSDSOFT": 1.5, "AMSDLOW": -2.0, "AMSDHIGH": 7.0}
    assert model.describe() == {"stretch": None}
    other = model.replaced(normalization=Normalization())
    assert other.describe() == {"stretch": {"softening": 1.0, "low": -3.0, "high": 12.0}}
    assert other.uncalibrated == other.normalization_of(np.zeros((3, 3), np.float32)) == Normalization()
    values = np.array([[-3.0, 50.0]], np.float32)
    assert model.normalization_of(values) == Normalization.over([values], softening=1.0)


def direct_ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Return the SSIM of Wang et al. (2004) of two images, window by window."""
    offset = np.arange(11) - 5
    window = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * 1.5**2))
    window /= window.sum()
    values = []
    for y in range(one.shape[0] - 10):
        for x in range(one.shape[1] - 10):
            a, b = one[y : y + 11, x : x + 11], other[y : y + 11, x : x + 11]
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
            both = (window * (a - mean_a) * (b - mean_b)).sum()
            c1, c2 = 0.01**2, 0.03**2
            values.append(
                (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
            )
    return float(np.mean(values))


def test_the_loss_is_the_sum_of_its_terms() -> None:
    rng = np.random.default_rng(4)
    target = ndimage.gaussian_filter(rng.random((2, 15, 14, 2)), (0, 2, 2, 0)).astype(np.float32)
    estimate = (target + 0.1 * rng.standard_normal(target.shape)).astype(np.float32)
    absolute = np.abs(estimate - target).mean()
    similarity = np.mean([direct_ssim(estimate[k, ..., c], target[k, ..., c]) for k in range(2) for c in range(2)])
    psnr = np.mean([10 * np.log10(1 / np.mean((estimate[k] - target[k]) ** 2)) for k in range(2)])
    expected = 0.25 * absolute + 0.85 * (1 - similarity) + 0.3 * (100 - psnr) / 100
    assert float(thesis_loss(tf.constant(estimate), tf.constant(target))) == pytest.approx(expected, rel=2e-4)


def test_the_loss_of_equal_images_is_nothing_and_has_a_gradient() -> None:
    image = tf.Variable(np.random.default_rng(0).random((1, 16, 16, 1)).astype(np.float32))
    with tf.GradientTape() as tape:
        loss = thesis_loss(image, tf.constant(image.numpy()))
    assert float(loss) == pytest.approx(0, abs=1e-5)
    assert np.isfinite(tape.gradient(loss, image).numpy()).all()
