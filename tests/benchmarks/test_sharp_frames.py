"""The list of hard frames: twelve, the same each time, with the noise that they say."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scenes.sharp_frames import SHARP, sharp_scene


def test_there_are_twelve() -> None:
    assert len(SHARP) == 12


@pytest.mark.parametrize("name", ["psf_1.2", "sky_2e", "half_pixels", "beam"])
def test_noise_is_as_stated(name: str) -> None:
    scene = sharp_scene(name)
    good = ~scene.frame.mask
    scatter = (np.asarray(scene.frame.data) - scene.truth)[good] / scene.sigma[good]
    assert np.std(scatter) == pytest.approx(1.0, abs=0.04)
    assert scene.noise is not None
    sky = scene.noise.variance(scene.sky)
    assert float(np.median(scene.sigma**2 / sky)) == pytest.approx(1.0, abs=0.05)
