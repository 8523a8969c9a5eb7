"""Scores of a model on a folder of images, and the pictures beside them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from amsd_astro.errors import FrameError, FrameNotFoundError, ModelError, OutputExistsError
from amsd_astro.images.files import read_image
from amsd_astro.images.panels import LARGEST, Panel, side_by_side
from amsd_astro.images.scoring import mean_scores, plan_scoring, score_images
from amsd_astro.images.similarity import psnr, ssim


class Smoother:
    """Stands in for a Denoiser: a Gaussian filter. Remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[np.ndarray, float]] = []

    def denoise_image(self, image: np.ndarray, *, sigma: float) -> np.ndarray:
        self.given.append((image, sigma))
        return ndimage.gaussian_filter(image, (1.2, 1.2, 0)) * 1.2


def test_scores_are_those_of_the_images(folder: Path, tmp_path: Path) -> None:
    smoother, calls = Smoother(), []
    plan = plan_scoring(folder, tmp_path / "out", sigmas=[10, 30.5, 10])
    scores = score_images(plan, smoother, seed=3, progress=lambda *state: calls.append(state))
    assert [(s.image, s.sigma) for s in scores] == [(name, s) for name in ("a.jpg", "b.png") for s in (10, 30.5)]
    assert [sigma for _, sigma in smoother.given] == [10 / 255, 30.5 / 255] * 2
    for score, (noisy, sigma) in zip(scores, smoother.given, strict=True):
        clean = read_image(folder / score.image).values
        assert noisy.min() >= 0 and noisy.max() <= 1
        assert (noisy - clean).std() == pytest.approx(sigma, rel=0.1)
        assert score.psnr_noisy == psnr(noisy, clean) and score.ssim_noisy == ssim(noisy, clean)
        made = np.clip(Smoother().denoise_image(noisy, sigma=sigma), 0, 1)
        assert score.psnr == psnr(made, clean) and score.ssim == ssim(made, clean)
    assert calls[-1] == (4, 4, "testing")


def test_files_that_are_written(folder: Path, tmp_path: Path) -> None:
    scores = score_images(plan_scoring(folder, tmp_path / "out", sigmas=[30]), Smoother())
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a_sigma30.png", "b_sigma30.png", "scores.csv"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "scores.csv").read_text())))
    assert [row["image"] for row in rows] == ["a.jpg", "b.png", "(mean)"]
    assert float(rows[0]["psnr"]) == pytest.approx(scores[0].psnr, abs=1e-4)
    assert float(rows[2]["ssim"]) == pytest.approx((scores[0].ssim + scores[1].ssim) / 2, abs=1e-4)
    assert mean_scores(scores)[0].psnr_noisy == pytest.approx((scores[0].psnr_noisy + scores[1].psnr_noisy) / 2)
    with pytest.raises(OutputExistsError):
        plan_scoring(folder, tmp_path / "out", sigmas=[30])
    score_images(plan_scoring(folder, tmp_path / "again", sigmas=[30]), Smoother())
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_noise_does_not_depend_on_other_images(folder: Path, tmp_path: Path) -> None:
    first, second, third = Smoother(), Smoother(), Smoother()
    score_images(plan_scoring(folder, tmp_path / "1", sigmas=[10, 30]), first)
    paths = [folder / name for name in ("a.jpg", "a.jpg", "b.png", "b.png")]
    noise = [noisy - read_image(path).values for path, (noisy, _) in zip(paths, first.given, strict=True)]
    assert np.abs(np.corrcoef([one.ravel() for one in noise]) - np.eye(4)).max() < 0.1, "each has its own"
    (folder / "a.jpg").unlink()
    score_images(plan_scoring(folder, tmp_path / "2", sigmas=[30]), second)
    score_images(plan_scoring(folder, tmp_path / "3", sigmas=[30]), third, seed=1)
    np.testing.assert_array_equal(first.given[3][0], second.given[0][0])
    assert np.abs(third.given[0][0] - second.given[0][0]).max() > 0.1


def test_frames_are_tested_on_their_values(tmp_path: Path, write_frame_file: Any) -> None:
    (tmp_path / "in").mkdir()
    write_frame_file(tmp_path / "in" / "sky.fits")
    smoother = Smoother()
    score_images(plan_scoring(tmp_path / "in", tmp_path / "out", sigmas=[50]), smoother)
    assert smoother.given[0][0].shape == (96, 80, 1)
    with Image.open(tmp_path / "out" / "sky_sigma50.png") as picture:
        pixels = np.asarray(picture.convert("L")).astype(float) / 255
    clean = np.clip(read_image(tmp_path / "in" / "sky.fits").values[::-1, :, 0], 0, 1)
    assert any_place_shows(pixels, clean), "north is up: the first row of a frame is its lowest"


def any_place_shows(picture: np.ndarray, image: np.ndarray) -> bool:
    """Whether an image is somewhere in a picture, pixel for pixel."""
    ny, nx = image.shape
    windows = np.lib.stride_tricks.sliding_window_view(picture, (ny, nx))
    likely = np.argwhere(np.abs(windows[..., 0, 0] - image[0, 0]) < 1 / 128)
    return any(np.abs(windows[y, x] - image).max() < 1 / 128 for y, x in likely)


def test_pictures_show_pixels_as_they_are(scene: Any) -> None:
    images = [scene(20, 30), scene(20, 30)[::-1], scene(20, 30, 1)]
    stored = side_by_side([Panel(["one", "two"], image) for image in images])
    with Image.open(io.BytesIO(stored)) as picture:
        pixels = np.asarray(picture.convert("RGB")) / 255
    for image in images:
        assert any_place_shows(pixels[..., 1], image[..., 1 if image.shape[2] == 3 else 0])
    text = pixels[28 + 1 :]
    assert (text < 0.5).any(), "the lines stand under the images"


def test_of_large_images_the_centre_is_shown() -> None:
    image = np.zeros((4, LARGEST + 100, 1), np.float32)
    image[:, 50:-50] = 0.5
    image[1, 50] = 1
    with Image.open(io.BytesIO(side_by_side([Panel(["wide"], image)]))) as picture:
        pixels = np.asarray(picture.convert("L")) / 255
    assert pixels.shape[1] < LARGEST + 50
    assert any_place_shows(pixels, image[:, 50:-50, 0])


def test_names_of_any_kind_can_be_shown(folder: Path, tmp_path: Path) -> None:
    (folder / "a.jpg").unlink()
    (folder / "b.png").rename(folder / ("$x_\n\udcff" + "long" * 20 + ".png"))
    score_images(plan_scoring(folder, tmp_path / "out", sigmas=[30]), Smoother())
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_what_cannot_be_tested_is_refused(folder: Path, tmp_path: Path) -> None:
    class Fussy:
        def denoise_image(self, image: np.ndarray, *, sigma: float) -> np.ndarray:
            raise ModelError("the model takes images of 1 channel(s)")

    with pytest.raises(ModelError, match=r"a\.jpg: the model takes images of 1 channel"):
        score_images(plan_scoring(folder, tmp_path / "out"), Fussy())
    Image.new("L", (10, 40)).save(folder / "a.jpg")
    with pytest.raises(FrameError, match=r"at least 11 pixels.*Received: 10 x 40"):
        score_images(plan_scoring(folder, tmp_path / "out"), Smoother())
    with pytest.raises(FrameNotFoundError):
        plan_scoring(tmp_path / "none", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
