"""`amsd-astro inspect`, `train` and `simulate`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

GAIN, READ_NOISE, SKY = 2.0, 6.0, 400.0  # of the image


def test_inspect_measures_the_sky(image: Path, run: Any, json_lines: Any) -> None:
    assert run("inspect", image, "--json") == 0
    (record,) = json_lines()
    assert record["ok"]
    assert [hdu["shape"] for hdu in record["hdus"]] == [[96, 80]]
    assert record["image"] == {
        "hdu": 0,
        "name": "PRIMARY",
        "version": 1,
        "shape": [96, 80],
        "dtype": "float32",
        "unit": "adu",
        "n_masked": 0,
        "has_errors": False,
        "denoised": False,
    }
    noise = record["noise"]
    assert noise["sky"] == pytest.approx(SKY, abs=1)
    assert noise["sky_sigma"] == pytest.approx(np.sqrt(SKY / GAIN + (READ_NOISE / GAIN) ** 2), rel=0.05)
    assert noise["agreement"] == pytest.approx(1, abs=0.1)
    assert abs(noise["correlation_x"]) < 0.1


def test_inspect_for_people(image: Path, capsys: pytest.CaptureFixture[str], run: Any) -> None:
    assert run("inspect", image, "--gain", 4) == 0
    seen = capsys.readouterr()
    assert "0.25 * signal" in seen.out
    assert "caller" in seen.out
    assert "80 x 96" in seen.out
    assert seen.err == ""


def test_inspect_tells_its_stages(image: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("amsd_astro.cli.progress.ProgressBar.__call__", lambda self, *state: told.append(state[2]))
    assert run("inspect", image) == 0
    assert told == ["reading", "measuring the noise", "comparing it with what is stated"]


def test_inspect_tells_of_rows_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any) -> None:
    rng = np.random.default_rng(0)
    striped = rng.normal(100, 5, (200, 180)) + rng.normal(0, 2.5, (200, 1))
    fits.PrimaryHDU(striped.astype(np.float32)).writeto(tmp_path / "striped.fits")
    assert run("inspect", tmp_path / "striped.fits") == 0
    seen = capsys.readouterr().out
    assert "offsets:         0.5" in seen and "0.00 of columns" in seen
    assert "sky sigma:       4.9" in seen or "sky sigma:       5" in seen


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "fine: it can be denoised as it is"),
        (["--gain", "2", "--read-noise", "6"], "fine: it can be denoised as it is"),
        (["--noise", "20,0"], "times the one that the sky shows: check what you state"),
        (["--gain", "9"], "times the one that the sky shows: check what you state"),
    ],
)
def test_inspect_says_whether_all_is_fine(
    image: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str], run: Any
) -> None:
    assert run("inspect", image, *options) == 0
    seen = capsys.readouterr().out
    assert said in next(line for line in seen.splitlines() if line.startswith("verdict:"))


def test_inspect_of_what_is_denoised_says_that_alone(image: Path, run: Any, json_lines: Any) -> None:
    assert run("denoise", image, "-o", image.with_name("clean.fits"), "--json") == 0
    assert run("inspect", image.with_name("clean.fits"), "--json") == 0
    assert json_lines()[-1]["verdict"]["reasons"] == ["it is denoised already: give the exposure itself, or --force"]


def test_inspect_looks_at_all_of_a_folder(image: Path, run: Any, json_lines: Any) -> None:
    night = image.parent / "night"
    night.mkdir()
    for name in ("b.fits", "a.fits"):
        (night / name).write_bytes(image.read_bytes())
    (night / "log.txt").touch()
    assert run("inspect", night, image, "--json") == 0
    assert [Path(record["file"]) for record in json_lines()] == [night / "a.fits", night / "b.fits", image]


def test_inspect_tells_gain_read_noise_and_pedestal(tmp_path: Path, run: Any, json_lines: Any) -> None:
    rng = np.random.default_rng(4)
    electrons = rng.poisson(300, (300, 300)) + rng.normal(0, 8, (300, 300))
    frame = fits.PrimaryHDU((electrons / 1.5 + 1000).astype(np.float32))
    frame.header["GAIN"], frame.header["RDNOISE"] = 1.5, 8.0
    frame.writeto(tmp_path / "raw.fits")
    assert run("inspect", tmp_path / "raw.fits", "--json") == 0
    (record,) = json_lines()
    noise = record["noise"]
    assert (noise["gain"], noise["read_noise"], noise["read_noise_source"]) == (1.5, pytest.approx(8), "header")
    assert noise["pedestal"] == pytest.approx(1000, abs=10) and noise["pedestal_is_known"]
    assert noise["sky_electrons"] == pytest.approx(300, rel=0.05)
    assert record["verdict"] == {"fine": True, "reasons": []}


def test_inspect_says_what_to_state_where_nothing_tells_the_gain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any
) -> None:
    noise = np.random.default_rng(4).normal(100, 5, (200, 200)).astype(np.float32)
    fits.PrimaryHDU(noise).writeto(tmp_path / "bare.fits")
    assert run("inspect", tmp_path / "bare.fits") == 0
    seen = capsys.readouterr().out
    assert "verdict:         look again: " in seen and "--gain" in seen


def test_inspect_takes_several_files(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any, json_lines: Any
) -> None:
    assert run("inspect", image, image) == 0
    seen = capsys.readouterr().out
    assert seen.count("verdict:") == 2 and f"\n\n{image}\n" in seen
    assert run("inspect", image, tmp_path / "none.fits", image, "--json") == 1
    assert [record["ok"] for record in json_lines()] == [True, False, True]
    assert run("inspect", tmp_path / "none.fits", "--json") == 65


def test_inspect_lists_where_none_can_be_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any, json_lines: Any
) -> None:
    path = tmp_path / "two.fits"
    images = [fits.ImageHDU(np.ones((9, 9), np.float32), name=name) for name in ("LEFT", "RIGHT")]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(path)
    assert run("inspect", path) == 65
    seen = capsys.readouterr()
    assert "LEFT" in seen.out
    assert "RIGHT" in seen.out
    assert "choose one" in seen.err
    assert run("inspect", path, "--json") == 65
    assert json_lines()[0]["kind"] == "input"


def test_tensorflow_is_not_loaded_where_no_network_is_needed(image: Path, tmp_path: Path) -> None:
    (tmp_path / "there.fits").touch()
    lines = [
        ["inspect", str(image)],
        ["denoise", str(tmp_path / "missing.fits")],
        ["denoise", str(image), "-o", str(tmp_path / "there.fits")],
        ["denoise", str(image), "--ext", "7"],
    ]
    code = (
        "import sys; from amsd_astro.cli import main\n"
        f"print([main([*words, '-q']) for words in {lines!r}], "
        "[m for m in ('tensorflow', 'keras', 'matplotlib', 'dask') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[0, 65, 73, 65] []"


def test_a_new_process_shows_warnings_too(image: Path) -> None:
    """There astropy is not imported yet; it takes warnings of its kin for its own logger when it is."""
    fits.setval(image, "BUNIT", value="soup")
    command = [sys.executable, "-m", "amsd_astro", "inspect", str(image), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "amsd-astro: warning: " in done.stderr and "BUNIT is not understood" in done.stderr
    (warning,) = json.loads(done.stdout)["warnings"]
    assert "BUNIT" in warning


def test_train_saves_a_model(
    image: Path, tmp_path: Path, stand_in: Any, capsys: Any, run: Any, json_lines: Any, write_image: Any
) -> None:
    other, model = write_image(tmp_path / "other.fits", seed=3), tmp_path / "model.npz"
    assert run("train", image, other, "-o", model, "--steps", 4, "--gain", 2) == 0
    (made,) = stand_in.made
    assert len(made.frames) == 2
    assert made.noise == {"gain": 2.0, "read_noise": None}
    assert made.settings["steps"] == 4
    assert made.saved == model
    assert f"{model}: trained on 2 file(s), 3 steps" in capsys.readouterr().out
    assert run("train", image, "-o", model) == 73
    assert run("train", image, tmp_path / "no.fits", "-o", tmp_path / "m.npz", "--json") == 65
    assert json_lines()[0]["kind"] == "input"
    assert len(stand_in.made) == 1


def test_train_tells_where_nothing_was_learned(
    image: Path, tmp_path: Path, stand_in: Any, capsys: Any, run: Any, json_lines: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stand_in, "n_kept", 0)
    assert run("train", image, "-o", tmp_path / "a.npz") == 0
    assert "the weights as they were" in capsys.readouterr().out
    assert run("train", image, "-o", tmp_path / "b.npz", "--json") == 0
    assert json_lines()[0]["steps"] == 0


def test_simulate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], run: Any
) -> None:
    from amsd_astro import simulation

    def write(folder: str, *, seed: int, overwrite: bool, progress: Any) -> list[Path]:
        progress(0, 3, "simulating")
        return [Path(folder, f"{seed}.fits")]

    monkeypatch.setattr(simulation, "write_samples", write)
    assert run("simulate", "-o", tmp_path, "--seed", 3) == 0
    assert capsys.readouterr().out == f"{tmp_path / '3.fits'}\n"


def test_simulate_overwrites_nothing_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any) -> None:
    from amsd_astro.simulation import sample_names

    (tmp_path / sample_names()[0]).write_bytes(b"precious")
    assert run("simulate", "-o", tmp_path) == 73
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"precious"]
