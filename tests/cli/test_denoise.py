"""`amsd-astro denoise`: outputs, exit statuses and reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import NoiseModel

GAIN, READ_NOISE, SKY = 2.0, 6.0, 400.0  # of the image


def test_denoise_writes_beside_the_input(image: Path, capsys: pytest.CaptureFixture[str], run: Any) -> None:
    before = image.read_bytes()
    assert run("denoise", image) == 0
    output = image.with_name("sky_amsd.fits")
    seen = capsys.readouterr()
    assert seen.out.startswith(f"{output}: ")
    assert len(seen.out.splitlines()) == 1
    assert seen.err == ""
    assert np.ptp(fits.getdata(output)) == 0
    assert fits.getheader(output)["OBJECT"] == "empty sky"
    assert image.read_bytes() == before


@pytest.mark.parametrize("name", ["-dash.fits", "a b[1].FITS", "sté llär.fit", "x.fits.gz", "plain"])
def test_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Any, write_image: Any) -> None:
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "made.fits.gz" if name.endswith(".gz") else tmp_path / "made.fits").rename(tmp_path / name)
    (tmp_path / "out").mkdir()
    assert run("denoise", "-d", "out", "--", name) == 0
    (made,) = (tmp_path / "out").iterdir()
    assert made.name == f"{name.split('.')[0]}_amsd.fits"


def test_options_reach_the_denoiser(image: Path, tmp_path: Path, stand_in: Any, run: Any) -> None:
    words = ["--recipe", "amsd", "--steps", "7", "--seed", "5", "--gain", "1.5", "--read-noise", "4", "--threads", "3"]
    words += ["--orientations", "4", "--flux-tolerance", "0.05", "--destripe"]
    assert run("denoise", image, "-o", tmp_path / "out.fits", *words) == 0
    (made,) = stand_in.made
    assert made.recipe == "amsd"
    asked = {"steps": 7, "seed": 5, "n_threads": 3, "n_orientations": 4, "flux_tolerance": 0.05, "destripe": True}
    assert made.settings == asked
    assert made.noise == {"gain": 1.5, "read_noise": 4.0}


def test_the_whole_noise_can_be_stated(image: Path, tmp_path: Path, stand_in: Any, run: Any) -> None:
    assert run("denoise", image, "-o", tmp_path / "out.fits", "--noise", "0.5,9") == 0
    assert stand_in.made[0].noise == NoiseModel(0.5, 9.0)


def test_a_model_is_loaded(image: Path, tmp_path: Path, stand_in: Any, run: Any) -> None:
    model = tmp_path / "model.npz"
    assert run("denoise", image, "--model", model) == 65
    assert stand_in.made == []
    model.write_bytes(b"weights")
    assert run("denoise", image, "--model", model) == 0
    assert stand_in.made[0].recipe == f"loaded from {model}"


def test_planes_reach_the_reader(tmp_path: Path, stand_in: Any, run: Any) -> None:
    rng = np.random.default_rng(0)
    planes = {"FIRST": rng.normal(9, 1, (40, 40)), "SECOND": rng.normal(90, 1, (40, 40))}
    hdus = fits.HDUList([fits.PrimaryHDU()])
    hdus += [fits.ImageHDU(data.astype(np.float32), name=name) for name, data in planes.items()]
    hdus.append(fits.ImageHDU(np.eye(40, dtype=np.uint8) * 4 + 1, name="FLAW"))
    hdus.append(fits.ImageHDU(np.full((40, 40), 2, np.float32), name="ROOT"))
    path = tmp_path / "many.fits"
    hdus.writeto(path)
    words = ["--ext", "SECOND", "--mask-ext", "FLAW", "--mask-bits", "0x4"]
    words += ["--error-ext", "ROOT", "--error-kind", "variance"]
    assert run("denoise", path, *words) == 0
    (frame,) = stand_in.made[0].frames
    assert 85 < np.median(frame.data) < 95
    assert np.array_equal(frame.mask, np.eye(40, dtype=bool))
    assert frame.uncertainty is not None
    assert np.allclose(frame.uncertainty.array, np.sqrt(2))


def test_force_denoises_again(tmp_path: Path, run: Any, write_image: Any) -> None:
    path = write_image(tmp_path / "done.fits", AMSDVERS="0.1")
    assert run("denoise", path, "--force") == 0


def test_outputs_that_cannot_be_made(image: Path, tmp_path: Path, stand_in: Any, run: Any) -> None:
    there = tmp_path / "there.fits"
    there.write_bytes(b"precious")
    assert run("denoise", image, "-o", there) == 73
    assert run("denoise", image, "-o", image, "--overwrite") == 73
    assert run("denoise", image, "-o", tmp_path / "no" / "out.fits") == 73
    assert run("denoise", image, "-d", tmp_path / "no") == 73
    assert run("denoise", image, "-o", tmp_path, "--overwrite") == 73
    assert stand_in.made == []
    assert there.read_bytes() == b"precious"
    assert run("denoise", image, "-o", there, "--overwrite") == 0
    assert fits.getdata(there).shape == (96, 80)


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, run: Any, json_lines: Any, write_image: Any) -> None:
    first, last = write_image(tmp_path / "a.fits"), write_image(tmp_path / "c.fits", seed=2)
    (tmp_path / "b.fits").write_text("no frame")
    out = tmp_path / "out"
    out.mkdir()
    assert run("denoise", first, tmp_path / "b.fits", last, "-d", out, "--json") == 1
    records = json_lines()
    assert [(Path(r["file"]).name, r["ok"], r["kind"], r["status"]) for r in records] == [
        ("a.fits", True, "denoised", 0),
        ("b.fits", False, "input", 65),
        ("c.fits", True, "denoised", 0),
    ]
    assert "b.fits" in records[1]["message"]
    assert sorted(path.name for path in out.iterdir()) == ["a_amsd.fits", "c_amsd.fits"]


def test_json_tells_what_was_done(image: Path, run: Any, json_lines: Any) -> None:
    assert run("denoise", image, "--json", "--seed", 4) == 0
    (record,) = json_lines()
    assert record["output"] == str(image.with_name("sky_amsd.fits"))
    assert (record["recipe"], record["steps"], record["seed"], record["risk"]) == ("amsd", 3, 4, 0.04)
    assert record["seconds"] > 0
    assert record["noise"]["source"] == "header"
    assert record["noise"]["slope"] == pytest.approx(1 / GAIN)
    assert record["noise"]["sky_sigma"] == pytest.approx(np.hypot(np.sqrt(SKY / GAIN), READ_NOISE / GAIN), rel=0.05)
    assert record["cards"]["AMSDSTEP"] == 3
    assert record["trusted"] is True


def test_a_risk_that_cannot_be_is_not_shown_as_perfect(
    image: Path,
    tmp_path: Path,
    run: Any,
    json_lines: Any,
    stand_in: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = stand_in.fit_denoise

    def refuted(self: Any, frame: Any, **options: Any) -> Any:
        result = made(self, frame, **options)
        result.header.update({"AMSDRISK": -0.4, "AMSDRERR": 0.04})
        return result

    monkeypatch.setattr(stand_in, "fit_denoise", refuted)
    assert run("denoise", image, "-o", tmp_path / "a.fits") == 0
    assert "not to be trusted: the noise is not what it was taken for" in capsys.readouterr().out
    assert run("denoise", image, "-o", tmp_path / "b.fits", "--json") == 0
    (record,) = json_lines()
    assert (record["trusted"], record["status"], record["risk"]) == (False, 0, -0.4)


def test_quiet_and_json(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any, json_lines: Any
) -> None:
    assert run("denoise", image, "-q", "-o", tmp_path / "a.fits") == 0
    assert capsys.readouterr() == ("", "")
    assert run("denoise", image, "-q", "--json", "-o", tmp_path / "b.fits") == 0
    assert len(json_lines()) == 1
    assert run("denoise", image, "-q", "-o", tmp_path / "b.fits") == 73
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_warnings_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Any, write_image: Any) -> None:
    path = write_image(tmp_path / "odd.fits", BUNIT="furlongs")
    assert run("denoise", path, "--json") == 0
    seen = capsys.readouterr()
    record = json.loads(seen.out)
    assert any("furlongs" in text for text in record["warnings"])
    assert seen.err.startswith("amsd-astro: warning: ")


@pytest.mark.real_network
@pytest.mark.slow
def test_the_real_network_behind_the_command(image: Path, tmp_path: Path) -> None:
    words = ["--steps", "2", "--json", "--threads", "1"]
    outputs = [tmp_path / "a.fits", tmp_path / "b.fits"]
    for output in outputs:
        command = [sys.executable, "-m", "amsd_astro", "denoise", str(image), "-o", str(output), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "TensorFlow's banner is not for the user"
        assert json.loads(done.stdout)["steps"] in (0, 1, 2)  # those of the weights that were kept
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    with fits.open(outputs[0]) as hdus:
        assert hdus["AMSD_SIGMA"].data.shape == hdus[0].data.shape == (96, 80)
