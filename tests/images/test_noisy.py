"""Noisy versions: their strength, their seeds, and what they leave as it is."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from amsd_astro.errors import AlreadyDenoisedError, FrameError, OutputExistsError
from amsd_astro.frames import Frame, read_frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.images.files import read_image
from amsd_astro.images.noisy import image_generator, noisy_versions, with_detector_noise, write_noisy
from amsd_astro.network.thesis.noisy_versions import SIGMA_RANGES
from amsd_astro.noise.model import NoiseModel


def test_noise_has_the_strength_that_is_told() -> None:
    gray = np.full((200, 200, 1), 0.5, np.float32)
    for seed in range(5):
        sigmas, versions = noisy_versions(gray, np.random.default_rng(seed))
        for sigma, (low, high), version in zip(sigmas, SIGMA_RANGES, versions, strict=True):
            assert low <= sigma <= high
            inner = np.abs(version - 0.5) < 0.49
            expected = np.clip(np.random.default_rng(0).normal(0.5, sigma / 255, 40_000), 0, 1).std()
            assert version.std() == pytest.approx(expected, rel=0.03) and inner.any()
            assert version.min() >= 0 and version.max() <= 1
    assert abs(np.corrcoef(versions[0].ravel(), versions[1].ravel())[0, 1]) < 0.03, "noise of its own for each"


def test_three_versions_of_each_image_are_written(folder: Path, tmp_path: Path) -> None:
    calls: list[tuple[int, int, str]] = []
    made = write_noisy(folder, tmp_path / "out", seed=4, progress=lambda *state: calls.append(state))
    names = [f"{stem}_{k}.png" for stem in "ab" for k in (1, 2, 3)]
    assert [one.path.name for one in made] == names == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [one.source.name for one in made] == ["a.jpg"] * 3 + ["b.png"] * 3
    assert calls == [(1, 2, "adding noise"), (2, 2, "adding noise")]
    rng = np.random.default_rng([4, zlib.crc32(b"b")])
    sigmas, versions = noisy_versions(read_image(folder / "b.png").values, rng)
    assert [one.sigma for one in made[3:]] == sigmas
    for one, version in zip(made[3:], versions, strict=True):
        np.testing.assert_allclose(read_image(one.path).values, version, atol=0.51 / 255)


def test_versions_of_an_image_do_not_depend_on_its_neighbours(folder: Path, tmp_path: Path) -> None:
    write_noisy(folder, tmp_path / "both")
    (folder / "a.jpg").unlink()
    write_noisy(folder, tmp_path / "one")
    write_noisy(folder, tmp_path / "other", seed=1)
    both, one, other = ((tmp_path / name / "b_2.png").read_bytes() for name in ("both", "one", "other"))
    assert both == one != other


def test_nothing_is_written_where_an_output_is_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b_3.png").write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match=r"b_3\.png"):
        write_noisy(folder, tmp_path / "out")
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [b"precious"]
    write_noisy(folder, tmp_path / "out", overwrite=True)
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_images_are_left_as_they_are(folder: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(OutputExistsError, match="another than the folder of inputs"):
        write_noisy(folder, folder)
    write_noisy(folder, folder / "noisy")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.fixture
def frames(tmp_path: Path, write_frame_file: Any) -> Path:
    """A folder with one FITS frame, sky.fit."""
    (tmp_path / "frames").mkdir()
    write_frame_file(tmp_path / "frames" / "sky.fit", ny=160, nx=150)
    return tmp_path / "frames"


def test_white_noise_on_a_frame_is_white_on_its_values(frames: Path, tmp_path: Path) -> None:
    made = write_noisy(frames, tmp_path / "out", seed=2)
    clean = read_image(frames / "sky.fit").values
    for one in made:
        assert one.path.suffix == ".fits"
        header = fits.getheader(one.path)
        assert header["AMSDSIGM"] == pytest.approx(one.sigma)
        assert "white noise added" in str(header["HISTORY"])
        values = read_image(one.path).values
        assert values.min() > -1e-5 and values.max() < 1 + 1e-5
        rng = np.random.default_rng(0)
        expected = np.clip(clean + rng.normal(0, one.sigma / 255, clean.shape), 0, 1) - clean
        assert (values - clean).std() == pytest.approx(expected.std(), rel=0.02)


def test_detector_noise_goes_with_the_signal() -> None:
    level = np.repeat([100.0, 2500.0], 100)[:, None] * np.ones((1, 300))
    noise = NoiseModel(slope=0.5, floor=20.0, sky=100.0)
    drawn = with_detector_noise(Frame(level), noise, 0.8, np.random.default_rng(1)) - level
    for rows, mean in ((slice(0, 100), 100), (slice(100, 200), 2500)):
        width = 0.8 * np.sqrt(0.5 * mean + 20)
        assert drawn[rows].std() == pytest.approx(width, rel=0.02)
        assert abs(drawn[rows].mean()) < 0.05 * width


def test_detector_noise_has_the_correlation_of_the_frame() -> None:
    correlation = np.zeros((3, 3))
    correlation[1] = 0.4, 1.0, 0.4
    noise = NoiseModel(slope=0.0, floor=9.0, correlation=correlation)
    drawn = with_detector_noise(Frame(np.zeros((200, 200))), noise, 1.0, np.random.default_rng(1))
    assert drawn.std() == pytest.approx(3, rel=0.02)
    assert np.corrcoef(drawn[:, 1:].ravel(), drawn[:, :-1].ravel())[0, 1] == pytest.approx(0.4, abs=0.02)
    assert abs(np.corrcoef(drawn[1:].ravel(), drawn[:-1].ravel())[0, 1]) < 0.02


def test_detector_noise_in_files(frames: Path, tmp_path: Path) -> None:
    frame = read_frame(frames / "sky.fit")
    sky = np.sqrt(measure_noise(frame).sky_variance)
    for one in write_noisy(frames, tmp_path / "out", noise="detector"):
        made = read_frame(one.path)
        assert "noise like its own" in str(made.header["HISTORY"])
        difference = (made.data - frame.data)[60:]  # away from the star and the masked pixel
        assert difference.std() == pytest.approx(sky * one.sigma / 50, rel=0.03)
        assert np.isnan(made.data[10, 20])


def test_detector_noise_is_for_frames(frames: Path, tmp_path: Path) -> None:
    for name in ("x.png", "b.png"):
        Image.new("L", (32, 32), 99).save(frames / name)
    with pytest.raises(FrameError, match="must be a FITS file") as error:
        write_noisy(frames, tmp_path / "out", noise="detector")
    assert error.value.path == frames / "b.png"
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="noise must be one of white, detector"):
        write_noisy(frames, tmp_path / "out", noise="pink")


def test_a_frame_that_was_denoised_is_refused(tmp_path: Path, write_frame_file: Any) -> None:
    (tmp_path / "in").mkdir()
    write_frame_file(tmp_path / "in" / "a.fits", AMSDVERS="0.1")
    with pytest.raises(AlreadyDenoisedError):
        write_noisy(tmp_path / "in", tmp_path / "out")


def test_names_of_any_bytes_have_a_seed() -> None:
    odd = image_generator(0, "a\udcff").random()
    assert odd != image_generator(0, "a").random()
