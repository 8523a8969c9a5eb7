"""Packed arrays: order, values, and what does not go together."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from amsd_astro.cli import main
from amsd_astro.errors import FrameError, FrameNotFoundError, OutputExistsError
from amsd_astro.images import files, packing
from amsd_astro.images.files import read_image
from amsd_astro.images.noisy import write_noisy
from amsd_astro.images.packing import open_pairs, pack_pairs
from amsd_astro.images.targets import write_targets

Folders = tuple[Path, Path]


@pytest.fixture
def folders(folder: Path, tmp_path: Path) -> Folders:
    """Noisy versions and targets of two pictures."""
    write_noisy(folder, tmp_path / "noisy")
    write_targets(tmp_path / "noisy", tmp_path / "target")
    return tmp_path / "noisy", tmp_path / "target"


def test_pairs_are_packed_in_one_order(folders: Folders, tmp_path: Path) -> None:
    calls: list[tuple[int, int, str]] = []
    packed = pack_pairs(*folders, tmp_path / "out", progress=lambda *state: calls.append(state))
    assert packed.names == ["a", "b"]
    noisy, target = open_pairs(tmp_path / "out")
    assert noisy.shape == target.shape == packed.noisy_shape == packed.target_shape == (6, 32, 32, 3)
    assert noisy.dtype == target.dtype == np.float32
    assert isinstance(noisy, np.memmap) and not noisy.flags.writeable
    for k, name in enumerate(f"{stem}_{version}.png" for stem in "ab" for version in (1, 2, 3)):
        np.testing.assert_array_equal(noisy[k], read_image(folders[0] / name).values)
        np.testing.assert_array_equal(target[k], read_image(folders[1] / name).values)
    assert calls[-1] == (6, 6, "packing") and (6, 6, "looking at images") in calls
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["noisy.npy", "target.npy"]


def test_names_count_as_names_with_numbers_at_their_end(tmp_path: Path) -> None:
    """Plain sorting of files would put a_b_1 between the versions of a_1."""
    for name in ("noisy", "target"):
        (tmp_path / name).mkdir()
        for value, stem in enumerate(("a", "a_1", "a-b"), 1):
            for k in (1, 2, 3):
                Image.new("L", (16, 16), value * 10 + k).save(tmp_path / name / f"{stem}_{k}.png")
    packed = pack_pairs(tmp_path / "noisy", tmp_path / "target", tmp_path / "out")
    assert packed.names == ["a", "a-b", "a_1"]
    levels = np.rint(open_pairs(tmp_path / "out")[0][:, 0, 0, 0] * 255)
    assert levels.tolist() == [11, 12, 13, 31, 32, 33, 21, 22, 23]


def test_groups_are_packed_with_pictures_and_clipped(folders: Folders, tmp_path: Path) -> None:
    write_targets(folders[0], tmp_path / "groups", groups=True)
    pack_pairs(folders[0], tmp_path / "groups", tmp_path / "out")
    noisy, target = open_pairs(tmp_path / "out")
    assert target.shape == (6, 32, 32, 12)
    np.testing.assert_array_equal(target[..., :3], noisy)
    made = np.stack([np.load(path) for path in sorted((tmp_path / "groups").iterdir())])
    assert made.min() < 0
    np.testing.assert_array_equal(target, np.clip(made, 0, 1))


def test_frames_are_packed_on_the_scale_of_their_headers(tmp_path: Path, write_frame_file: Any) -> None:
    (tmp_path / "in").mkdir()
    write_frame_file(tmp_path / "in" / "sky.fits")
    write_noisy(tmp_path / "in", tmp_path / "noisy", noise="detector")
    write_targets(tmp_path / "noisy", tmp_path / "target")
    pack_pairs(tmp_path / "noisy", tmp_path / "target", tmp_path / "out")
    noisy, target = open_pairs(tmp_path / "out")
    assert noisy.shape == (3, 96, 80, 1)
    assert noisy.min() == 0 and noisy.max() == 1, "noise that goes beyond is clipped"
    assert noisy[0].std() > 1.2 * target[0].std()
    other = write_frame_file(tmp_path / "other.fits", seed=5)
    shutil.copy(other, tmp_path / "target" / "sky_3.fits")
    with pytest.raises(FrameError, match=r"must have the scale that .*sky_3") as error:
        pack_pairs(tmp_path / "noisy", tmp_path / "target", tmp_path / "other")
    assert error.value.path == tmp_path / "target" / "sky_3.fits"


def test_missing_files_are_named(folders: Folders, tmp_path: Path) -> None:
    (folders[1] / "a_2.png").rename(tmp_path / "kept.png")
    with pytest.raises(FrameError, match=r"no image a_2 in .*target") as error:
        pack_pairs(*folders, tmp_path / "out")
    assert error.value.path == folders[0] / "a_2.png"
    (folders[0] / "a_2.png").unlink()
    with pytest.raises(FrameError, match=r"all versions must be there. Missing: a_2") as error:
        pack_pairs(*folders, tmp_path / "out")
    (tmp_path / "kept.png").rename(folders[1] / "a_2.png")
    with pytest.raises(FrameError, match=r"no image a_2 in .*noisy"):
        pack_pairs(*folders, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def make_pairs(tmp_path: Path, sizes: dict[str, tuple[int, int]], mode: str = "L") -> Folders:
    """Noisy versions that tell where each pixel is, and equal targets."""
    for name, (ny, nx) in sizes.items():
        y, x = np.mgrid[:ny, :nx].astype(np.uint8)
        for folder in ("noisy", "target"):
            (tmp_path / folder).mkdir(exist_ok=True)
            for k in (1, 2, 3):
                Image.fromarray(np.stack([y, x, x], axis=-1)).convert(mode).save(tmp_path / folder / f"{name}_{k}.png")
    return tmp_path / "noisy", tmp_path / "target"


def test_sizes_that_differ_are_named_or_cropped(tmp_path: Path) -> None:
    folders = make_pairs(tmp_path, {"a": (30, 21), "b": (24, 40)}, mode="RGB")
    with pytest.raises(FrameError) as error:
        pack_pairs(*folders, tmp_path / "out")
    message = str(error.value)
    assert f"{folders[0] / 'a_1.png'}: 21 x 30" in message and f"{folders[0] / 'b_1.png'}: 40 x 24" in message
    assert not list((tmp_path / "out").glob("*"))
    pack_pairs(*folders, tmp_path / "out", crop=True)
    noisy, target = open_pairs(tmp_path / "out")
    assert noisy.shape == (6, 24, 21, 3)
    np.testing.assert_array_equal(noisy, target)
    corners = np.rint(noisy[:, 0, 0, :2] * 255)
    assert corners.tolist() == [[3, 0]] * 3 + [[0, 9]] * 3, "around the centre"


def test_a_target_of_another_size_is_refused_also_when_cropping(folders: Folders, tmp_path: Path) -> None:
    Image.new("RGB", (32, 30)).save(folders[1] / "b_1.png")
    with pytest.raises(FrameError, match=r"must have the size of .*b_1.*Received: 32 x 30 and 32 x 32"):
        pack_pairs(*folders, tmp_path / "out", crop=True)


def test_gray_among_colour_is_named(folders: Folders, tmp_path: Path) -> None:
    for path in folders:
        Image.new("L", (32, 32)).save(path / "b_2.png")
    with pytest.raises(FrameError, match=r"a_1\.png: 3 channel\(s\), .*b_2\.png: 1 channel\(s\)"):
        pack_pairs(*folders, tmp_path / "out")


def test_targets_of_other_channels_are_refused(folders: Folders, tmp_path: Path) -> None:
    for path in folders[1].iterdir():
        Image.new("L", (32, 32)).save(path)
    with pytest.raises(FrameError, match=r"must have the 3 channel.* or four times as many. Received: 1"):
        pack_pairs(*folders, tmp_path / "out")


def test_images_too_small_to_learn_from_are_refused(tmp_path: Path) -> None:
    folders = make_pairs(tmp_path, {"a": (15, 40)})
    with pytest.raises(FrameError, match=r"at least 16 pixels on each side.*Received: 40 x 15"):
        pack_pairs(*folders, tmp_path / "out")


def test_a_failure_leaves_no_arrays(folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n_read = 0

    def change(path: Path) -> Any:
        nonlocal n_read
        n_read += 1
        if n_read == 20:
            Image.new("RGB", (8, 8)).save(path)
        return read_image(path)

    monkeypatch.setattr(packing, "read_image", change)
    with pytest.raises(FrameError, match="changed while images were packed"):
        pack_pairs(*folders, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    monkeypatch.setattr(packing, "read_image", files.read_image)
    (tmp_path / "out" / "target.npy").write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="target"):
        pack_pairs(*folders, tmp_path / "out")
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [b"precious"]


def damaged(kind: str, folder: Path) -> None:
    """Write arrays of which one is not as it should be."""
    good = np.zeros((3, 16, 16, 2), np.float32)
    bad = {
        "shape": np.zeros((4, 16, 16, 2), np.float32),
        "small": np.zeros((3, 16, 15, 2), np.float32),
        "channels": np.zeros((3, 16, 16, 3), np.float32),
        "axes": good[0],
        "dtype": good.astype(np.float64),
        "nan": np.full_like(good, np.nan),
        "infinite": np.full_like(good, -np.inf),
        "levels": np.full_like(good, 255),
        "negative": good - np.float32(0.01),
        "objects": np.array([{}], dtype=object),
    }
    np.save(folder / "noisy.npy", bad.get(kind, good), allow_pickle=True)
    np.save(folder / "target.npy", good)
    if kind == "cut":
        (folder / "target.npy").write_bytes((folder / "target.npy").read_bytes()[:-1])


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("shape", "", "noisy must hold three versions of each image"),
        ("small", "", "of 16 pixels or more"),
        ("channels", "", "target must have the shape of noisy"),
        ("axes", "", "noisy must be float32 of shape"),
        ("dtype", "", "noisy must be float32 of shape"),
        ("nan", "noisy.npy", "noisy must be finite, values of 0 to 1. Received: NaN or infinity in image 0"),
        ("infinite", "noisy.npy", "noisy must be finite"),
        ("levels", "noisy.npy", "noisy must hold values of 0 to 1. Received: 255 to 255"),
        ("negative", "noisy.npy", "noisy must hold values of 0 to 1. Received: -0.01 to -0.01"),
        ("objects", "noisy.npy", "is no .npy file of an array"),
        ("cut", "target.npy", "or is damaged"),
    ],
)
def test_arrays_that_are_no_pairs_are_refused(kind: str, name: str, message: str, tmp_path: Path) -> None:
    damaged("good", tmp_path)
    open_pairs(tmp_path)
    damaged(kind, tmp_path)
    with pytest.raises(FrameError, match=message) as error:
        open_pairs(tmp_path)
    assert error.value.path == tmp_path / name


def test_arrays_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FrameNotFoundError, match=r"noisy\.npy: no such file"):
        open_pairs(tmp_path)


def test_the_command_line_refuses_such_arrays_before_anything_is_learned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged("good", tmp_path)
    np.save(tmp_path / "target.npy", np.full((3, 16, 16, 2), 7, np.float32))
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert main(["train", "--recipe", "thesis", str(tmp_path), "-o", str(tmp_path / "model.npz")]) == 65
    assert f"{tmp_path / 'target.npy'}: target must hold values of 0 to 1. Received: 7 to 7" in capsys.readouterr().err
