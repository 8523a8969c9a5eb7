"""What every recipe's model is to the rest: images of unit noise in, denoised images and their variance out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.architectures import AmsdArchitecture, ThesisArchitecture
from amsd_astro.network.files.array_archive import digest_arrays

__all__ = ["Estimate", "Predictor", "turned", "turned_back"]


@dataclass(frozen=True)
class Estimate:
    """Denoised images in noise units: ``values``, posterior ``variance``, and ``bounded``: the bound was reached."""

    values: NDArray[np.float32]
    variance: NDArray[np.float32]
    bounded: NDArray[np.bool_]


class Predictor(ABC):
    """A network and what is around it.

    Attributes
    ----------
    architecture : AmsdArchitecture or ThesisArchitecture
        Sizes of the network.
    network : keras.Model
        The network.
    variance_scale : float
        Factor on the predicted variance, from the held-out risk in training.
    margin : int
        Pixels that `predict` takes off each side.
    bytes_per_pixel : int
        Memory that `predict` takes at its peak.
    """

    architecture: AmsdArchitecture | ThesisArchitecture
    network: keras.Model
    variance_scale: float
    margin: int
    bytes_per_pixel: ClassVar[int]

    @property
    @abstractmethod
    def halo(self) -> int:
        """Pixels around a tile that its values depend on, besides the margin."""

    @abstractmethod
    def _answer(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], ...]:
        """What the network says of images in one orientation, arrays of shape (n, ny, nx) without the margin."""

    @abstractmethod
    def _estimate_from(self, noisy: NDArray[np.float32], answers: tuple[NDArray[np.float32], ...]) -> Estimate:
        """Denoised images from the images without their margin and the mean of the answers over the orientations."""

    def look_at(self, values: NDArray[np.float32]) -> None:  # noqa: B027 - there is nothing to do for most
        """Set what depends on a whole frame, in noise units, before it is denoised tile by tile."""

    def forget_frame(self) -> None:  # noqa: B027 - most know nothing of a frame
        """Undo what frames denoised before have changed."""

    def describe(self) -> dict[str, Any]:
        """Return what is to be saved of the model besides architecture, weights and `variance_scale`, of JSON types."""
        return {}

    def cards(self) -> dict[str, tuple[Any, str]]:
        """Return the cards of a result that tell what the model does besides what its noise model says."""
        return {}

    def predict(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating], *, n_orientations: int = 1
    ) -> Estimate:
        """Denoise images of unit noise.

        Parameters
        ----------
        images : ndarray of float32, shape (n, ny + 2 margin, nx + 2 margin)
            Stabilized images with a margin of `margin` pixels; ny and nx multiples of the architecture's stride.
        correlation : ndarray, shape (2 k + 1, 2 k + 1)
            Correlation of their noise.
        n_orientations : int, optional
            Average over this many of the eight flips and rotations (the error falls, the cost rises in proportion).

        Returns
        -------
        Estimate
            Arrays of shape (n, ny, nx).

        Raises
        ------
        MemoryError
            The images are too large for the memory.
        """
        total: tuple[NDArray[np.float32], ...] | None = None
        for orientation in range(n_orientations):
            try:
                answers = self._answer(turned(images, orientation), correlation)
            except tf.errors.ResourceExhaustedError as error:
                raise MemoryError(f"no memory for images of {images.shape[1]} x {images.shape[2]} pixels") from error
            answers = tuple(turned_back(answer, orientation) for answer in answers)
            total = answers if total is None else tuple(a + b for a, b in zip(total, answers, strict=True))
        assert total is not None
        inner = slice(self.margin, -self.margin or None)
        noisy = images[:, inner, inner]
        return self._estimate_from(noisy, tuple(answer / np.float32(n_orientations) for answer in total))

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of the weights, in the network's order."""
        return [np.array(weight) for weight in self.network.get_weights()]

    def set_weights(self, weights: list[NDArray[np.float32]]) -> None:
        """Replace the weights."""
        self.network.set_weights(weights)

    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the weights."""
        return digest_arrays(self.get_weights())[:16]


def turned(images: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """One of the eight orientations of images of shape (n, ny, nx)."""
    flipped = images[:, :, ::-1] if orientation >= 4 else images
    return np.rot90(flipped, orientation % 4, axes=(1, 2))


def turned_back(images: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """Take `turned` back."""
    upright = np.rot90(images, -(orientation % 4), axes=(1, 2))
    return upright[:, :, ::-1] if orientation >= 4 else upright
