"""How the comparison measures, what it is measured on, and how results are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from amsd_astro import Frame
from amsd_astro.network.thesis.normalization import Normalization
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.model import NoiseModel
from benchmarks.ablation.comparison_figure import places
from benchmarks.ablation.mixed_pairs import InterpolatedBands
from benchmarks.kept_results import kept
from benchmarks.scenes.frames_with_truth import SAMPLES, Scene, image_scenes, sample_scene
from benchmarks.scenes.strata import Ruler

_SAMPLES = Path(__file__).resolve().parents[2] / "data_samples"


def _frame_scene(mask: np.ndarray | None = None) -> Scene:
    """A ramp of S/N 0 to 20 over 80 x 100 pixels, noise of 3."""
    truth = 100 + np.tile(np.linspace(0, 60, 100), (80, 1))
    sigma = np.full(truth.shape, 3.0)
    data = truth + sigma * np.random.default_rng(0).standard_normal(truth.shape)
    model = NoiseModel(0.0, 9.0, sky=100.0, sky_variance=9.0)
    return Scene("ramp", Frame(data, mask=mask), truth, sigma, model)


def test_errors_are_measured_over_the_true_noise_in_strata() -> None:
    scene = _frame_scene()
    wrong = scene.truth + np.where(scene.signal > 5, 1.5, 0.75)
    found = Ruler(scene).measure(wrong)
    assert found.rms["> 5"] == pytest.approx(0.5)
    assert found.rms["1-5"] == pytest.approx(0.25)
    assert "< 0.1" not in found.rms  # too few pixels
    share = np.mean(scene.signal > 5)
    assert found.rms["all"] == pytest.approx(np.sqrt(share * 0.25 + (1 - share) * 0.0625))


def test_psnr_is_that_of_the_stretched_values_of_good_pixels() -> None:
    mask = np.zeros((80, 100), bool)
    mask[:, :30] = True
    scene = _frame_scene(mask)
    values = scene.truth + 2
    stretch = Normalization.over([scene.noisy], softening=1.0)
    u, v = (stretch.forward(scene.stabilizer.forward(one)) for one in (values, scene.truth))
    expected = -10 * np.log10(np.mean((u - v)[~mask] ** 2))
    assert Ruler(scene).measure(values).psnr == pytest.approx(expected, abs=1e-4)


def test_the_truth_itself_is_all_alike_and_the_noisy_frame_is_not() -> None:
    scene = _frame_scene()
    ruler = Ruler(scene)
    assert ruler.measure(scene.truth + 1e-9).ssim == pytest.approx(1)
    noisy = ruler.measure(np.asarray(scene.frame.data))
    assert noisy.rms["all"] == pytest.approx(1, abs=0.03)
    assert noisy.ssim < 0.9


def test_masked_pixels_count_for_nothing() -> None:
    mask = np.zeros((80, 100), bool)
    mask[10:30, 40:60] = True
    scene = _frame_scene(mask)
    values = scene.truth + 1.0
    wrong = np.where(mask, 1e4, values)
    assert Ruler(scene).measure(wrong) == Ruler(scene).measure(values)


def test_places_are_the_brightest_and_the_median_region_without_masked_ones() -> None:
    truth = np.zeros((256, 256))
    truth[128:192, 64:128] = 50
    truth[0:64, 192:256] = 500
    mask = np.zeros(truth.shape, bool)
    mask[0:64:5, 192:256] = True
    frame = Frame(truth + np.random.default_rng(0).normal(0, 1, truth.shape), mask=mask)
    found = places(Scene("two", frame, truth, np.ones(truth.shape), NoiseModel(0.0, 1.0)))
    assert found["brightest region"] == (slice(128, 192), slice(64, 128))
    assert np.median(truth[found["median region"]]) == 0


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_images_have_the_noise_asked_for_twice_and_learn_from_the_others(pictures: Path) -> None:
    scenes = image_scenes(pictures, 0.1, 0)
    assert [scene.name for scene in scenes] == ["a", "b", "c"]
    for scene in scenes:
        assert scene.second is not None
        noise = [np.asarray(frame.data) - scene.truth for frame in (scene.frame, scene.second)]
        assert np.allclose([one.std() for one in noise], 0.1, rtol=0.06)
        assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.08
        assert np.std(scene.field.noisy - scene.truth / 0.1) == pytest.approx(1, rel=0.06)
        assert len(scene.field.others) == 2
        for other in scene.field.others:
            assert not np.allclose(other.clean, scene.truth / 0.1)
            assert np.std(other.expose(np.random.default_rng(0)) - other.clean) == pytest.approx(1, rel=0.06)


def test_a_folder_without_images_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no image"):
        image_scenes(tmp_path, 0.1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_learn_from_fresh_exposures_of_the_other_samples(name: str) -> None:
    scene = sample_scene(name, _SAMPLES)
    own = scene.stabilizer.forward(scene.truth)
    assert scene.field.second is not None and scene.field.second_mask is not None
    good = ~scene.field.mask & ~scene.field.second_mask
    # two exposures of one truth: noise of unit width, independent
    assert np.std((scene.field.noisy - scene.field.second)[good]) == pytest.approx(np.sqrt(2), rel=0.01)
    assert len(scene.field.others) == 2
    for other in scene.field.others:
        assert np.corrcoef(np.arcsinh(other.clean).ravel(), np.arcsinh(own).ravel())[0, 1] < 0.9
        noise = other.expose(np.random.default_rng(0)) - other.clean
        assert noise.std() == pytest.approx(1, rel=0.02)
        assert noise.mean() == pytest.approx(0, abs=0.01)


def test_results_are_kept_once_they_are_whole(tmp_path: Path) -> None:
    calls = []

    def make() -> np.ndarray:
        calls.append(1)
        return np.full((2, 3), len(calls))

    def fail() -> np.ndarray:
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        kept(tmp_path / "new", "key", fail)
    (tmp_path / "new" / "key.npy").write_bytes(b"half an array")
    first, seconds = kept(tmp_path / "new", "key", make)
    again, same = kept(tmp_path / "new", "key", make)
    assert np.array_equal(first, np.ones((2, 3))) and np.array_equal(again, first)
    assert seconds == same
    assert len(calls) == 1
    kept(None, "key", make)
    assert len(calls) == 2


def test_thesis_targets_in_noise_units_are_coarser_noisy_versions_of_the_frame() -> None:
    mask = np.zeros((150, 150), bool)
    mask[70:80] = True
    values = np.random.default_rng(0).standard_normal((150, 150)).astype(np.float32)
    frame = TrainingFrame(values, mask, np.ones((1, 1)))
    stretch = Normalization(1.0, -2.0, 8.0)
    bands, level, noisy, target, weight = InterpolatedBands(frame, stretch, n_patches=12, patch=32, seed=0)()
    assert bands.shape == (12, 32, 32, 4) and target.shape == weight.shape == (12, 32, 32, 1)
    added = np.sqrt(level.ravel() ** 2 - 1)
    assert np.all((added > 30 / 255 * 10) & (added < 100 / 255 * 10))
    assert np.allclose(noisy.std(axis=(1, 2, 3)), level.ravel(), rtol=0.1)
    assert np.allclose(
        bands[..., 0].std(axis=(1, 2)), np.std(np.arcsinh(np.random.default_rng(0).normal(size=9999))), rtol=0.1
    )
    assert np.all(target.std(axis=(1, 2, 3)) < 0.8 * noisy.std(axis=(1, 2, 3)))
    assert 0 < weight.mean() < 1
