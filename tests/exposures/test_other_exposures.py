"""What the other exposures show on the grid of each, against known truth."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shifted_exposures import SIGMA, expose_several

from amsd_astro import Frame
from amsd_astro.exposures.coaddition.aligned_stack import bring_together
from amsd_astro.exposures.other_exposures import others_of_each

INNER = slice(25, -25), slice(25, -25)


@pytest.mark.parametrize("n", [4, 7])
def test_the_means_show_the_field_as_the_exposure_does(n: int) -> None:
    exposures, placements, truths = expose_several(n)
    stack = bring_together(exposures[0], exposures, placements)
    for truth, others in zip(truths, others_of_each(stack), strict=True):
        for plane, variance in zip((others.mean, *others.halves), others.variances, strict=True):
            error = (plane - truth)[INNER]
            assert np.isfinite(error).all()
            # resampling smooths the noise, and leaves nothing else that counts
            assert np.std(error) < 1.02 * SIGMA * np.sqrt(variance)
            assert np.std(error) > 0.4 * SIGMA * np.sqrt(variance)
            bright = truth[INNER] > 2 * SIGMA
            assert abs(error[bright].sum() / truth[INNER][bright].sum()) < 0.02


def test_the_halves_have_nothing_in_common() -> None:
    exposures, placements, truths = expose_several(6)
    stack = bring_together(exposures[0], exposures, placements)
    for truth, others in zip(truths, others_of_each(stack), strict=True):
        first, second = ((half - truth)[INNER].ravel() for half in others.halves)
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_an_exposure_has_no_part_in_what_the_others_show() -> None:
    exposures, placements, _ = expose_several(5)
    stack = bring_together(exposures[0], exposures, placements)
    before = list(others_of_each(stack))
    other = Frame(np.asarray(exposures[2].load().data) + np.random.default_rng(5).normal(0, 9, exposures[2].shape))
    exposures[2] = replace(exposures[2], load=lambda: other)
    after = list(others_of_each(bring_together(exposures[0], exposures, placements)))
    np.testing.assert_allclose(after[2].mean, before[2].mean, atol=1e-3)
    assert np.nanstd(after[0].mean - before[0].mean) > 0.5


def test_what_most_do_not_show_is_not_told() -> None:
    exposures, placements, _ = expose_several(5)
    for k in (1, 2, 3):
        frame = exposures[k].load()
        mask = np.zeros(frame.data.shape, bool)
        mask[60:140, 60:150] = True
        masked = Frame(np.asarray(frame.data), mask=mask)
        exposures[k] = replace(exposures[k], load=lambda masked=masked: masked)
    others = list(others_of_each(bring_together(exposures[0], exposures, placements)))
    assert np.isnan(others[0].mean[80:120, 80:130]).all()
    assert np.isfinite(others[0].mean[20:40, 20:40]).all()


def test_three_exposures_are_too_few() -> None:
    exposures, placements, _ = expose_several(3)
    with pytest.raises(ValueError, match="at least 4 exposures"):
        next(others_of_each(bring_together(exposures[0], exposures, placements)))
