"""What a denoiser learns, and model files of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_fields import expose, true_scene

from amsd_astro import AmsdWarning, Denoiser, Frame, FrameError, FrameNotFoundError, ModelError, OutputError

pytestmark = pytest.mark.usefixtures("small_recipe")


def test_a_network_learns_from_several_frames(exposure: np.ndarray) -> None:
    denoiser = Denoiser().fit([exposure, expose(true_scene((90, 70)), seed=9)])
    assert denoiser.denoise(exposure).data.shape == exposure.shape


def test_a_model_is_saved_loaded_and_applied(fitted: Denoiser, exposure: np.ndarray, tmp_path: Path) -> None:
    expected = fitted.denoise(exposure)
    fitted.save(tmp_path / "model.npz")
    loaded = Denoiser.load(tmp_path / "model.npz", seed=fitted.seed)
    np.testing.assert_array_equal(loaded.denoise(exposure).data, expected.data)
    np.testing.assert_array_equal(loaded.fit_denoise(exposure).data, expected.data)
    further = Denoiser.load(tmp_path / "model.npz", steps=3)
    further.fit_denoise(exposure)
    assert further.adaptation is not None and further.adaptation.risk is not None
    with pytest.raises(FileExistsError):
        fitted.save(tmp_path / "model.npz")


def test_frames_that_were_learned_from_are_known_again(exposure: np.ndarray, tmp_path: Path) -> None:
    """What is learned by the risk must not be learned on noise that the weights know."""
    other = expose(true_scene(), seed=9)
    denoiser = Denoiser().fit([other, exposure])
    denoiser.save(tmp_path / "model.npz")
    for one in (denoiser, Denoiser.load(tmp_path / "model.npz")):
        assert [one._has_seen(Frame(data)) for data in (exposure, other, exposure + 1)] == [True, True, False]


def test_what_was_denoised_before_does_not_show(fitted: Denoiser, exposure: np.ndarray, tmp_path: Path) -> None:
    picture = exposure[:60, :70] / exposure.max()
    fitted.save(tmp_path / "before.npz")
    first = fitted.denoise_image(picture, sigma=0.05)
    fitted.denoise(expose(true_scene((160, 152))))
    np.testing.assert_array_equal(fitted.denoise_image(picture, sigma=0.05), first)
    fitted.save(tmp_path / "after.npz")
    assert (tmp_path / "before.npz").read_bytes() == (tmp_path / "after.npz").read_bytes()


def test_a_frame_that_shows_no_risk_has_the_variance_that_training_found(
    fitted: Denoiser, exposure: np.ndarray, tmp_path: Path
) -> None:
    fitted.save(tmp_path / "model.npz")
    small = exposure[:24, :24]
    sigmas = []
    for factor in (1.0, 4.0):
        denoiser = Denoiser.load(tmp_path / "model.npz", steps=0)
        denoiser._model = denoiser._start().replaced(variance_scale=factor)
        result = denoiser.denoise(small, noise={"gain": 1.0, "read_noise": 5.0})
        assert "AMSDRISK" not in result.header
        sigmas.append(result.uncertainty.array)
    np.testing.assert_allclose(sigmas[1], 2 * sigmas[0], rtol=1e-5)


def test_a_model_is_not_packed(fitted: Denoiser, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not packed"):
        fitted.save(tmp_path / "model.npz.gz")


def test_files_that_are_no_models_are_told(tmp_path: Path) -> None:
    with pytest.raises(FrameNotFoundError, match="no such model"):
        Denoiser.load(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"not a model")
    with pytest.raises(ModelError, match=r"bad\.npz"):
        Denoiser.load(tmp_path / "bad.npz")
    with pytest.raises(ModelError, match="regular file"):
        Denoiser.load(tmp_path)


def test_a_frame_too_small_to_judge_by_teaches_trained_weights_nothing(fitted: Denoiser, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model.npz")
    pixels = np.random.default_rng(3).normal(100, 5, (12, 300)).astype(np.float32)
    untaught = Denoiser.load(tmp_path / "model.npz", steps=4).fit(pixels)
    assert untaught.adaptation is not None and untaught.adaptation.n_steps == 0
    for weight, old in zip(untaught._model.get_weights(), fitted._model.get_weights(), strict=True):  # type: ignore[union-attr]
        np.testing.assert_array_equal(weight, old)


@pytest.mark.slow
def test_frames_without_noise_teach_nothing(exposure: np.ndarray) -> None:
    constant = np.full((50, 60), 7.0, np.float32)
    with pytest.warns(AmsdWarning, match="no noise"), pytest.raises(FrameError, match=r"noise\. Received: 2"):
        Denoiser().fit([constant, constant])
    with pytest.warns(AmsdWarning, match="no noise"):
        denoiser = Denoiser(steps=1).fit([constant, exposure])
    assert denoiser.adaptation is not None
