"""Which files of a folder are images, and what they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amsd_astro.errors import FrameError, FrameNotFoundError, OutputError, OutputExistsError
from amsd_astro.images.files import (
    ending_of_like,
    find_images,
    images_by_stem,
    make_folder,
    read_image,
    stem_of,
    version_of,
)


def test_images_are_found_by_their_endings_and_sorted(tmp_path: Path) -> None:
    names = [
        "z.PNG",
        "b.tif",
        "B.tiff",
        "c.jpg",
        "d.jpeg",
        "e.npy",
        "m.fits",
        "n.FITS.gz",
        "o.fit",
        "p.fts",
        "q.fits.fz",
    ]
    for name in [*names, ".hidden.png", "notes.txt", "packed.npz", "png"]:
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in find_images(tmp_path)] == sorted(names)


@pytest.mark.parametrize(
    ("name", "stem", "ending"),
    [
        ("a.png", "a", ".png"),
        ("a.b.JPEG", "a.b", ".png"),
        ("a.tiff", "a", ".tif"),
        ("a.npy", "a", ".npy"),
        ("M31.FITS.gz", "M31", ".fits"),
        ("M31.fit", "M31", ".fits"),
        ("M31.fits.fz", "M31", ".fits.fz"),
    ],
)
def test_what_is_made_of_an_image_is_called_like_it(name: str, stem: str, ending: str) -> None:
    assert stem_of(Path("x") / name) == stem
    assert ending_of_like(Path("x") / name) == ending


def test_a_name_tells_the_version() -> None:
    assert version_of(Path("M_31_2.fits.gz")) == ("M_31", 2)
    for name in ("a.png", "a_4.png", "a_0.png", "_1.png", "a_12.png", "a1.png"):
        with pytest.raises(FrameError, match="must end in _1, _2 or _3") as error:
            version_of(Path(name))
        assert error.value.path == Path(name)


def test_a_folder_must_be_one_with_images(tmp_path: Path) -> None:
    with pytest.raises(FrameNotFoundError, match="no such folder"):
        find_images(tmp_path / "none")
    (tmp_path / "a.txt").touch()
    with pytest.raises(FrameError, match="holds no image"):
        find_images(tmp_path)
    with pytest.raises(FrameError, match=r"must be a folder of images. Received: a file"):
        find_images(tmp_path / "a.txt")
    with pytest.raises(FrameError, match="cannot be read"):
        find_images("a\0b")


def test_two_images_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "b.png"):
        (tmp_path / name).touch()
    with pytest.raises(FrameError) as error:
        images_by_stem(tmp_path)
    assert str(tmp_path / "a.jpg") in str(error.value) and str(tmp_path / "a.png") in str(error.value)


def test_an_output_folder_is_made_or_refused(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "x" / "y", inputs=[tmp_path]).is_dir()
    make_folder(tmp_path / "x" / "y", inputs=[tmp_path])
    (tmp_path / "link").symlink_to(tmp_path / "x")
    with pytest.raises(OutputExistsError, match="another than the folder of inputs"):
        make_folder(tmp_path / "link", inputs=[tmp_path, tmp_path / "x"])
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="must be a folder"):
        make_folder(tmp_path / "file", inputs=[])
    with pytest.raises(OutputError, match="cannot be made"):
        make_folder(tmp_path / "file" / "x", inputs=[])


def test_arrays_are_images(tmp_path: Path, scene: Any) -> None:
    values = scene(20, 24, 5)
    np.save(tmp_path / "a.npy", np.asfortranarray(values))
    image = read_image(tmp_path / "a.npy")
    np.testing.assert_array_equal(image.values, values)
    image.write(values - 0.2, tmp_path / "b.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), values - np.float32(0.2))
    with pytest.raises(OutputExistsError):
        image.write(values, tmp_path / "b.npy")
    with pytest.raises(OutputExistsError, match="input itself"):
        image.write(values, tmp_path / "a.npy", overwrite=True)


def bad_arrays() -> dict[str, Any]:
    good = scene_like()
    nan = good.copy()
    nan[1, 2, 0] = np.nan
    return {
        "must be float32 of shape": good.astype(np.float64),
        "must be float32": good[..., 0],
        "must be float32 of": good[None],
        "must be finite": nan,
        "must be 0 to 1. Received: 0 to 255": good * 255,
        "no .npy file": np.array([{}], dtype=object),
    }


def scene_like() -> np.ndarray:
    return np.linspace(0, 1, 12 * 10 * 2, dtype=np.float32).reshape(12, 10, 2)


@pytest.mark.parametrize("message", bad_arrays())
def test_other_arrays_are_refused(message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", bad_arrays()[message], allow_pickle=True)
    with pytest.raises(FrameError, match=message) as error:
        read_image(tmp_path / "a.npy")
    assert str(error.value).startswith(str(tmp_path / "a.npy"))


@pytest.mark.parametrize("n_bytes", [0, 5, 60, 127, 200, 1087])
def test_cut_arrays_are_refused(n_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, scene_like())
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(FrameError, match=r"is no .npy file of an array, or is damaged"):
        read_image(path)


def test_archives_and_other_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=scene_like())
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(FrameError, match="an archive of several"):
        read_image(tmp_path / "a.npy")
    (tmp_path / "x.txt").touch()
    with pytest.raises(FrameError, match="by its name"):
        read_image(tmp_path / "x.txt")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing")
    with pytest.raises(FrameNotFoundError):
        read_image(tmp_path / "gone.png")
