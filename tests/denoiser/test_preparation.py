"""What is said of the noise before a frame is denoised."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

from amsd_astro.denoiser.preparation import prepare
from amsd_astro.errors import AmsdWarning
from benchmarks.scenes.structured_frames import structured_frame


def test_a_model_that_is_stated_is_not_asked_for_again() -> None:
    """Of a frame that would be told to state its noise, were none stated."""
    made = structured_frame("nebula", "nothing", 10)
    with pytest.warns(AmsdWarning, match="no sky is empty: .* Better state it"):
        prepare(made.frame, None, seed=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prepare(made.frame, made.model, seed=0)
    assert not [warning for warning in caught if "no sky is empty" in str(warning.message)]
    with pytest.warns(AmsdWarning, match=r"the noise model given states \d+\.\d\d times the variance"):
        prepare(made.frame, replace(made.model, slope=9 * made.model.slope, sky_variance=float("nan")), seed=0)
