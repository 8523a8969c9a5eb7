"""PNG, TIFF and JPEG files: what is read of each kind, and what is written."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from amsd_astro.errors import AmsdWarning, FrameError, OutputError
from amsd_astro.images.files import read_image

LEVELS = np.random.default_rng(5).integers(0, 256, (12, 17, 3), np.uint8)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_png(pixels: np.ndarray, *, height: int | None = None) -> bytes:
    """A PNG file of 16-bit RGB, which Pillow does not write; another height may be declared."""
    ny, nx = pixels.shape[:2]
    head = struct.pack(">IIBBBBB", nx, height or ny, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def deep_tiff(pixels: np.ndarray) -> bytes:
    """A TIFF file of 16-bit RGB, which Pillow does not write either."""
    ny, nx = pixels.shape[:2]
    data = pixels.astype("<u2").tobytes()
    bits = struct.pack("<3H", 16, 16, 16)
    fields = [(256, 4, 1, nx), (257, 4, 1, ny), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2)]
    fields += [(273, 4, 1, 14), (277, 3, 1, 3), (278, 4, 1, ny), (279, 4, 1, len(data))]
    directory = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", *field) for field in fields) + bytes(4)
    return b"II*\0" + struct.pack("<I", 14 + len(data)) + bits + data + directory


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.TIFF"])
def test_eight_bits_stay_eight_bits(name: str, tmp_path: Path) -> None:
    Image.fromarray(LEVELS).save(tmp_path / name)
    image = read_image(tmp_path / name)
    assert image.values.dtype == np.float32
    np.testing.assert_allclose(image.values, LEVELS / 255, atol=1e-7)
    out = tmp_path / f"out{Path(name).suffix.lower()[:4]}"
    image.write(image.values, out)
    with Image.open(out) as made:
        assert made.mode == "RGB"
        assert made.format == ("PNG" if name == "a.png" else "TIFF")
        np.testing.assert_array_equal(np.asarray(made), LEVELS)


def test_gray_images_have_one_channel(tmp_path: Path) -> None:
    Image.fromarray(LEVELS[..., 0]).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    np.testing.assert_allclose(image.values, LEVELS[..., :1] / 255, atol=1e-7)
    image.write(image.values, tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as made:
        assert made.mode == "L"


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_sixteen_bits_of_gray_stay_sixteen_bits(ending: str, tmp_path: Path) -> None:
    levels = np.random.default_rng(6).integers(0, 65536, (12, 17), np.uint16)
    Image.fromarray(levels).save(tmp_path / f"a{ending}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = read_image(tmp_path / f"a{ending}")
    np.testing.assert_allclose(image.values[..., 0], levels / 65535, atol=1e-7)
    image.write(image.values, tmp_path / f"b{ending}")
    with Image.open(tmp_path / f"b{ending}") as made:
        np.testing.assert_array_equal(np.asarray(made), levels)


def test_floats_stay_floats_and_are_not_clipped(tmp_path: Path) -> None:
    values = np.linspace(-0.1, 1.1, 12 * 17, dtype=np.float32).reshape(12, 17)
    Image.fromarray(values).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    image.write(image.values, tmp_path / "b.tif")
    with Image.open(tmp_path / "b.tif") as made:
        np.testing.assert_array_equal(np.asarray(made), values)
    with pytest.raises(OutputError, match=r"must end in .tif"):
        image.write(image.values, tmp_path / "b.png")
    Image.fromarray(values * 255).save(tmp_path / "c.tif")
    with pytest.raises(FrameError, match="values of floats must be 0 to 1"):
        read_image(tmp_path / "c.tif")


def test_integers_are_clipped_and_rounded(tmp_path: Path) -> None:
    Image.fromarray(LEVELS[..., 0]).save(tmp_path / "a.png")
    values = np.zeros((12, 17, 1))
    values[0, :4, 0] = -3, 2.5, 0.6 / 255, 0.4 / 255
    read_image(tmp_path / "a.png").write(values, tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as made:
        assert np.asarray(made)[0, :4].tolist() == [0, 255, 1, 0]


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "1", "CMYK", "PA"])
def test_other_modes_become_rgb_or_gray(mode: str, tmp_path: Path) -> None:
    quiet = Image.new("RGB", (17, 12), (255, 51, 0))
    made = quiet.convert("L").convert("LA") if mode in ("LA", "PA") else quiet.convert(mode)
    if mode in ("RGBA", "LA"):
        made.putalpha(7)  # what is transparent is dropped, not blended
    if mode == "PA":
        made = quiet.convert("P")
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    made.save(path, **({"transparency": 1} if mode == "PA" else {}))
    values = read_image(path).values
    gray = round(np.dot([255, 51, 0], [0.299, 0.587, 0.114])) / 255
    expected = {"LA": [gray], "1": None}.get(mode, [1, 0.2, 0])
    if expected is None:
        assert set(np.unique(values)) <= {0, 1} and values.shape == (12, 17, 1)
    else:
        np.testing.assert_allclose(values, np.broadcast_to(expected, (12, 17, len(expected))), atol=0.01)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_camera_is_applied(orientation: int, tmp_path: Path) -> None:
    shown = np.kron(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40, np.ones((8, 8), np.uint8))
    undo = {  # of the EXIF standard: where the stored rows and columns lie in the picture
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: a.T, 6: lambda a: np.rot90(a), 7: lambda a: a[::-1, ::-1].T, 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name in ("a.png", "a.tif"):
        Image.fromarray(np.ascontiguousarray(undo[orientation](shown))).save(tmp_path / name, exif=exif)
        np.testing.assert_allclose(read_image(tmp_path / name).values[..., 0], shown / 255, atol=1e-6)


def test_a_jpeg_may_hold_a_second_picture_of_the_camera(tmp_path: Path) -> None:
    big, small = (Image.new("RGB", size, (200, 100, 50)) for size in ((64, 48), (16, 12)))
    big.save(tmp_path / "a.mpo", save_all=True, append_images=[small])
    (tmp_path / "a.mpo").rename(tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg").values.shape == (48, 64, 3)


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_sixteen_bits_of_colour_are_reduced_with_a_warning(ending: str, tmp_path: Path) -> None:
    pixels = LEVELS.astype(np.uint16) * 257
    path = tmp_path / f"a{ending}"
    path.write_bytes(deep_png(pixels) if ending == ".png" else deep_tiff(pixels))
    with pytest.warns(AmsdWarning, match="reduced to 8 bits"):
        image = read_image(path)
    np.testing.assert_allclose(image.values, LEVELS / 255, atol=1e-6)


def animation(tmp_path: Path, name: str) -> Path:
    pictures = [Image.fromarray(np.roll(LEVELS, k, 1)) for k in range(3)]
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:])
    return tmp_path / name


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_animations_and_pages_are_refused(name: str, tmp_path: Path) -> None:
    path = animation(tmp_path, name)
    with pytest.raises(FrameError, match=r"must hold one image.*Received: 3") as error:
        read_image(path)
    assert error.value.path == path


def encoded(name: str, **options: Any) -> bytes:
    stored = io.BytesIO()
    noise = np.random.default_rng(8).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(stored, name, **options)
    return stored.getvalue()


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.3, 0.7, 0.95])
@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a.png", encoded("PNG")),
        ("a.jpg", encoded("JPEG")),
        ("a.tif", encoded("TIFF")),
        ("b.tif", encoded("TIFF", compression="tiff_deflate")),
    ],
    ids=["png", "jpeg", "tiff", "deflated tiff"],
)
def test_cut_files_are_refused(name: str, stored: bytes, share: float, tmp_path: Path, capfd: Any) -> None:
    path = tmp_path / name
    path.write_bytes(stored[: int(share * len(stored))])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(FrameError) as error:
            read_image(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "BytesIO" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(deep_png(np.zeros((2, 20_000, 3), np.uint16), height=5_000))
    with pytest.raises(FrameError, match="decompression bomb"):
        read_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_large_picture_of_one_colour_is_refused_by_its_header(
    name: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    options = {"compression": "tiff_deflate"} if name.endswith("tif") else {}
    Image.new(mode, (6000, 6000)).save(path, **options)
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    with pytest.raises(FrameError, match=r"would unpack to \d+: taken for a decompression bomb") as error:
        read_image(path)
    assert error.value.path == path and "\n" not in str(error.value)


@pytest.mark.parametrize("quality", [5, 75])
def test_large_smooth_photographs_are_read(quality: int, tmp_path: Path) -> None:
    y, x = np.mgrid[:3600, :3600] / 3600
    sky = np.random.default_rng(4).normal(20 + 30 * y + 5 * np.sin(9 * x), 1.5)
    Image.fromarray(np.repeat(sky[..., None], 3, axis=2).astype(np.uint8)).save(tmp_path / "a.jpg", quality=quality)
    assert read_image(tmp_path / "a.jpg").values.shape == (3600, 3600, 3)


def test_other_files_under_the_name_of_a_picture_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"<html>not found</html>")
    with pytest.raises(FrameError, match="is no PNG or JPEG image"):
        read_image(tmp_path / "a.png")
    Image.fromarray(LEVELS).save(tmp_path / "b.gif")
    (tmp_path / "b.gif").rename(tmp_path / "b.jpg")
    with pytest.raises(FrameError, match="is no PNG or JPEG image"):
        read_image(tmp_path / "b.jpg")
    Image.fromarray(LEVELS).save(tmp_path / "c.png")
    (tmp_path / "c.png").rename(tmp_path / "c.jpg")
    assert read_image(tmp_path / "c.jpg").values.shape == (12, 17, 3), "a common mistake"
