"""The network of the thesis, built from ``keras.layers`` and ``keras.ops`` alone: any Keras backend can run it.

Names of the parts: D extracts features and U contracts and expands their number; inside D, A is attention by gates,
M a set of residual towers and R a chain of residuals. No part pools: all of it works at full resolution.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from amsd_astro.network.architectures import ThesisArchitecture
from amsd_astro.network.weight_seeds import Seeds

__all__ = ["build_thesis"]

_STAGES = (16, 32)  # widest of the contracting part
_WIDTH = 64  # of the features in D
_GATED = 7  # features of each gate: no multiple of what processors like, and so it is
_TOWER = 32
_RESIDUAL = 128


def build_thesis(architecture: ThesisArchitecture, *, seed: int) -> keras.Model:
    """The thesis network: 85 convolutions, 1,753,340 parameters with three channels.

    Parameters
    ----------
    architecture : ThesisArchitecture
        Channels.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    keras.Model
        From (n, ny, nx, n_channels) to (n, ny, nx, n_channels * n_groups).
    """
    part = _Parts(architecture.n_outputs, Seeds(seed))
    image = layers.Input((None, None, architecture.n_channels), name="image")
    x = part.convolution(image, _WIDTH, 3, dilation=2, rectified=True)
    x = part.convolution(x, 32, 1, rectified=True)
    x = part.convolution(x, 16, 1, rectified=True)
    for width in _STAGES:
        x = part.convolution(layers.Concatenate()([part.extraction(x), part.contraction(x, width)]), part.n_outputs, 1)
    return keras.Model(image, x, name="thesis")


class _Parts:
    """The parts of the network, which share the number of channels they give and the source of seeds."""

    def __init__(self, n_outputs: int, seeds: Seeds) -> None:
        self.n_outputs = n_outputs
        self._seeds = seeds
        self._n_made = 0

    def convolution(
        self, x: keras.KerasTensor, width: int, size: int, *, dilation: int = 1, rectified: bool = False
    ) -> keras.KerasTensor:
        self._n_made += 1
        return layers.Conv2D(
            width,
            size,
            name=f"convolution{self._n_made:02d}",
            padding="same",
            dilation_rate=dilation,
            activation="relu" if rectified else None,
            kernel_initializer=self._seeds.glorot_uniform(),
        )(x)

    def extraction(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """D: three convolutions, then gates, towers, a chain and the features themselves side by side."""
        for size in (5, 3, 1):
            x = self.convolution(x, _WIDTH, size, rectified=True)
        together = layers.Concatenate()([self._gates(x), self._towers(x), self._chain(x), x])
        return self.convolution(together, self.n_outputs, 3, dilation=2)

    def _gates(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """A: the features through a rectifier, a sigmoid gate and Mish (Misra 2019), each at a scale of its own."""
        gated = (ops.relu(x), x * ops.sigmoid(x), x * ops.tanh(ops.softplus(x)))
        scales = [self.convolution(one, _GATED, size) for one, size in zip(gated, (3, 5, 7), strict=True)]
        return self.convolution(layers.Concatenate()(scales), self.n_outputs, 3)

    def _towers(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """M: three towers of two residual blocks, their sum and each."""
        x = self.convolution(x, _TOWER, 3)
        towers = []
        for _ in range(3):
            y = x
            for _ in range(2):
                y = y + self.convolution(self.convolution(y, _TOWER, 3, rectified=True), _TOWER, 3)
            towers.append(y)
        return self.convolution(layers.Concatenate()([towers[0] + towers[1] + towers[2], *towers]), self.n_outputs, 3)

    def _chain(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """R: sums of sums."""
        y = self.convolution(x, _RESIDUAL, 3)
        first = y + self.convolution(y, _RESIDUAL, 3)
        second = first + self.convolution(first, _RESIDUAL, 3)
        third = first + second + self.convolution(second, _RESIDUAL, 3)
        return self.convolution(layers.Concatenate()([first, second, third]), _TOWER, 3)

    def contraction(self, x: keras.KerasTensor, width: int) -> keras.KerasTensor:
        """U: fewer and fewer features, then more and more beside those of the way down."""
        first = self.convolution(self.convolution(x, width, 3, rectified=True), width, 3, rectified=True)
        down = [first]
        for share in (2, 4, 8):
            y = self.convolution(down[-1], width // share, 3, rectified=True)
            down.append(self.convolution(y, width // share, 5, rectified=True))
        x = self.convolution(down[-1], width // 8, 1, rectified=True)
        for features, share in zip(down[:0:-1], (4, 2, 1), strict=True):
            x = self.convolution(layers.Concatenate()([x, features]), width // share, 1, rectified=True)
        return self.convolution(x + first, self.n_outputs, 1)
