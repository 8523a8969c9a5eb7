"""The quality benchmark: its arithmetic, what each method is told, and its tables."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty

from amsd_astro import Frame
from amsd_astro.noise.model import NoiseModel
from benchmarks.peers.environment import PeerError, run_peer
from benchmarks.quality import methods, peers_and_package
from benchmarks.quality.errors import FrameErrors, block_bootstrap, frame_errors, geometric_mean, pooled
from benchmarks.quality.methods import Runner
from benchmarks.quality.repeats import claimed_errors, errors_left, faint_flux, flux_by_signal
from benchmarks.quality.tables import flux_table, frame_table, pooled_table
from benchmarks.scenes.frames_with_truth import SAMPLES, Scene
from benchmarks.scenes.judged_frames import frame_scene, read_repeat
from benchmarks.scenes.strata import Ruler


def _ramp(mask: np.ndarray | None = None, correlation: np.ndarray | None = None) -> Scene:
    """S/N 0 to 20 over 80 x 100 pixels, with a part of empty sky, noise of 3."""
    truth = 100 + np.tile(np.maximum(np.linspace(-15, 60, 100), 0), (80, 1))
    sigma = np.full(truth.shape, 3.0)
    data = truth + sigma * np.random.default_rng(0).standard_normal(truth.shape)
    white = np.ones((1, 1)) if correlation is None else correlation
    return Scene("ramp", Frame(data, mask=mask), truth, sigma, NoiseModel(0.0, 9.0, 100.0, 9.0, white))


def _errors(rms: dict[str, float], n_pixels: dict[str, int]) -> FrameErrors:
    return FrameErrors(rms, n_pixels, {}, 0.0, 0.0)


def test_errors_of_a_frame_have_counts_and_signed_means_of_good_pixels() -> None:
    mask = np.zeros((80, 100), bool)
    mask[:5] = True
    scene = _ramp(mask)
    result = scene.truth + np.where(scene.signal > 5, -0.6, 0.3)
    found = frame_errors(scene, Ruler(scene), np.where(mask, 1e5, result))
    assert found.bias == pytest.approx({"< 0.1": 0.1, "> 5": -0.2})
    assert found.rms["> 5"] == pytest.approx(0.2)
    assert found.n_pixels["all"] == 75 * 100
    assert found.n_pixels["> 5"] == 75 * int(np.sum(scene.signal[0] >= 5))


def test_ratios_are_averaged_as_ratios() -> None:
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1)
    assert geometric_mean([0.25, 0.25, 0.25]) == pytest.approx(0.25)


def test_pooled_errors_are_those_of_the_pixels_of_all_frames() -> None:
    rng = np.random.default_rng(1)
    parts = [rng.normal(0, width, n) for width, n in ((0.2, 3000), (0.9, 1000))]
    frames = [_errors({"all": float(np.sqrt(np.mean(part**2)))}, {"all": len(part)}) for part in parts]
    assert pooled(frames)["all"] == pytest.approx(np.sqrt(np.mean(np.concatenate(parts) ** 2)))


def test_a_frame_without_a_stratum_counts_for_nothing_in_it() -> None:
    frames = [_errors({"all": 0.1, "> 5": 0.4}, {"all": 9000, "> 5": 2000}), _errors({"all": 0.1}, {"all": 9000})]
    assert pooled(frames) == pytest.approx({"all": 0.1, "> 5": 0.4})


def test_block_bootstrap_finds_a_known_difference_and_its_error() -> None:
    rng = np.random.default_rng(2)
    shape, zone = (256, 320), np.zeros((256, 320), bool)
    zone[:, :250] = True  # no whole number of blocks
    found = block_bootstrap(np.where(zone, 0.3 + rng.standard_normal(shape), 1e6), zone)
    assert found.mean == pytest.approx(0.3, abs=4 / 253)
    assert found.low < 0.3 < found.high
    # white noise: as many independent pixels as the zone has
    assert found.high - found.low == pytest.approx(2 * 1.96 / 253, rel=0.25)
    assert found == block_bootstrap(np.where(zone, 0.3 + np.random.default_rng(2).standard_normal(shape), 0), zone)


def test_block_bootstrap_knows_that_neighbours_are_not_independent() -> None:
    coarse = np.repeat(np.repeat(np.random.default_rng(3).standard_normal((16, 16)), 16, axis=0), 16, axis=1)
    zone = np.ones(coarse.shape, bool)
    found = block_bootstrap(coarse, zone)
    assert found.high - found.low == pytest.approx(2 * 1.96 / 16, rel=0.35)


def test_a_zone_without_pixels_is_told() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        block_bootstrap(np.zeros((40, 40)), np.zeros((40, 40), bool))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_noise_told_of_a_sample_is_its_true_one(name: str) -> None:
    scene = frame_scene(name)
    assert np.allclose(np.sqrt(scene.model.variance(scene.truth)), scene.sigma, rtol=1e-5)
    assert np.array_equal(scene.model.correlation, [[1.0]])


def _write_set(folder: Path, sigma_others: float) -> np.ndarray:
    """A field of three levels, its exposures without noise, and a mask; return the levels."""
    folder.mkdir()
    level = np.repeat([0.0, 2.0, 20.0], 50)[None, :] * np.ones((90, 1))
    header = fits.Header({"SIGT": 10.0, "SIGR": sigma_others})
    mask = np.zeros(level.shape, np.int16)
    mask[:10] = 1
    noise = np.random.default_rng(0).standard_normal(level.shape)
    for name, data in (("T", 10 * (level + noise)), ("R", 10 * level), ("MASK", mask)):
        fits.writeto(folder / f"{name}.fits", data, header)
    return level


def test_zones_of_a_repeat_are_those_of_the_reference_outside_the_mask(tmp_path: Path) -> None:
    level = _write_set(tmp_path / "one", 1.0)
    repeat = read_repeat(tmp_path / "one")
    far = np.zeros(level.shape, bool)  # from the steps, which are smoothed
    far[:, [*range(5, 40), *range(60, 90), *range(110, 145)]] = True
    assert np.array_equal(repeat.zones["sky"][10:] & far[10:], (level == 0)[10:] & far[10:])
    assert np.array_equal(repeat.zones["faint"][10:] & far[10:], (level == 2)[10:] & far[10:])
    assert not repeat.zones["sky"][:10].any() and not repeat.zones["faint"][:10].any()
    assert repeat.sigma == 10.0 and np.array_equal(repeat.scene.truth, 10 * level)


def _write_halves(folder: Path) -> np.ndarray:
    """The same set, its others in two halves, with noise of 2 each."""
    level = _write_set(folder, 1.4)
    rng = np.random.default_rng(1)
    halves = [10 * level + rng.normal(0, 2, level.shape) for _ in "AB"]
    for name, half in zip("AB", halves, strict=True):
        fits.writeto(folder / f"R{name}.fits", half)
    fits.writeto(folder / "R.fits", np.mean(halves, axis=0), overwrite=True)
    return level


def test_errors_by_two_halves_need_no_noise_level(tmp_path: Path) -> None:
    truth = 10 * _write_halves(tmp_path / "one")
    repeat = read_repeat(tmp_path / "one")
    wrong = replace(repeat, sigma_others=7.0)
    result = truth + 3.0 * np.random.default_rng(2).standard_normal(truth.shape)
    for one in (repeat, wrong):
        found = errors_left(one, result)
        assert found["sky"] == pytest.approx(0.3, abs=0.02) and found["faint"] == pytest.approx(0.3, abs=0.02)
    alone = replace(repeat, halves=None)
    assert errors_left(alone, result)["sky"] == pytest.approx(0.3, abs=0.02)
    assert errors_left(replace(alone, sigma_others=3.4), result)["sky"] < 0.05
    assert "levelled sky" not in errors_left(alone, result)


def test_a_difference_of_backgrounds_is_no_error_of_the_levelled_sky(tmp_path: Path) -> None:
    truth = 10 * _write_halves(tmp_path / "one")
    repeat = read_repeat(tmp_path / "one")
    slope = np.linspace(0.0, 20.0, len(truth))[:, None]
    rough = 3.0 * np.random.default_rng(3).standard_normal(truth.shape)
    found = errors_left(repeat, truth + slope + rough)
    assert found["sky"] > 0.9
    assert found["levelled sky"] == pytest.approx(0.3, abs=0.04)


def test_claims_are_told_for_the_same_pixels(tmp_path: Path) -> None:
    level = _write_set(tmp_path / "one", 1.0)
    repeat = read_repeat(tmp_path / "one")
    assert claimed_errors(repeat, np.where(level > 1, 4.0, 1.0)) == pytest.approx({"sky": 0.1, "faint": 0.4}, abs=0.03)


def test_flux_lost_is_told_for_sources_by_their_brightness(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    _write_set(folder, 1.0)
    y, x = np.mgrid[:90, :150]
    faint, bright = (np.exp(-((y - 50) ** 2 + (x - at) ** 2) / 18) for at in (30, 110))
    others = 5 * faint + 100 * bright
    fits.writeto(folder / "R.fits", others, overwrite=True)
    repeat = read_repeat(folder)
    taken = 0.4 * 5 * faint + 0.01 * 100 * bright
    found = flux_by_signal(repeat, np.asarray(repeat.scene.frame.data, float) - taken)
    assert [one and one.n_sources for one in found] == [1, None, None, 1, None]
    assert found[0] and found[0].share == pytest.approx(-0.4, abs=0.01) and found[0].error > 0.2
    assert found[3] and found[3].share == pytest.approx(-0.01, abs=0.001)
    whole = faint_flux(repeat, np.asarray(repeat.scene.frame.data, float) - taken)
    assert whole and whole.n_sources == 2 and -0.05 < whole.share < -0.02
    assert "| one | amsd | -40.0 +- " in "\n".join(flux_table("Flux", {"one": {"amsd": found}}))


def test_peers_are_told_the_noise_and_given_noise_units(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def run(python: str, method: str, values: np.ndarray, correlation: np.ndarray, settings: Any) -> np.ndarray:
        given.extend([values, correlation, settings])
        return np.zeros_like(values)

    monkeypatch.setattr(methods, "run_peer", run)
    correlation = np.array([[0, 0.1, 0], [0.1, 1, 0.1], [0, 0.1, 0]])
    scene = _ramp(correlation=correlation)
    values, claimed, _ = Runner("python", None, {"n2v": {"n_epochs": 3}}).run(scene, "n2v")
    assert np.std((given[0] - (scene.truth - 100) / 3)[scene.good]) == pytest.approx(1, rel=0.03)
    assert np.array_equal(given[1], correlation) and given[2] == {"n_epochs": 3}
    assert np.allclose(values, 100)  # noise units back in the frame's
    assert claimed is None


def test_the_package_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    class _Denoiser:
        def __init__(self, *, steps: int | None, seed: int, n_orientations: int | None) -> None:
            calls.append((steps, n_orientations))

        def fit_denoise(self, frame: Frame, **told: Any) -> Frame:
            calls.append((frame, told))
            return Frame(frame.data, uncertainty=StdDevUncertainty(np.full(frame.data.shape, 0.5)))

    monkeypatch.setattr(methods, "Denoiser", _Denoiser)
    scene = _ramp()
    for method, steps, n in (("amsd --steps 0", 0, None), ("amsd", None, None), ("amsd", None, 2)):
        values, claimed, _ = Runner("python", None, n_orientations=n).run(scene, method)
        assert np.array_equal(values, scene.frame.data) and claimed is not None and np.all(claimed == 0.5)
        assert calls == [(steps, n), (scene.frame, {})]
        calls.clear()


def test_a_result_is_kept_as_long_as_what_made_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(methods, "run_peer", lambda python, method, values, *_: calls.append(method) or values)
    scene = _ramp()
    Runner("python", tmp_path, {"n2v": {"n_epochs": 3}}).run(scene, "n2v")
    Runner("python", tmp_path, {"n2v": {"n_epochs": 3}}).run(scene, "n2v")
    assert len(calls) == 1
    Runner("python", tmp_path, {"n2v": {"n_epochs": 4}}).run(scene, "n2v")
    Runner("python", tmp_path, {"n2v": {"n_epochs": 4}}).run(_ramp(correlation=np.diag([0.1, 1, 0.1])), "n2v")
    assert len(calls) == 3


def test_a_peer_runs_as_a_process_of_its_own() -> None:
    noisy = 5 + np.random.default_rng(0).standard_normal((48, 56)).astype(np.float32)
    result = run_peer(sys.executable, "tv", noisy, np.ones((1, 1)), {})
    assert result.shape == noisy.shape
    assert np.sqrt(np.mean((result - 5) ** 2)) < 0.2


def test_a_peer_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(PeerError, match="invalid choice: 'nothing'"):
        run_peer(sys.executable, "nothing", np.zeros((8, 8)), np.ones((1, 1)), {})


def test_tables_hold_ratios_to_bm3d_and_the_lowest_in_bold() -> None:
    def both(bm3d: float, ours: float) -> dict[str, FrameErrors]:
        return {"bm3d": _errors({"all": bm3d}, {"all": 5000}), "amsd": _errors({"all": ours}, {"all": 5000})}

    frames = {"one": both(0.2, 0.1), "two": both(0.4, 0.32)}
    table = frame_table("Title", frames)
    assert "| over bm3d, geometric mean | 1.000 | 0.632 |" in table
    assert "| over bm3d, largest | 1.000 | 0.800 |" in table
    assert pooled_table("Title", frames)[-3:-1] == ["| bm3d | 0.316 |", "| amsd | **0.237** |"]


def test_a_run_writes_what_each_method_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    added = {"amsd": 0.3, "bm3d": 0.6}
    monkeypatch.setattr(peers_and_package, "frame_scene", lambda name: _ramp())
    monkeypatch.setattr(peers_and_package, "versions", lambda python: {"bm3d": "4"})
    monkeypatch.setattr(
        peers_and_package.Runner, "run", lambda self, scene, method: (scene.truth + added[method], None, 2.0)
    )
    output = tmp_path / "table.md"
    words = ["--frames", SAMPLES[0], "--methods", "bm3d", "bm3d_white", "amsd", "gaussian", "-o", str(output)]
    monkeypatch.setattr(sys, "argv", ["peers_and_package.py", "--peers", str(tmp_path / "secret"), *words])
    peers_and_package.main()
    text = output.read_text()
    assert "secret" not in text
    # what is not told of white noise is nothing: bm3d_white is bm3d
    assert "| frame | noisy | bm3d | bm3d_white | amsd | gaussian |" in text
    assert "| over bm3d, largest | " in text and "| 1.000 | 1.000 | 0.500 | " in text
    assert f"| {SAMPLES[0]} | +0.1000 | +0.1000 |" in text
    assert output.with_suffix(".json").exists()


def test_paired_differences_of_a_repeat_have_the_sign_of_the_better_method(tmp_path: Path) -> None:
    _write_set(tmp_path / "one", 1.0)
    repeat = read_repeat(tmp_path / "one")
    images = {"amsd": repeat.scene.truth + 1.0, "bm3d": repeat.scene.truth + 2.0, "noisy": repeat.scene.truth + 0.5}
    by_zone = {method: dict.fromkeys(repeat.zones, image) for method, image in images.items()}
    found = peers_and_package._paired(repeat, by_zone, "amsd")
    assert set(found) == {"bm3d", "noisy"}
    assert found["bm3d"]["sky"].mean == pytest.approx((1 - 4) / 100)
    assert found["noisy"]["faint"].mean == pytest.approx((1 - 0.25) / 100)
