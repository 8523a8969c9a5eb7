"""What every recipe's model is to the rest: images of unit noise in, denoised images and their variance out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from amsd_astro.network.architectures import AmsdArchitecture, ThesisArchitecture
from amsd_astro.network.digests import fingerprint_of
from amsd_astro.network.forked_process import claim_process

if TYPE_CHECKING:
    import keras

__all__ = ["Answers", "Cards", "Estimate", "Predictor", "mean_answers", "turned", "turned_back"]

Calibration = TypeVar("Calibration")
"""What one frame teaches a model: a value that is made for the frame, and handed to `Predictor.predict` with it."""

Answers = tuple[NDArray[np.float32], ...]
"""What a network says of images of shape (n, ny, nx), in as many arrays as its recipe has."""

Cards = dict[str, tuple[Any, str]]
"""Value and comment by keyword."""


@dataclass(frozen=True)
class Estimate:
    """Denoised images in noise units: ``values``, posterior ``variance``, and ``bounded``: the bound was reached."""

    values: NDArray[np.float32]
    variance: NDArray[np.float32]
    bounded: NDArray[np.bool_]


class Predictor(ABC, Generic[Calibration]):
    """A network and what is around it.

    Nobody writes on a model: frames in any number of threads share it. What one of them teaches is a value of its own.

    Attributes
    ----------
    architecture : AmsdArchitecture or ThesisArchitecture
        Sizes of the network.
    variance_scale : float
        Factor on the predicted variance, from the held-out risk in training.
    margin : int
        Pixels that `predict` takes off each side.
    edge : int
        Pixels that a frame goes on beyond its edges, as its mirror image, besides the margin.
    bytes_per_pixel : int
        Memory that `predict` takes at its peak.
    """

    architecture: AmsdArchitecture | ThesisArchitecture
    variance_scale: float
    margin: int
    edge: int
    bytes_per_pixel: ClassVar[int]

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a model is read-only: {name} is set when it is made, or by `replaced`")

    def _set(self, **attributes: Any) -> None:
        """Set attributes of a model that is being made."""
        self.__dict__.update(attributes)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def replaced(self, **attributes: Any) -> Self:
        """Return a model of the same network with other attributes."""
        unknown = sorted(set(attributes) - set(self.__dict__))
        if unknown:
            raise TypeError(f"a model has no attribute {', '.join(unknown)}")
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__ | attributes)
        return new

    @property
    @abstractmethod
    def network(self) -> keras.Model:
        """The network, in Keras."""

    def check_network(self, check: Callable[[Any], None]) -> None:
        """Have the network judged by a function from it, before it denoises anything."""
        check(self.network)

    @abstractmethod
    def with_own_network(self) -> Self:
        """Return a model that is alike, with a network of its own: what training may change."""

    @property
    @abstractmethod
    def uncalibrated(self) -> Calibration:
        """What holds for a frame that has taught nothing."""

    @abstractmethod
    def halo(self, calibration: Calibration) -> int:
        """Pixels around a tile that its values depend on, besides the margin."""

    def stride(self, calibration: Calibration) -> int:
        """Pixels that the origins of tiles are to be multiples of, so that the tiles do not show."""
        return self.architecture.stride

    @abstractmethod
    def cards(self, calibration: Calibration) -> Cards:
        """Return the cards of a result that tell what the model does besides what its noise model says."""

    @abstractmethod
    def _answer(
        self, images: NDArray[np.float32], correlation: NDArray[np.floating], calibration: Calibration
    ) -> tuple[NDArray[np.float32], ...]:
        """What the network says of images in one orientation, arrays of shape (n, ny, nx) without the margin."""

    @abstractmethod
    def _estimate_from(
        self, noisy: NDArray[np.float32], answers: tuple[NDArray[np.float32], ...], calibration: Calibration
    ) -> Estimate:
        """Denoised images from the images without their margin and the mean of the answers over the orientations."""

    def describe(self) -> dict[str, Any]:
        """Return what is to be saved of the model besides architecture, weights and `variance_scale`, of JSON types."""
        return {}

    def predict(
        self,
        images: NDArray[np.float32],
        correlation: NDArray[np.floating],
        calibration: Calibration | None = None,
        *,
        n_orientations: int = 1,
    ) -> Estimate:
        """Denoise images of unit noise.

        Parameters
        ----------
        images : ndarray of float32, shape (n, ny + 2 margin, nx + 2 margin)
            Stabilized images with a margin of `margin` pixels; ny and nx multiples of the architecture's stride.
        correlation : ndarray, shape (2 k + 1, 2 k + 1)
            Correlation of their noise.
        calibration : optional
            What their frame teaches; `uncalibrated` by default.
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
        RuntimeError
            The process was forked from one that had run a network.
        """
        calibration = self.uncalibrated if calibration is None else calibration
        answers = (self.answers(images, correlation, calibration, orientation=k) for k in range(n_orientations))
        return self.estimated(images, mean_answers(answers), calibration)

    def answers(
        self,
        images: NDArray[np.float32],
        correlation: NDArray[np.floating],
        calibration: Calibration,
        *,
        orientation: int = 0,
    ) -> Answers:
        """What the network says of images in one orientation: `estimated` makes denoised ones of the mean of several.

        Parameters
        ----------
        images, correlation, calibration
            As for `predict`; of the calibration, how the network is run.
        orientation : int, optional
            One of the eight flips and rotations.
        """
        claim_process()
        answers = self._answer(turned(images, orientation), correlation, calibration)
        return tuple(turned_back(answer, orientation) for answer in answers)

    def estimated(self, images: NDArray[np.float32], answers: Answers, calibration: Calibration) -> Estimate:
        """Denoised images from `answers`, or from a mean of them; all of the calibration counts.

        Parameters
        ----------
        images, answers, calibration
            As given to `answers`, and as given by it.
        """
        return self._estimate_from(self._without_margin(images), answers, calibration)

    def _without_margin(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        inner = slice(self.margin, -self.margin or None)
        return images[:, inner, inner]

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Copies of the weights, in the network's order."""
        claim_process()
        return [np.array(weight) for weight in self.network.get_weights()]

    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the weights."""
        return fingerprint_of(self.get_weights())


def mean_answers(answers: Iterable[Answers]) -> Answers:
    """Return the mean of the answers of several orientations."""
    total, n = None, 0
    for n, answer in enumerate(answers, start=1):  # noqa: B007 - how many there were
        total = answer if total is None else tuple(a + b for a, b in zip(total, answer, strict=True))
    assert total is not None
    return tuple(each / np.float32(n) for each in total)


def turned(images: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """One of the eight orientations of images of shape (n, ny, nx)."""
    flipped = images[:, :, ::-1] if orientation >= 4 else images
    return np.rot90(flipped, orientation % 4, axes=(1, 2))


def turned_back(images: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """Take `turned` back."""
    upright = np.rot90(images, -(orientation % 4), axes=(1, 2))
    return upright[:, :, ::-1] if orientation >= 4 else upright
