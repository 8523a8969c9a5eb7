"""Targets: which scale each version gets, and how they are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from amsd_astro.errors import FrameError
from amsd_astro.images.files import read_image
from amsd_astro.images.fits_exposures import Exposure
from amsd_astro.images.noisy import write_noisy
from amsd_astro.images.targets import target_of, write_targets
from amsd_astro.network.thesis.interpolation import blurred, stacked_groups


@pytest.mark.parametrize(("version", "factor", "a"), [(1, 2, 1.2), (2, 3, 1.5), (3, 2, 1.8)])
def test_each_version_has_its_scale(version: int, factor: int, a: float, scene: Any) -> None:
    image = scene(20, 22)
    np.testing.assert_array_equal(target_of(image, version), blurred(image, factor, a))
    np.testing.assert_array_equal(
        target_of(image, version, registered=True), blurred(image, factor, a, registered=True)
    )
    np.testing.assert_array_equal(target_of(image, version, groups=True), stacked_groups(image))
    with pytest.raises(ValueError, match="version must be 1 to 3"):
        target_of(image, version + 3)


@pytest.fixture
def noisy(folder: Path, tmp_path: Path) -> Path:
    """Six noisy versions of two pictures."""
    write_noisy(folder, tmp_path / "noisy")
    return tmp_path / "noisy"


def test_targets_have_the_names_of_their_versions(noisy: Path, tmp_path: Path) -> None:
    calls: list[int] = []
    made = write_targets(noisy, tmp_path / "out", progress=lambda done, *_: calls.append(done))
    assert [one.path.name for one in made] == [path.name for path in sorted(noisy.iterdir())]
    assert calls == [1, 2, 3, 4, 5, 6]
    for one in made:
        expected = target_of(read_image(one.source).values, int(one.path.stem[-1]))
        np.testing.assert_allclose(read_image(one.path).values, np.clip(expected, 0, 1), atol=0.51 / 255)
    with Image.open(tmp_path / "out" / "a_1.png") as picture:
        assert picture.mode == "RGB"


def test_registered_targets_differ_where_a_side_is_no_multiple(noisy: Path, tmp_path: Path) -> None:
    write_targets(noisy, tmp_path / "plain")
    write_targets(noisy, tmp_path / "registered", registered=True)
    same = {
        path.name: path.read_bytes() == (tmp_path / "registered" / path.name).read_bytes()
        for path in (tmp_path / "plain").iterdir()
    }
    assert same == {f"{stem}_{k}.png": k != 2 for stem in "ab" for k in (1, 2, 3)}, "32 is no multiple of 3"


def test_groups_are_arrays(noisy: Path, tmp_path: Path) -> None:
    write_targets(noisy, tmp_path / "out", groups=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir())[0] == "a_1.npy"
    values = read_image(noisy / "b_3.png").values
    stacked = np.load(tmp_path / "out" / "b_3.npy")
    assert stacked.dtype == np.float32 and stacked.shape == (32, 32, 12)
    np.testing.assert_array_equal(stacked, stacked_groups(values))


def test_targets_of_frames_are_frames_on_the_same_scale(tmp_path: Path, write_frame_file: Any) -> None:
    (tmp_path / "in").mkdir()
    write_frame_file(tmp_path / "in" / "sky.fits")
    write_noisy(tmp_path / "in", tmp_path / "noisy")
    write_targets(tmp_path / "noisy", tmp_path / "out")
    write_targets(tmp_path / "noisy", tmp_path / "groups", groups=True)
    noisy, target = (read_image(tmp_path / name / "sky_2.fits") for name in ("noisy", "out"))
    assert isinstance(noisy, Exposure) and isinstance(target, Exposure)
    assert noisy.scale == target.scale
    good = ~noisy.frame.mask
    expected = target_of(noisy.values, 2)
    np.testing.assert_allclose(target.values[good], expected[good], atol=1e-5)
    np.testing.assert_array_equal(np.load(tmp_path / "groups" / "sky_2.npy"), stacked_groups(noisy.values))
    header = fits.getheader(tmp_path / "out" / "sky_2.fits")
    assert header["CTYPE1"] == "RA---TAN" and header["BUNIT"] == "adu"
    assert "shrunkby3,grownwitha=1.5" in "".join(header["HISTORY"]).replace(" ", "")
    # the unit is the frame's own, and the level of the sky is about the same after the stretch and back
    assert abs(np.nanmedian(target.frame.data) - 400) < 60


def test_names_must_tell_the_version(noisy: Path, tmp_path: Path) -> None:
    Image.new("L", (32, 32)).save(noisy / "c_4.png")
    with pytest.raises(FrameError, match="must end in _1, _2 or _3") as error:
        write_targets(noisy, tmp_path / "out")
    assert error.value.path == noisy / "c_4.png"
    assert not (tmp_path / "out").exists()


def test_images_too_small_to_be_shrunk_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("L", (32, 2)).save(tmp_path / "in" / "a_2.png")
    with pytest.raises(FrameError, match=r"at least 3 pixels on each side.*Received: 32 x 2"):
        write_targets(tmp_path / "in", tmp_path / "out")
