"""Backgrounds that differ are brought to the reference's; where only noise differs, next to nothing is taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_exposures import Shot, made_exposures

from amsd_astro import Frame
from amsd_astro.exposures.coaddition import align, mean_of
from amsd_astro.exposures.coaddition.aligned_stack import bring_together
from amsd_astro.exposures.coaddition.background_match import match_backgrounds, measure_difference


def tilted(made, number: int, gradient: np.ndarray):
    """An exposure under moonlight."""
    frame = made.exposures[number].load()
    brighter = Frame(np.asarray(frame.data) + gradient.astype(np.float32), mask=frame.mask)
    made.exposures[number] = replace(made.exposures[number], load=lambda: brighter)


def test_a_gradient_of_one_exposure_is_not_in_the_mean() -> None:
    made, plain = (made_exposures([Shot(), Shot(), Shot()]) for _ in range(2))
    shape = made.exposures[0].shape
    y, x = np.mgrid[: shape[0], : shape[1]]
    gradient = 60.0 * (x / shape[1] - 0.5) + 30.0 * (y / shape[0]) ** 2
    tilted(made, 1, gradient)
    change = mean_of(align(*made.arguments)).data - mean_of(align(*plain.arguments)).data
    inner = np.isfinite(change)
    inner[:32] = inner[-32:] = inner[:, :32] = inner[:, -32:] = False
    slope = np.polyfit(x[inner], change[inner], 1)[0] * shape[1]
    assert abs(slope) < 2.0  # of 20, a third of 60


def test_noise_alone_changes_next_to_nothing() -> None:
    made = made_exposures([Shot(), Shot()])
    stack = bring_together(*made.arguments)
    found = measure_difference(stack, 1, 0)
    assert found is not None
    noise = np.sqrt(made.exposures[0].noise.sky_variance)
    assert np.abs(found.cells - np.median(found.cells)).max() < 0.05 * noise
    assert np.median(found.cells) == pytest.approx(0.0, abs=0.05 * noise)


def test_the_seeing_is_no_background() -> None:
    """Wide wings of many stars: half of the pixels have more light than in sharper exposures, the sky has none."""
    made = made_exposures([Shot(fwhm=2.6), Shot(fwhm=5.2)])
    stack = bring_together(*made.arguments)
    before = stack.values.read(1)
    match_backgrounds(stack, 0)
    taken = before - stack.values.read(1)
    noise = np.sqrt(made.exposures[0].noise.sky_variance)
    assert np.nanmean(np.abs(taken)) < 0.1 * noise
