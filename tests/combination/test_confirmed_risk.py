"""The error that exposures tell of a denoised co-add, against known truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from astropy.nddata import StdDevUncertainty
from scipy import ndimage

from amsd_astro import Frame, NoiseModel
from amsd_astro.combination.confirmed_risk import ConfirmedRisk, confirm_risk, roles_of_parts

SHAPE = (256, 256)
SIGMA, SKY = 6.0, 300.0


def scene() -> np.ndarray:
    rng = np.random.default_rng(0)
    points = np.zeros(SHAPE)
    points[tuple(rng.integers(0, 256, (2, 150)))] = 10 ** rng.uniform(2, 4, 150)
    return SKY + ndimage.gaussian_filter(points, 1.6)


def exposures(n: int, *, seed: int = 1) -> np.ndarray:
    """Exposures of the scene, each with a sky of its own slope."""
    rng = np.random.default_rng(seed)
    slope = np.linspace(-0.2, 0.2, SHAPE[0])[:, None]
    return np.stack([scene() + rng.normal(0, SIGMA, SHAPE) + k % 3 * slope for k in range(n)])


def parts(stack: np.ndarray, *, stated: float = SIGMA, n_rotations: int = 2) -> list[tuple[Frame, Frame, Frame]]:
    def mean(members: tuple[int, ...]) -> Frame:
        noise = NoiseModel(0.0, stated**2 / len(members), SKY)
        return Frame(stack[list(members)].mean(axis=0).astype(np.float32), noise=noise)

    roles = roles_of_parts([1.0] * len(stack), n_rotations=n_rotations)
    return [(mean(one.denoised), mean(one.first), mean(one.second)) for one in roles]


def smoothing(claimed: float) -> Callable[[Frame], Frame]:
    """A denoiser that smooths a little, whose sigma map claims a share of the part's noise."""

    def denoise(part: Frame) -> Frame:
        assert part.noise is not None
        sigma = np.full(SHAPE, claimed * SIGMA / 2**0.5)  # of the means of two in eight
        return Frame(ndimage.gaussian_filter(np.asarray(part.data), 0.7), uncertainty=StdDevUncertainty(sigma))

    return denoise


def true_ratio(stack: np.ndarray, claimed: float, stated: float) -> float:
    """Mean squared error of the smoothed parts where light is faint, over what is claimed."""
    errors = []
    for part, _, _ in parts(stack):
        made = ndimage.gaussian_filter(np.asarray(part.data, float), 0.7)
        faint = np.abs(ndimage.gaussian_filter(made - SKY, 1.0)) < 5 * stated / 2**0.5
        errors.append(np.mean(((made - scene())[faint]) ** 2))
    return float(np.mean(errors)) / (claimed * SIGMA / 2**0.5) ** 2


@pytest.mark.parametrize("claimed", [0.2, 0.4, 0.8])
@pytest.mark.parametrize("stated", [SIGMA, 0.7 * SIGMA])
def test_the_error_is_found_whatever_noise_is_stated(claimed: float, stated: float) -> None:
    stack = exposures(8)
    found = confirm_risk(parts(stack, stated=stated), smoothing(claimed)).strata["all"]
    assert found.ratio_error < 0.1 * found.ratio
    assert found.ratio == pytest.approx(true_ratio(stack, claimed, stated), abs=3 * found.ratio_error)


def test_the_standard_error_is_that_of_repetitions() -> None:
    found = [confirm_risk(parts(exposures(4, seed=k)), smoothing(0.4)).strata["sky"] for k in range(12)]
    scatter = np.std([one.value for one in found], ddof=1)
    assert np.mean([one.value_error for one in found]) == pytest.approx(scatter, rel=0.6)


def test_the_factor_brings_the_map_to_the_error_where_that_is_known() -> None:
    known = confirm_risk(parts(exposures(8)), smoothing(0.4))
    assert known.factor == pytest.approx(known.strata["all"].ratio, rel=0.1)
    assert 0 < known.factor_error < 0.2


def test_nothing_known_changes_nothing() -> None:
    nothing = ConfirmedRisk({})
    assert (nothing.factor, nothing.factor_error) == (1.0, 0.4)
    small = [tuple(Frame(np.asarray(one.data)[:16, :16], noise=one.noise) for one in parts(exposures(4))[0])]

    def unchanged(part: Frame) -> Frame:
        return Frame(np.asarray(part.data), uncertainty=StdDevUncertainty(np.ones(part.data.shape)))

    assert confirm_risk(small, unchanged).strata == {}  # type: ignore[arg-type]


def test_bad_pixels_of_any_part_do_not_count() -> None:
    stack = exposures(4)
    clean = confirm_risk(parts(stack), smoothing(0.4))
    triples = parts(stack)
    for number in range(3):
        data = np.array(triples[0][number].data)
        mask = np.zeros(SHAPE, bool)
        mask[40 * number : 40 * number + 12, 30:60] = True
        data[mask] = 1e6 if number else SKY
        spoiled = list(triples[0])
        spoiled[number] = Frame(data, mask=mask, noise=triples[0][number].noise)
        triples[0] = (spoiled[0], spoiled[1], spoiled[2])
    spoiled_risk = confirm_risk(triples, smoothing(0.4))
    assert spoiled_risk.strata["all"].n_pixels < clean.strata["all"].n_pixels
    assert spoiled_risk.strata["all"].value == pytest.approx(clean.strata["all"].value, rel=0.1)


def test_cards_tell_values_with_their_errors() -> None:
    risk = confirm_risk(parts(exposures(8)), smoothing(0.4))
    cards = risk.cards()
    assert {"AMSDXSKY", "AMSDXSKE", "AMSDXALL", "AMSDXALE", "AMSDXFAC", "AMSDXFAE"} <= set(cards)
    assert cards["AMSDXALL"][0] == pytest.approx(risk.strata["all"].value, abs=1e-5)
    assert all(len(key) == 8 and len(comment) <= 50 for key, (_, comment) in cards.items())


@pytest.mark.parametrize("n", [4, 5, 8, 16])
def test_parts_are_disjoint_and_a_quarter_is_denoised(n: int) -> None:
    weights = np.random.default_rng(n).uniform(0.8, 1.25, n)
    roles = roles_of_parts(list(weights / weights.sum()), n_rotations=2)
    assert len(roles) == 2
    assert not set(roles[0].denoised) & set(roles[1].denoised)
    for one in roles:
        assert sorted((*one.denoised, *one.first, *one.second)) == list(range(n))
        assert min(map(len, (one.denoised, one.first, one.second))) >= 1
        assert len(one.denoised) in (n // 4, -(-n // 4))
        assert abs(len(one.first) - len(one.second)) <= 1


def test_fewer_than_four_exposures_tell_nothing() -> None:
    with pytest.raises(ValueError, match="4 exposures or more"):
        roles_of_parts([1.0, 1.0, 1.0])
