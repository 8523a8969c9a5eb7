"""Noise models that are refuted by what they leave give way to others, to two at most."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from amsd_astro import Frame, NoiseModel
from amsd_astro.denoiser.credible_noise import calibrate_credibly
from amsd_astro.denoiser.preparation import Prepared, prepare, with_noise
from amsd_astro.errors import AmsdWarning
from amsd_astro.frames.other_noises import other_noises
from benchmarks.scenes.structured_frames import structured_frame

pytestmark = pytest.mark.filterwarnings("ignore:no sky is empty")


@pytest.fixture(scope="module")
def crowded() -> Prepared:
    """A crowded frame, its noise right."""
    return prepare(structured_frame("crowded", "header", 3).frame, None, seed=0)


def _times(prepared: Prepared, factor: float) -> Prepared:
    noise = prepared.noise
    wrong = NoiseModel(noise.slope, factor * noise.sky_variance - noise.slope * noise.sky, noise.sky, source="data")
    return with_noise(prepared, wrong, seed=0)


class _Calibrate:
    """Finds a risk by the variance of the sky: of the right one 0.1, of more less than none, of less more than all."""

    def __init__(self, right: float, *, never: bool = False) -> None:
        self.right, self.never, self.seen = right, never, []

    def __call__(self, prepared: Prepared, trained: Any) -> Any:
        ratio = prepared.noise.sky_variance / self.right
        self.seen.append(ratio)
        value = 0.1 if 0.7 < ratio < 1.4 and not self.never else -0.5 if ratio > 1 else 1.8
        return SimpleNamespace(risk=SimpleNamespace(value=value, error=0.01, noise=1.0))


def test_a_model_that_is_not_refuted_stays(crowded: Prepared) -> None:
    calibrate = _Calibrate(crowded.noise.sky_variance)
    prepared, _, n_tried = calibrate_credibly(calibrate, crowded, None, seed=0)
    assert prepared is crowded and n_tried == 1 and len(calibrate.seen) == 1


def test_too_much_noise_gives_way_to_that_of_the_calmest_blocks(crowded: Prepared) -> None:
    calibrate = _Calibrate(crowded.noise.sky_variance)
    with pytest.warns(AmsdWarning, match=r"found first, .* is refuted by the estimated error \(-0\.500 \+- 0\.010"):
        prepared, found, n_tried = calibrate_credibly(calibrate, _times(crowded, 4), None, seed=0)
    assert n_tried == 2 and found.risk.value == 0.1
    assert prepared.noise.sky_variance == pytest.approx(crowded.noise.sky_variance, rel=0.3)
    np.testing.assert_allclose(
        prepared.values, prepared.noise.stabilizer().forward(crowded.frame.data), rtol=1e-5, atol=1e-5
    )


def test_too_little_noise_gives_way_to_what_the_sky_shows() -> None:
    frame = Frame(np.random.default_rng(0).normal(50, 7, (200, 210)))
    right = prepare(frame, None, seed=0)
    with pytest.warns(AmsdWarning, match="is refuted"):
        prepared, _, n_tried = calibrate_credibly(_Calibrate(49.0), _times(right, 0.2), None, seed=0)
    assert n_tried == 2 and np.sqrt(prepared.noise.sky_variance) == pytest.approx(7, rel=0.03)


def test_where_all_are_refuted_the_least_is_taken(crowded: Prepared) -> None:
    calibrate = _Calibrate(0.01 * crowded.noise.sky_variance, never=True)
    prepared, _, n_tried = calibrate_credibly(calibrate, _times(crowded, 4), None, seed=0)
    assert n_tried == len(calibrate.seen) <= 3
    assert prepared.noise.sky_variance == pytest.approx(min(calibrate.seen) * 0.01 * crowded.noise.sky_variance)


def test_what_the_caller_gave_as_a_whole_stays(crowded: Prepared) -> None:
    frame = Frame(np.random.default_rng(0).normal(50, 7, (200, 210)))
    with pytest.warns(AmsdWarning, match="states .* times the variance"):
        given = prepare(frame, NoiseModel(0.0, 400.0, sky=50.0), seed=0)
    prepared, _, n_tried = calibrate_credibly(_Calibrate(49.0), given, None, seed=0)
    assert prepared is given and n_tried == 1


def test_a_map_keeps_its_pattern(crowded: Prepared) -> None:
    noise = crowded.noise
    shape = np.linspace(0.5, 2, crowded.frame.data.size).reshape(crowded.frame.data.shape)
    floor = 4 * noise.sky_variance * shape - noise.slope * noise.sky
    used = NoiseModel(noise.slope, floor, noise.sky, 4 * noise.sky_variance, source="variance plane")
    other = next(other_noises(crowded.frame, used, is_too_high=True))
    np.testing.assert_allclose(other.floor / floor, other.sky_variance / used.sky_variance)
    assert other.sky_variance == pytest.approx(noise.sky_variance, rel=0.3)
