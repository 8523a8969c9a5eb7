"""`amsd-astro pairs`, `test-images`, and `train` on packed pairs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with two pictures of 32 x 32 pixels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    values = np.random.default_rng(1).integers(0, 256, (2, 4, 4, 3), np.uint8)
    for name, small in zip("ab", values, strict=True):
        Image.fromarray(np.kron(small, np.ones((8, 8, 1), np.uint8))).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def thesis(stand_in: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stand-in, as able as a Denoiser that learns from pairs and denoises images."""

    def fit_pairs(self: Any, noisy: Any, target: Any, **options: Any) -> Any:
        self.pairs = noisy, target
        return self.fit([], **options)

    def denoise_image(self: Any, image: np.ndarray, *, sigma: float) -> np.ndarray:
        return np.full_like(image, 0.5)

    monkeypatch.setattr(stand_in, "fit_pairs", fit_pairs, raising=False)
    monkeypatch.setattr(stand_in, "denoise_image", denoise_image, raising=False)
    monkeypatch.setattr(sys.modules["amsd_astro.denoiser"], "RECIPES", ("amsd", "thesis"))
    return stand_in


@pytest.fixture
def packed(photos: Path, tmp_path: Path, run: Callable[..., int], capsys: Any) -> Path:
    assert run("pairs", "noisy", photos, "-o", tmp_path / "noisy") == 0
    assert run("pairs", "targets", tmp_path / "noisy", "-o", tmp_path / "targets") == 0
    assert run("pairs", "pack", tmp_path / "noisy", tmp_path / "targets", "-o", tmp_path / "packed") == 0
    capsys.readouterr()
    return tmp_path / "packed"


def test_stages_for_people(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any) -> None:
    assert run("pairs", "noisy", photos, "-o", tmp_path / "noisy") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6 and lines[0].startswith(f"{tmp_path / 'noisy' / 'a_1.png'}: sigma ")
    assert 40 <= float(lines[0].split()[-1]) <= 90
    assert run("pairs", "targets", tmp_path / "noisy", "-o", tmp_path / "targets") == 0
    assert capsys.readouterr().out.splitlines()[5] == str(tmp_path / "targets" / "b_3.png")
    assert run("pairs", "pack", tmp_path / "noisy", tmp_path / "targets", "-o", tmp_path / "packed") == 0
    seen = capsys.readouterr()
    assert seen.out.splitlines()[0] == f"{tmp_path / 'packed' / 'noisy.npy'}: 6 x 32 x 32 x 3"
    assert seen.err == ""


def test_stages_for_programs(photos: Path, tmp_path: Path, run: Any, json_lines: Any) -> None:
    assert run("pairs", "noisy", photos, "-o", tmp_path / "noisy", "--seed", 5, "--json") == 0
    (record,) = json_lines()
    assert record["ok"] and record["kind"] == "noisy" and record["status"] == 0 and record["seed"] == 5
    assert [Path(one["file"]).name for one in record["versions"]] == [f"{s}_{k}.png" for s in "ab" for k in (1, 2, 3)]
    assert all(30 <= one["sigma"] <= 100 for one in record["versions"])
    assert run("pairs", "targets", tmp_path / "noisy", "-o", tmp_path / "targets", "--groups", "--json") == 0
    (record,) = json_lines()
    assert record["groups"] and record["targets"][0]["file"] == str(tmp_path / "targets" / "a_1.npy")
    assert run("pairs", "pack", tmp_path / "noisy", tmp_path / "targets", "-o", tmp_path / "packed", "--json") == 0
    (record,) = json_lines()
    assert [one["shape"] for one in record["arrays"]] == [[6, 32, 32, 3], [6, 32, 32, 12]]
    assert record["images"] == ["a", "b"]


def test_outputs_are_replaced_when_asked_for(photos: Path, tmp_path: Path, capsys: Any, run: Any) -> None:
    words = ["pairs", "noisy", photos, "-o", tmp_path / "noisy"]
    assert [run(*words), run(*words), run(*words, "--overwrite")] == [0, 73, 0]
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ("pairs noisy missing -o out", 65, "no such folder"),
        ("pairs noisy empty -o out", 65, "holds no image"),
        ("pairs noisy photos/a.png -o out", 65, "must be a folder"),
        ("pairs noisy photos -o photos", 73, "another than the folder of inputs"),
        ("pairs noisy photos -o photos/a.png", 73, "must be a folder"),
        ("pairs noisy photos -o out --noise detector", 65, "must be a FITS file"),
        ("pairs noisy broken -o out", 65, "x.png"),
        ("pairs targets photos -o out", 65, "must end in _1, _2 or _3"),
        ("pairs pack photos photos -o out", 65, "must end in _1, _2 or _3"),
        ("test-images photos --model missing.npz -o out", 65, "no such model file"),
        ("test-images empty --model photos/a.png -o out", 65, "holds no image"),
        ("train --recipe thesis empty -o m.npz", 65, "noisy.npy: no such file"),
        ("train --recipe thesis missing -o m.npz", 65, "no such file"),
        ("train --recipe thesis packed -o packed/noisy.npy --overwrite", 73, "the input itself"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    words: str,
    status: int,
    message: str,
    packed: Path,
    tmp_path: Path,
    thesis: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    run: Any,
    json_lines: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "broken"):
        Path(name).mkdir()
    Path("broken/x.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    assert run(*words.split()) == status
    seen = capsys.readouterr()
    assert len(seen.err.splitlines()) == 1 and message in seen.err
    assert seen.out == ""
    assert run(*words.split(), "--json") == status
    (record,) = json_lines()
    assert not record["ok"] and record["status"] == status and message in record["message"]
    assert record["kind"] == {65: "input", 73: "output"}[status]
    assert thesis.made == []


@pytest.mark.parametrize(
    "words",
    [
        "pairs polish photos",
        "pairs noisy photos",
        "pairs noisy photos -o out --noise pink",
        "pairs noisy photos -o out --seed -1",
        "pairs targets -o out",
        "pairs pack photos -o out",
        "test-images photos -o out",
        "test-images photos --model m.npz",
        "test-images photos --model m.npz -o out --sigmas 0",
        "test-images photos --model m.npz -o out --sigmas ten",
        "train packed -o m.npz",
        "train packed -o m.npz --recipe amsd",
        "train packed photos -o m.npz --recipe thesis",
        "train packed a.fits -o m.npz --recipe thesis",
        "train packed -o m.npz --recipe thesis --steps 0",
        "train packed -o m.npz --recipe thesis --gain 2",
        "train packed -o m.npz --recipe thesis --mask-bits 1",
    ],
)
def test_wrong_usage(
    words: str, packed: Path, tmp_path: Path, thesis: Any, monkeypatch: Any, capsys: Any, run: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        run(*words.split())
    assert stop.value.code == 2
    seen = capsys.readouterr()
    assert len(seen.err.splitlines()) == 1 and "error: " in seen.err
    assert seen.out == ""
    assert thesis.made == []


def test_train_on_packed_pairs(packed: Path, tmp_path: Path, thesis: Any, run: Any, capsys: Any) -> None:
    model = tmp_path / "m.npz"
    assert run("train", "--recipe", "thesis", packed, "-o", model, "--steps", 7, "--seed", 3) == 0
    (made,) = thesis.made
    assert made.recipe == "thesis" and made.settings["steps"] == 7 and made.settings["seed"] == 3
    for array, name in zip(made.pairs, ("noisy", "target"), strict=True):
        assert isinstance(array, np.memmap)
        np.testing.assert_array_equal(array, np.load(packed / f"{name}.npy"))
    assert made.saved == model
    assert made.checkpoint.parent == tmp_path and not made.checkpoint.exists()
    assert "trained on 6 pairs" in capsys.readouterr().out


def test_an_interrupted_training_on_pairs_is_kept(packed: Path, tmp_path: Path, thesis: Any, run: Any) -> None:
    thesis.on_fit = lambda: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    assert run("train", "--recipe", "thesis", packed, "-o", tmp_path / "m.npz") == 71
    assert thesis.made[0].checkpoint.exists()


def test_scores_for_people(photos: Path, tmp_path: Path, thesis: Any, run: Any, capsys: Any) -> None:
    (tmp_path / "m.npz").touch()
    words = ["test-images", photos, "--model", tmp_path / "m.npz", "-o", tmp_path / "out", "--sigmas", 20]
    assert run(*words) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["sigma", "PSNR", "noisy", "denoised", "SSIM", "noisy", "denoised", "image"]
    assert [row.split()[0] for row in rows] == ["20"] * 3
    assert [row.split()[-1] for row in rows] == ["a.png", "b.png", "(mean)"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a_sigma20.png", "b_sigma20.png", "scores.csv"
    ]  # fmt: skip
    assert run(*words) == 73


def test_scores_for_programs(photos: Path, tmp_path: Path, thesis: Any, run: Any, json_lines: Any) -> None:
    (tmp_path / "m.npz").touch()
    assert run("test-images", photos, "--model", tmp_path / "m.npz", "-o", tmp_path / "out", "--json") == 0
    (record,) = json_lines()
    assert record["ok"] and record["sigmas"] == [10, 30, 50]
    assert len(record["scores"]) == 6 and len(record["means"]) == 3 and len(record["files"]) == 7
    noise = [one["psnr_noisy"] for one in record["means"]]
    assert noise[0] > noise[1] > noise[2] > 10
    assert all(Path(path).exists() for path in record["files"])
    assert thesis.made[0].recipe == f"loaded from {tmp_path / 'm.npz'}"


def test_nothing_heavy_is_loaded_for_what_is_refused(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "m.npz").touch()
    out = str(tmp_path / "out")
    lines = [
        ["train", "--recipe", "thesis", str(tmp_path / "empty"), "-o", str(tmp_path / "new.npz")],
        ["test-images", str(photos), "--model", str(tmp_path / "none.npz"), "-o", out],
        ["test-images", str(tmp_path / "empty"), "--model", str(tmp_path / "m.npz"), "-o", out],
        ["test-images", str(photos), "--model", str(tmp_path / "m.npz"), "-o", str(tmp_path / "m.npz")],
    ]
    code = (
        "import sys; from amsd_astro.cli import main; from amsd_astro.cli.arguments import build_parser\n"
        "import amsd_astro.images; build_parser()\n"
        f"print([main([*words, '-q']) for words in {lines!r}], "
        "[m for m in ('tensorflow', 'keras', 'matplotlib', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[65, 65, 65, 73] []"
