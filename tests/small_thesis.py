"""A small network in the place of that of the thesis, whose gradients alone take ten seconds to be traced."""

from __future__ import annotations

import keras

from amsd_astro.network.architectures import ThesisArchitecture
from amsd_astro.network.weight_seeds import Seeds


def two_convolutions(architecture: ThesisArchitecture, *, seed: int) -> keras.Model:
    """Return a network with the channels asked for: two convolutions, initialized from the seed."""
    seeds = Seeds(seed)
    x = image = keras.layers.Input((None, None, architecture.n_channels))
    for k, width in enumerate((4, architecture.n_outputs)):
        initial = seeds.glorot_uniform()
        x = keras.layers.Conv2D(width, 3, padding="same", name=f"convolution{k}", kernel_initializer=initial)(x)
    return keras.Model(image, x)
