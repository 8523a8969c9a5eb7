"""The frames whose noise is hard to find have the noise that is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scenes.odd_noise_frames import KINDS, odd_noise_frame


@pytest.mark.parametrize("kind", KINDS)
def test_truth_sigma_and_model_go_with_the_pixels(kind: str) -> None:
    made, same = odd_noise_frame(kind, 2), odd_noise_frame(kind, 2)
    np.testing.assert_array_equal(made.frame.data, same.frame.data)
    inside = np.isfinite(made.sigma)
    apart = ((np.asarray(made.frame.data) - made.truth) / made.sigma)[inside]
    assert np.mean(apart) == pytest.approx(0, abs=0.05)
    assert np.std(apart) == pytest.approx(1, rel=0.03)
    if kind != "offsets of rows and columns":  # the model knows nothing of those, the truth does
        np.testing.assert_allclose(made.model.variance(made.truth)[inside], made.sigma[inside] ** 2, rtol=1e-6)
    assert np.all(np.asarray(made.frame.data)[~inside] == 0)
