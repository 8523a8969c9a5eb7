"""What a teacher makes of exposures is averaged over orientations and mixed with the truth."""

from __future__ import annotations

import keras
import numpy as np

from amsd_astro.network.amsd.bands import N_BANDS
from amsd_astro.network.amsd.network import RESIDUAL_BOUND
from amsd_astro.pretraining.teaching import SHARE_TAUGHT, Teacher


def uneven() -> keras.Model:
    """A network whose noise is the first band, one pixel to the right: it depends on the orientation."""
    bands = keras.layers.Input((None, None, N_BANDS))
    shift = keras.layers.Conv2D(2, (1, 3), padding="same", use_bias=False)
    network = keras.Model(bands, shift(bands))
    kernel = np.zeros((1, 3, N_BANDS, 2), np.float32)
    kernel[0, 0, 0, 0] = 1
    shift.set_weights([kernel])
    return network


def test_the_mean_over_orientations_is_half_of_the_target() -> None:
    inputs = np.zeros((1, 16, 16, N_BANDS), np.float32)
    inputs[0, 8, 8, 0] = 1.0
    known = np.zeros((1, 16, 16, 3), np.float32)
    known[..., 1] = 0.25
    taught = Teacher(uneven()).teach(inputs, known)
    moved = RESIDUAL_BOUND * np.tanh(1.0 / RESIDUAL_BOUND)
    expected = np.full((16, 16), (1 - SHARE_TAUGHT) * 0.25)
    for y, x in ((7, 8), (9, 8), (8, 7), (8, 9)):  # one of the four orientations each
        expected[y, x] -= SHARE_TAUGHT * moved / 4
    assert np.allclose(taught[0, ..., 1], expected, atol=1e-6)
    assert np.array_equal(taught[..., [0, 2]], known[..., [0, 2]])
    assert known[0, 8, 8, 1] == np.float32(0.25), "what is known must not change"
