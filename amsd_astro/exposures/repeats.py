"""Exposures of one field as training on repeats takes them: each with what the others show on its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from amsd_astro.arrays.blocks import bad_pixels
from amsd_astro.arrays.scratch import new_array
from amsd_astro.exposures.coaddition import AlignedStack
from amsd_astro.exposures.exposure import Exposure
from amsd_astro.exposures.other_exposures import Others, others_of_each
from amsd_astro.network.repeats.frame import RepeatFrame, SceneBlock
from amsd_astro.network.risk import hold_out
from amsd_astro.network.training_frame import TrainingFrame
from amsd_astro.noise.stabilization import Stabilizer

__all__ = ["repeat_frames"]

_LEVEL = 24.0  # pixels: differences of the sky that are smoother say nothing of denoising
_FAINT, _CLIPPED = 3.0, 15.0  # sigma of the sky, up to which light and differences tell its level
_BRIGHT, _MANY, _USUAL = 20.0, 200, 0.1  # noise units and pixels that show what seeing makes, and what it mostly does
_MEDIAN = 0.4549  # of the square of a unit normal
_REACH = 6  # pixels around what is held out: of kernels and of correlated noise
_FEWEST_PARTS = 6
_JUDGED_ONLY = 8  # exposures, of which one is judged and not learned from
_MOST_BLOCKS = 48


def repeat_frames(
    stack: AlignedStack, exposures: Sequence[Exposure], learned: Sequence[TrainingFrame], *, held_out: float, seed: int
) -> list[RepeatFrame]:
    """Let exposures be each other's targets.

    Parts of the field are held out in all exposures, and of eight exposures or more one in eight is not learned from
    at all.

    Parameters
    ----------
    stack : AlignedStack
        The exposures brought together.
    exposures : sequence of Exposure
        Those of the stack.
    learned : sequence of TrainingFrame
        The same exposures in noise units, by the noise that `exposures` tell.
    held_out : float
        Share of the field.
    seed : int
        Of its choice.
    """
    parts = _parts(stack, held_out, seed)
    judged = range(_JUDGED_ONLY // 2, len(exposures), _JUDGED_ONLY) if len(exposures) >= _JUDGED_ONLY else ()
    frames = [
        _repeat_frame(stack, i, exposure, frame, others, parts, is_learned=i not in judged)
        for i, (exposure, frame, others) in enumerate(zip(exposures, learned, others_of_each(stack), strict=True))
    ]
    return _with_fewer_blocks(frames)


def _parts(stack: AlignedStack, share: float, seed: int) -> list[tuple[int, int, int]]:
    """Parts of the reference that are held out: more than usual where they would be few."""
    n_seen = np.zeros(stack.shape, np.uint16)
    for i in range(len(stack.placements)):
        n_seen += np.isfinite(stack.values.read(i))
    mask = n_seen < 0.75 * len(stack.placements)
    for fraction in (share, 2 * share):
        parts = hold_out(mask, fraction=fraction, seed=seed)
        if len(parts) >= _FEWEST_PARTS:
            break
    return parts


def _repeat_frame(
    stack: AlignedStack,
    i: int,
    exposure: Exposure,
    frame: TrainingFrame,
    others: Others,
    parts: Sequence[tuple[int, int, int]],
    *,
    is_learned: bool,
) -> RepeatFrame:
    loaded = exposure.load()
    data, noise = np.asarray(loaded.data), exposure.noise
    light = np.where(bad_pixels(data, loaded.mask), np.nan, data - noise.sky).astype(np.float32)
    stabilizer, sigma = noise.stabilizer(), float(np.sqrt(noise.sky_variance))
    planes: NDArray[np.float32] = new_array((3, *light.shape), np.float32)
    bad = frame.mask.copy()
    for k, (plane, share) in enumerate(zip((others.mean, *others.halves), others.variances, strict=True)):
        bad |= np.isnan(plane)
        planes[k] = _expected(stabilizer, noise.sky, _levelled(plane, light, sigma), share)
    held_out, blocks = _held_out(stack, i, exposure.shape, parts)
    alike = _unlikeness(frame.values, planes[0], bad)
    return RepeatFrame(
        frame.values, bad, frame.correlation, planes[0], planes[1:], held_out, blocks, alike, is_learned=is_learned
    )


def _levelled(plane: NDArray[np.float32], light: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """What the others show with the sky of the exposure: what is smooth of the difference is added; 0 where unknown."""
    known = np.nan_to_num(plane)
    difference = light - plane
    counts = np.isfinite(difference) & (ndimage.gaussian_filter(known, 1.0) < _FAINT * sigma)
    for _ in range(2):  # means with the tails of warm pixels in them: the network is to keep the sum of the light
        counts &= np.abs(difference) < _CLIPPED * sigma
        share = ndimage.gaussian_filter(counts.astype(np.float32), _LEVEL)
        level = ndimage.gaussian_filter(np.where(counts, light - plane, np.float32(0)), _LEVEL)
        level /= np.maximum(share, np.float32(1e-3))
        difference = light - plane - level
    return known + level


def _expected(stabilizer: Stabilizer, sky: float, light: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """The stabilized value that is expected where a mean shows some light.

    The transform is concave: that of a noisy mean lies below, on average, by its variance times half the curvature.
    """
    values = stabilizer.expected(light + sky)
    if stabilizer.slope > 0:
        values += (stabilizer.slope * share / 4 / stabilizer.derivative(values)).astype(np.float32)
    return values


def _held_out(
    stack: AlignedStack, i: int, shape: tuple[int, int], parts: Sequence[tuple[int, int, int]]
) -> tuple[NDArray[np.bool_], list[SceneBlock]]:
    """Where an exposure shows what is held out, and the squares in it that lie about there."""
    grid = stack.placements[i].grid
    x, y = grid.to_reference(*np.meshgrid(np.arange(shape[1], dtype=float), np.arange(shape[0], dtype=float)))
    held_out = np.zeros(shape, bool)
    blocks = []
    for scene, (top, left, side) in enumerate(parts):
        middle_x, middle_y, reach = left + (side - 1) / 2, top + (side - 1) / 2, side / 2 + _REACH
        held_out |= (np.abs(y - middle_y) < reach) & (np.abs(x - middle_x) < reach)
        at_x, at_y = (round(float(one) - (side - 1) / 2) for one in grid.to_exposure(middle_x, middle_y))
        if 0 <= at_y <= shape[0] - side and 0 <= at_x <= shape[1] - side:
            blocks.append(SceneBlock(at_y, at_x, side, scene))
    return held_out, blocks


def _with_fewer_blocks(frames: Sequence[RepeatFrame]) -> list[RepeatFrame]:
    """Leave out blocks of some exposures, last of those that are not learned from: enough are enough."""
    order = sorted(range(len(frames)), key=lambda i: (frames[i].is_learned, i % 4, i))
    kept, n_blocks = list(frames), 0
    for i in order:
        if n_blocks >= _MOST_BLOCKS:
            kept[i] = replace(kept[i], blocks=())
        n_blocks += len(kept[i].blocks)
    return kept


def _unlikeness(values: NDArray[np.float32], target: NDArray[np.float32], bad: NDArray[np.bool_]) -> float:
    """Typical difference of bright light from that in the others, as a share of it."""
    bright = ~bad & (target > _BRIGHT)
    if np.count_nonzero(bright) < _MANY:
        return _USUAL
    squared = (values[bright] - target[bright]) ** 2 / _MEDIAN - 1
    return float(np.sqrt(max(np.median(squared / target[bright] ** 2), 0.0)))
