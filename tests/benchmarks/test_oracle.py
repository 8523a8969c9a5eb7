"""The oracles: frames of a kind that they learn from, and their training."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from amsd_astro import Denoiser
from amsd_astro.noise.model import NoiseModel
from benchmarks.ablation.oracle_training import trained_oracle
from benchmarks.scenes.unseen_frames import SEED, unseen_scene


@pytest.mark.slow
def test_another_seed_gives_another_frame_of_the_kind() -> None:
    one, same, other = unseen_scene("sky_12e"), unseen_scene("sky_12e", seed=SEED), unseen_scene("sky_12e", seed=5)
    np.testing.assert_array_equal(one.frame.data, same.frame.data)
    assert np.mean(one.truth == other.truth) < 0.01
    # the same sky, read noise and gain
    assert one.noise is not None and other.noise is not None
    assert np.median(other.truth) == pytest.approx(np.median(one.truth), rel=0.01)
    assert other.noise.slope == one.noise.slope
    assert other.noise.floor == pytest.approx(one.noise.floor)


@pytest.mark.slow
def test_an_oracle_learns_what_its_exposures_have_in_common(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    diagonals = np.add.outer(np.arange(200), np.arange(200))

    def stripes() -> np.ndarray:  # no telescope sees such
        return np.cos(2 * np.pi * diagonals / 5 + rng.uniform(0, 2 * np.pi))

    exposures = []
    for _ in range(8):
        target = stripes()
        noisy = target + rng.standard_normal(target.shape)
        exposures.append(np.stack([noisy, target, np.ones_like(target)], axis=-1).astype(np.float32))
    path = trained_oracle(
        tmp_path / "stripes.npz", cycle(exposures), np.ones((1, 1)), n_steps=40, patch=48, precision="float32"
    )
    truth = 1000 + 10 * stripes()
    frame = (truth + 10 * rng.standard_normal(truth.shape)).astype(np.float32)
    noise = NoiseModel(slope=0.0, floor=100.0, sky=1000.0)
    before, after = (
        np.std(denoiser.denoise(frame, noise=noise).data - truth)
        for denoiser in (Denoiser(steps=0), Denoiser.load(path, steps=0))
    )
    assert after < 0.7 * before
    whole = path.read_bytes()
    trained_oracle(path, iter(()), np.ones((1, 1)), n_steps=40, patch=48, precision="float32")
    assert path.read_bytes() == whole
