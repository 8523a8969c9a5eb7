"""What the network says of parts of a frame, as they are and moved along a probe: gains and risk are told by that.

How an average over orientations answers a probe is told by one orientation of it: each answers alike in the mean over
the pixels, and only the sums of the differences over many of them are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amsd_astro.arrays.cutouts import Cutout
from amsd_astro.arrays.mirroring import surroundings
from amsd_astro.network.amsd.frame_calibration import FrameCalibration
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.amsd.variance_curve import VarianceCurve
from amsd_astro.network.predictor import Answers, Estimate, mean_answers
from amsd_astro.network.risk import CONTEXT, STEP
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.unit_noise import UnitNoise

__all__ = ["FrameAnswers", "Look", "LookAt", "looking", "looking_by_results"]

_TINY = np.float32(1e-6)  # variance


@dataclass(frozen=True)
class Look:
    """A part of the frame with `CONTEXT` pixels around it, and more behind it: what the network makes of it.

    Attributes
    ----------
    noisy, probe : ndarray of float32, shape (ny, nx)
        The part, and the noise that it is moved along, by `STEP`.
    plain, moved : Estimate
        The answers, arrays of shape (1, ny, nx).
    """

    noisy: NDArray[np.float32]
    probe: NDArray[np.float32]
    plain: Estimate
    moved: Estimate


LookAt = Callable[[Cutout], Look]
"""Gives the look at a part of a frame."""


def looking(
    model: MultiscaleModel, frame: TrainingFrame, calibration: FrameCalibration, *, n_orientations: int, seed: int
) -> LookAt:
    """Return what looks at parts of a frame, each by itself.

    Parameters
    ----------
    model : MultiscaleModel
        The model.
    frame : TrainingFrame
        The frame.
    calibration : FrameCalibration
        What the frame has taught.
    n_orientations : int
        Orientations that are averaged.
    seed : int
        Of the probe.
    """
    rng, noise = np.random.default_rng([seed, 4]), UnitNoise(frame.correlation)

    def look(place: Cutout) -> Look:
        answers = _PartAnswers(model, frame, place, calibration, n_orientations=n_orientations)
        return answers.moved(noise.draw_mirrored(rng, *answers.index), calibration).look(calibration)

    return look


def looking_by_results(
    model: MultiscaleModel, frame: TrainingFrame, calibration: FrameCalibration, *, seed: int
) -> LookAt:
    """Return what looks at parts of a frame by the results for them, in one orientation: however these are made.

    Parameters
    ----------
    model, frame, calibration, seed
        As for `looking`.
    """
    rng, noise = np.random.default_rng([seed, 5]), UnitNoise(frame.correlation)
    inner = slice(model.margin, -model.margin or None)

    def look(place: Cutout) -> Look:
        index = _index(model, frame, place)
        images, probe = frame.values[np.ix_(*index)][None], noise.draw_mirrored(rng, *index)
        plain, moved = (
            model.predict(each, frame.correlation, calibration) for each in (images, images + np.float32(STEP) * probe)
        )
        return Look(images[0, inner, inner], probe[inner, inner], plain, moved)

    return look


def _index(model: MultiscaleModel, frame: TrainingFrame, place: Cutout) -> list[NDArray[np.intp]]:
    """Rows and columns of a part, of what the network is to see around it, and of the margin."""
    return [
        surroundings(part, side, context=CONTEXT, margin=model.margin, stride=model.architecture.stride)
        for part, side in zip(place, frame.values.shape, strict=True)
    ]


class _PartAnswers:
    """The network's answers to a part of a frame in each orientation."""

    def __init__(
        self,
        model: MultiscaleModel,
        frame: TrainingFrame,
        place: Cutout,
        calibration: FrameCalibration,
        *,
        n_orientations: int,
        after_each: Callable[[], None] | None = None,
    ) -> None:
        self.index = _index(model, frame, place)
        self.images = frame.values[np.ix_(*self.index)][None]
        self.model, self._correlation = model, frame.correlation
        made = []
        for k in range(n_orientations):
            made.append(self._answers(self.images, calibration, orientation=k))
            if after_each is not None:
                after_each()
        self._first, self._mean = made[0], mean_answers(made)

    def _answers(self, images: NDArray[np.float32], calibration: FrameCalibration, *, orientation: int = 0) -> Answers:
        return self.model.answers(images, self._correlation, calibration, orientation=orientation)

    def estimate(self, calibration: FrameCalibration) -> Estimate:
        return self.model.estimated(self.images, self._mean, calibration)

    def moved(self, probe: NDArray[np.float32], calibration: FrameCalibration) -> _MovedPart:
        """Move the part along a probe of the shape of its images."""
        images = self.images + np.float32(STEP) * probe
        values, variance = (
            mean + (moved - first)
            for mean, moved, first in zip(self._mean, self._answers(images, calibration), self._first, strict=True)
        )
        return _MovedPart(self, probe, images, (values, np.maximum(variance, _TINY)))


class _MovedPart:
    """The network's answers to a part moved along a probe, besides those to the part as it is."""

    def __init__(
        self, part: _PartAnswers, probe: NDArray[np.float32], images: NDArray[np.float32], answers: Answers
    ) -> None:
        self._part, self._probe, self._images, self._answers = part, probe, images, answers

    def look(self, calibration: FrameCalibration, *, plain: Estimate | None = None) -> Look:
        """What a calibration makes of both; ``plain`` where that of the part as it is is there already."""
        model = self._part.model
        inner = slice(model.margin, -model.margin or None)
        return Look(
            self._part.images[0, inner, inner],
            self._probe[inner, inner],
            self._part.estimate(calibration) if plain is None else plain,
            model.estimated(self._images, self._answers, calibration),
        )


class FrameAnswers:
    """The network's answers to all of a frame that is one tile: gains, risk and the result itself start from them.

    Parameters
    ----------
    model : MultiscaleModel
        The model.
    frame : TrainingFrame
        The frame.
    calibration : FrameCalibration
        By which the network is run.
    n_orientations : int
        Orientations that are averaged.
    after_each : callable, optional
        Called after each of them.
    """

    def __init__(
        self,
        model: MultiscaleModel,
        frame: TrainingFrame,
        calibration: FrameCalibration,
        *,
        n_orientations: int,
        after_each: Callable[[], None] | None = None,
    ) -> None:
        whole = (slice(0, frame.values.shape[0]), slice(0, frame.values.shape[1]))
        self._part = _PartAnswers(
            model, frame, whole, calibration, n_orientations=n_orientations, after_each=after_each
        )
        self._correlation = frame.correlation
        self._moved: _MovedPart | None = None
        self._made: tuple[FrameCalibration, Estimate] | None = None

    @property
    def images(self) -> NDArray[np.float32]:
        """What the network was asked, shape (1, ny, nx): the frame, mirrored at its edges."""
        return self._part.images

    def estimate(self, calibration: FrameCalibration) -> Estimate:
        """What `Predictor.predict` would make of `images`; kept until what is added to them changes."""
        as_told = replace(calibration, variance_scale=1.0, variance_curve=VarianceCurve())
        if self._made is None or self._made[0] != as_told:
            self._made = as_told, self._part.estimate(as_told)
        made = self._made[1]
        return replace(made, variance=self._part.model.scaled(made.variance, calibration))

    def looking(self, calibration: FrameCalibration, *, seed: int) -> LookAt:
        """Return what looks at parts of the frame: all of it is moved along one probe, and looked at once.

        Parameters
        ----------
        calibration, seed
            As for the function `looking`.
        """
        if self._moved is None:
            probe = UnitNoise(self._correlation).draw_mirrored(np.random.default_rng([seed, 4]), *self._part.index)
            self._moved = self._part.moved(probe, calibration)
        whole = self._moved.look(calibration, plain=self.estimate(calibration))

        def look(place: Cutout) -> Look:
            rows, columns = (slice(part.start, part.stop + 2 * CONTEXT) for part in place)

            def cut(made: Estimate) -> Estimate:
                return Estimate(
                    made.values[:, rows, columns], made.variance[:, rows, columns], made.bounded[:, rows, columns]
                )

            return Look(whole.noisy[rows, columns], whole.probe[rows, columns], cut(whole.plain), cut(whole.moved))

        return look

    def look(self, calibration: FrameCalibration) -> Look | None:
        """What a calibration makes of all of the frame; None where it has not been moved along a probe."""
        return None if self._moved is None else self._moved.look(calibration, plain=self.estimate(calibration))
