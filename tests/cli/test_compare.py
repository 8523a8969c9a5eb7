"""`amsd-astro compare`: figures, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

MAGIC = {".png": b"\x89PNG\r\n\x1a\n", ".pdf": b"%PDF-", ".svg": b"<?xml"}


@pytest.fixture
def pair(image: Path, run: Any, capsys: pytest.CaptureFixture[str]) -> tuple[Path, Path]:
    """Give an exposure and its denoised file, with a 1-sigma map."""
    output = image.with_name("clean.fits")
    assert run("denoise", image, "-o", output) == 0
    with fits.open(output) as hdus:
        sigma = fits.ImageHDU(np.full((96, 80), 0.75, np.float32), name="AMSD_SIGMA")
        fits.HDUList([hdus[0].copy(), sigma]).writeto(output, overwrite=True)
    capsys.readouterr()
    return image, output


@pytest.fixture
def plotted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Remember the frames that are compared; the figure is an empty one, which is quick."""
    from matplotlib.figure import Figure

    import amsd_astro.plotting

    given: list[tuple[Any, Any]] = []

    def plot(before: Any, after: Any, **_: Any) -> Figure:
        given.append((before, after))
        return Figure(figsize=(1, 1))

    monkeypatch.setattr(amsd_astro.plotting, "plot_comparison", plot)
    return given


def test_a_file_and_its_denoised_file(
    pair: tuple[Path, Path], tmp_path: Path, stand_in: Any, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [path.read_bytes() for path in pair]
    stand_in.made.clear()
    assert run("compare", *pair, "-o", tmp_path / "a.png") == 0
    seen = capsys.readouterr()
    assert seen.out.startswith(f"{tmp_path / 'a.png'}: drawn, ") and seen.err == ""
    assert (tmp_path / "a.png").read_bytes().startswith(MAGIC[".png"])
    assert [path.read_bytes() for path in pair] == before
    assert stand_in.made == [], "nothing is denoised again"


def test_the_sigma_map_of_the_denoised_file_is_used(
    pair: tuple[Path, Path], tmp_path: Path, run: Any, plotted: Any
) -> None:
    assert run("compare", *pair, "-o", tmp_path / "a.png") == 0
    ((before, after),) = plotted
    assert np.array_equal(before.data, fits.getdata(pair[0]))
    assert np.ptp(after.data) == 0
    assert np.all(after.uncertainty.array == 0.75)
    assert after.header["AMSDRISK"] == 0.04


def test_a_file_alone_is_denoised_as_the_options_say(
    image: Path, tmp_path: Path, stand_in: Any, run: Any, plotted: Any, json_lines: Any
) -> None:
    words = ["--recipe", "amsd", "--steps", "7", "--seed", "5", "--gain", "1.5", "--read-noise", "4", "--threads", "3"]
    words += ["--orientations", "4", "--flux-tolerance", "0.05", "--ext", "0", "--json"]
    assert run("compare", image, "-o", tmp_path / "a.svg", *words) == 0
    (made,) = stand_in.made
    asked = {"steps": 7, "seed": 5, "n_threads": 3, "n_orientations": 4, "flux_tolerance": 0.05}
    assert made.recipe == "amsd" and made.settings == asked
    assert made.noise == {"gain": 1.5, "read_noise": 4.0}
    ((before, after),) = plotted
    assert before is made.frames[0] and np.ptp(after.data) == 0
    (record,) = json_lines()
    assert (record["kind"], record["status"], record["cards"]["AMSDRISK"]) == ("compared", 0, 0.04)
    assert (tmp_path / "a.svg").read_bytes().startswith(MAGIC[".svg"])
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("sky.fits", "a.svg")] == []


@pytest.mark.parametrize("ending", MAGIC)
def test_the_ending_says_the_format(ending: str, pair: Any, tmp_path: Path, run: Any, plotted: Any) -> None:
    assert run("compare", *pair, "-o", tmp_path / f"a{ending}") == 0
    assert (tmp_path / f"a{ending}").read_bytes().startswith(MAGIC[ending])


def test_figures_that_cannot_be_made(image: Path, pair: Any, tmp_path: Path, stand_in: Any, run: Any) -> None:
    stand_in.made.clear()
    there = tmp_path / "there.png"
    there.write_bytes(b"precious")
    assert run("compare", image, "-o", there) == 73
    assert run("compare", *pair, "-o", there) == 73
    assert run("compare", image, "-o", tmp_path / "no" / "a.png") == 73
    assert there.read_bytes() == b"precious"
    assert stand_in.made == []


def test_a_mean_of_several_is_told(
    pair: Any, tmp_path: Path, run: Any, plotted: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fits.setval(pair[1], "AMSDNCOM", value=4)
    assert run("compare", *pair, "-o", tmp_path / "a.png") == 0
    assert "is made of 4 exposures: what is shown as taken sets one of them against the mean" in capsys.readouterr().err


def test_an_existing_figure_is_replaced_when_asked(pair: Any, tmp_path: Path, run: Any, plotted: Any) -> None:
    there = tmp_path / "there.png"
    there.write_bytes(b"precious")
    assert run("compare", *pair, "-o", there, "--overwrite") == 0
    assert there.read_bytes().startswith(MAGIC[".png"])


def test_the_inputs_are_never_the_output(image: Path, pair: Any, tmp_path: Path, run: Any) -> None:
    for path in pair:
        link = tmp_path / f"{path.stem}.png"
        link.symlink_to(path)
        kept = path.read_bytes()
        assert run("compare", *pair, "-o", link, "--overwrite") == 73
        assert path.read_bytes() == kept


def test_bad_inputs(image: Path, pair: Any, tmp_path: Path, run: Any, write_image: Any, stand_in: Any) -> None:
    stand_in.made.clear()
    figure = tmp_path / "a.png"
    (tmp_path / "text.fits").write_text("no frame")
    fits.PrimaryHDU(np.ones((9, 9), np.float32)).writeto(tmp_path / "small.fits")
    assert run("compare", tmp_path / "none.fits", "-o", figure) == 65
    assert run("compare", image, tmp_path / "none.fits", "-o", figure) == 65
    assert run("compare", image, tmp_path / "text.fits", "-o", figure) == 65
    assert run("compare", image, tmp_path / "small.fits", "-o", figure) == 65
    assert run("compare", image, "--ext", "SCI", "-o", figure) == 65
    assert run("compare", pair[1], "-o", figure) == 65, "it is denoised already"
    assert run("compare", image, "--model", tmp_path / "none.npz", "-o", figure) == 65
    assert stand_in.made == [] and not figure.exists()


def test_a_shape_that_differs_is_told_by_both(
    pair: Any, tmp_path: Path, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fits.PrimaryHDU(np.ones((9, 7), np.float32)).writeto(tmp_path / "small.fits")
    assert run("compare", pair[0], tmp_path / "small.fits", "-o", tmp_path / "a.png") == 65
    (line,) = capsys.readouterr().err.splitlines()
    assert "small.fits: the image must have the shape of" in line and "(96, 80). Received: (9, 7)" in line


def test_a_file_of_another_exposure_is_drawn_with_a_warning(
    pair: Any, tmp_path: Path, run: Any, write_image: Any, plotted: Any, json_lines: Any
) -> None:
    other = write_image(tmp_path / "other.fits", seed=2)
    assert run("compare", other, pair[1], "-o", tmp_path / "a.png", "--json") == 0
    assert run("compare", pair[0], other, "-o", tmp_path / "b.png", "--json") == 0
    first, second = json_lines()
    assert ["records another input" in text for text in first["warnings"]] == [True]
    assert ["no record of a denoising" in text for text in second["warnings"]] == [True]


def test_cards_that_cannot_be_parsed_are_told_as_text(pair: Any, tmp_path: Path, run: Any, json_lines: Any) -> None:
    stored = pair[1].read_bytes()
    assert stored.count(b"AMSDRISK=                 0.04") == 1
    pair[1].write_bytes(stored.replace(b"AMSDRISK=                 0.04", b"AMSDRISK=                  low"))
    assert run("compare", *pair, "-o", tmp_path / "a.png", "--json") == 0
    (record,) = json_lines()
    assert record["cards"]["AMSDSTEP"] == 3 and record["cards"]["AMSDRISK"] == "low"


def test_stated_noise_counts_for_what_was_taken(pair: Any, tmp_path: Path, run: Any, plotted: Any) -> None:
    assert run("compare", *pair, "-o", tmp_path / "a.png") == 0
    assert run("compare", *pair, "-o", tmp_path / "b.png", "--gain", "2") == 0
    (_, without), (_, stated) = plotted
    assert without.noise is None
    assert (stated.noise.source, stated.noise.slope) == ("caller", 0.5)


@pytest.mark.parametrize(
    "words",
    [
        "compare",
        "compare a.fits",
        "compare -o a.png",
        "compare a.fits -o a.jpg",
        "compare a.fits -o a.png.gz",
        "compare a.fits b.fits c.fits -o a.png",
        "compare a.fits b.fits -o a.png --steps 5",
        "compare a.fits b.fits -o a.png --seed 0",
        "compare a.fits b.fits -o a.png --destripe",
        "compare a.fits b.fits -o a.png --model m.npz",
        "compare a.fits -o a.png --model m.npz --recipe amsd",
        "compare a.fits -o a.png --recipe thesis --steps 0",
        "compare a.fits -o a.png --force",
    ],
)
def test_wrong_usage(words: str, capsys: pytest.CaptureFixture[str], stand_in: Any, run: Any) -> None:
    with pytest.raises(SystemExit) as stop:
        run(*words.split())
    assert stop.value.code == 2
    seen = capsys.readouterr()
    assert len(seen.err.splitlines()) == 1 and "error: " in seen.err
    assert seen.out == "" and stand_in.made == []


def test_bad_input_needs_neither_matplotlib_nor_tensorflow(tmp_path: Path) -> None:
    code = (
        "import sys; from amsd_astro.cli import main;"
        f"status = main(['compare', {str(tmp_path / 'none.fits')!r}, '-o', {str(tmp_path / 'a.png')!r}]);"
        "print(status, [m for m in ('matplotlib', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "65 []"


@pytest.mark.real_network
@pytest.mark.slow
def test_the_real_network_behind_the_figure(image: Path, tmp_path: Path) -> None:
    figure = tmp_path / "a.png"
    command = [sys.executable, "-m", "amsd_astro", "compare", str(image), "-o", str(figure), "--steps", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and figure.read_bytes().startswith(MAGIC[".png"])


def test_what_is_shown_and_how(
    pair: tuple[Path, Path], tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import amsd_astro.plotting
    from amsd_astro.cli.arguments import _STRETCHES
    from amsd_astro.plotting.norms import STRETCHES

    assert set(_STRETCHES) == set(STRETCHES)
    given: list[dict[str, Any]] = []
    draw = amsd_astro.plotting.plot_comparison
    monkeypatch.setattr(amsd_astro.plotting, "plot_comparison", lambda *a, **o: given.append(o) or draw(*a, **o))
    words = ("--region", "[11:40, 21:70]", "--stretch", "linear", "--limits=-1:2")
    assert run("compare", *pair, "-o", tmp_path / "a.png", *words) == 0
    shown = {"region": (slice(20, 70), slice(10, 40)), "stretch": "linear", "limits": (-1.0, 2.0)}
    assert given == [shown], "rows before columns, from zero on"
    for wrong in (("--region", "81:90,1:5"), ("--region", "5:1,1:5"), ("--region", "0:4,1:5"), ("--limits", "2:1")):
        with pytest.raises(SystemExit, match="2"):
            run("compare", *pair, "-o", tmp_path / "b.png", *wrong)
    assert not (tmp_path / "b.png").exists()
