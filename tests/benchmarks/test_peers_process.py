"""What runs inside the peers' environment: the spectrum of noise, calibration, and Zero-Shot Noise2Noise."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks" / "peers" / "packages"))

from spectrum import draw_noise, noise_spectrum

_BILINEAR = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])  # noise carried half a pixel along both axes


def test_white_noise_has_a_flat_spectrum() -> None:
    assert np.allclose(noise_spectrum(np.ones((1, 1)), (6, 9)), 54)


def test_the_spectrum_is_that_of_noise_made_by_averaging_neighbours() -> None:
    shape, rng = (32, 48), np.random.default_rng(0)
    total = np.zeros(shape)
    for _ in range(400):
        white = rng.standard_normal(shape)
        made = (white + np.roll(white, 1, 0) + np.roll(white, 1, 1) + np.roll(white, (1, 1), (0, 1))) / 2
        total += np.abs(np.fft.fft2(made)) ** 2
    expected = noise_spectrum(_BILINEAR, shape)
    assert expected.mean() == pytest.approx(expected.size)
    assert np.allclose(total / 400, expected, atol=0.3 * expected.max() ** 0.5 * expected.size**0.5, rtol=0.3)
    assert expected[16, 24] == pytest.approx(0, abs=1e-6)


def test_a_correlation_that_no_noise_can_have_gives_no_negative_power() -> None:
    impossible = np.array([[0, 0.9, 0], [0.9, 1, 0.9], [0, 0.9, 0]])
    assert noise_spectrum(impossible, (16, 16)).min() == 0


@pytest.mark.parametrize("correlation", [np.ones((1, 1)), _BILINEAR])
def test_drawn_noise_has_unit_width_and_the_correlation_asked_for(correlation: np.ndarray) -> None:
    noise = draw_noise(np.random.default_rng(1), correlation, (300, 320))
    assert noise.std() == pytest.approx(1, rel=0.02)
    right = correlation[1, 2] if correlation.size > 1 else 0.0
    assert np.mean(noise[:, 1:] * noise[:, :-1]) == pytest.approx(right, abs=0.02)


@pytest.mark.parametrize("correlation", [np.ones((1, 1)), _BILINEAR])
def test_steins_risk_is_the_error_that_truth_shows(correlation: np.ndarray) -> None:
    pytest.importorskip("skimage")
    from calibrated import stein_risk
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(2)
    truth = 3 * np.sin(np.arange(256) / 9)[None, :] * np.ones((256, 1))
    noisy = truth + draw_noise(rng, correlation, truth.shape)
    probe = draw_noise(rng, correlation, truth.shape)
    for width in (0.5, 1.5, 4.0):

        def smooth(field: np.ndarray, width: float = width) -> np.ndarray:
            return gaussian_filter(field, width, mode="wrap")

        result = smooth(noisy)
        # correlated noise in 256 x 256 pixels is known to about 4 % of its variance
        assert stein_risk(noisy, result, smooth, probe) == pytest.approx(np.mean((result - truth) ** 2), abs=0.04)


def test_calibration_finds_the_best_of_a_grid_without_truth() -> None:
    pytest.importorskip("skimage")
    from calibrated import calibrated

    rng = np.random.default_rng(3)
    for width in (0.1, 1.0, 5.0):  # of the signal: the best share to keep is width**2 / (1 + width**2)
        noisy = width * rng.standard_normal((200, 200)) + rng.standard_normal((200, 200))
        _, told = calibrated(noisy, np.ones((1, 1)), lambda field, share: share * field, {"share": (0.0, 0.5, 0.95)})
        assert told["share"] == {0.1: 0.0, 1.0: 0.5, 5.0: 0.95}[width]


@pytest.mark.skipif(not hasattr(np, "trapz"), reason="bm4d calls numpy.trapz, which numpy 2.4 no longer has")
def test_bm3d_told_the_spectrum_is_better_than_bm3d_told_white_noise() -> None:
    pytest.importorskip("bm3d")
    from block_matching import block_matching

    y, x = np.mgrid[:96, :96]
    truth = 6 * np.sin(x / 12) * np.cos(y / 10)
    noisy = truth + draw_noise(np.random.default_rng(4), _BILINEAR, truth.shape)
    told, not_told = (
        np.sqrt(np.mean((block_matching(noisy, one)[0] - truth) ** 2)) for one in (_BILINEAR, np.ones((1, 1)))
    )
    assert told < 0.8 * not_told


def test_the_pair_of_fields_are_the_means_of_the_diagonals() -> None:
    torch = pytest.importorskip("torch")
    from zero_shot import pair_downsampled

    field = torch.arange(20.0).reshape(1, 1, 4, 5) ** 2
    first, second = pair_downsampled(field)
    cells = field[0, 0].numpy()[:4, :4].reshape(2, 2, 2, 2).transpose(0, 2, 1, 3)
    assert np.allclose(first[0, 0], (cells[..., 0, 1] + cells[..., 1, 0]) / 2)
    assert np.allclose(second[0, 0], (cells[..., 0, 0] + cells[..., 1, 1]) / 2)


def test_the_zero_shot_loss_has_the_values_known_for_networks_that_scale() -> None:
    torch = pytest.importorskip("torch")
    from zero_shot import zero_shot_loss

    noise = torch.from_numpy(np.random.default_rng(5).standard_normal((1, 1, 400, 400)).astype(np.float32))
    # a network that takes the share c of a field away: nothing inconsistent, and of two independent fields of variance
    # 1/2 each the mean of ((1 - c) first - second)**2
    for share in (0.0, 0.5, 1.0):
        expected = ((1 - share) ** 2 + 1) / 2
        assert float(zero_shot_loss(lambda field, c=share: c * field, noise)) == pytest.approx(expected, rel=0.02)
    # one that is not the same before and after the filters pays for it: a quarter of the variance of a sign
    assert float(zero_shot_loss(lambda field: torch.sign(field), noise)) > 1.0


def test_zero_shot_noise2noise_takes_noise_away() -> None:
    pytest.importorskip("torch")
    from zero_shot import network, zero_shot_noise2noise

    assert sum(weight.numel() for weight in network().parameters()) == 48 * 10 + 48 * (48 * 9 + 1) + 49
    y, x = np.mgrid[:48, :48]
    truth = 2 * np.sin(x / 9) + np.cos(y / 7)
    noisy = truth + np.random.default_rng(6).standard_normal(truth.shape)
    result, _ = zero_shot_noise2noise(noisy, n_iterations=80)
    assert np.sqrt(np.mean((result - truth) ** 2)) < 0.7


def test_the_probe_is_not_the_noise_of_a_field_drawn_with_the_same_seed() -> None:
    pytest.importorskip("skimage")
    from calibrated import calibrated

    def shrunk(field: np.ndarray, threshold: float) -> np.ndarray:
        return np.sign(field) * np.maximum(np.abs(field) - threshold, 0)

    noise = np.random.default_rng(0).standard_normal((100, 100))
    result, told = calibrated(noise, np.ones((1, 1)), shrunk, {"threshold": (1.5,)}, seed=0)
    assert told["risk"] == pytest.approx(np.mean(result**2), abs=0.06)


def test_a_peer_tells_its_seconds_and_what_it_chose() -> None:
    pytest.importorskip("skimage")
    from peer import METHODS, denoise

    result, told = denoise("tv", np.random.default_rng(7).standard_normal((40, 40)), np.ones((1, 1)), {})
    assert result.dtype == np.float32 and result.std() < 0.5
    assert told["seconds"] > 0 and told["weight"] > 0.25
    assert {"bm3d", "n2v", "n2v2", "zsn2n", "nlm", "wavelet", "tv"} <= set(METHODS)
