"""The 1-sigma map against a truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.nddata import CCDData, StdDevUncertainty, VarianceUncertainty

from amsd_astro.frames import Frame
from amsd_astro.noise.model import NoiseModel
from amsd_astro.plotting import plot_calibration
from amsd_astro.plotting.strata import NOMINAL, STRATA, coverage, strata_of

SKY, SIGMA = 100.0, 5.0


def result_of(factors: tuple[float, float, float, float], *, noise: bool = True) -> tuple[Frame, np.ndarray]:
    """Make a denoised frame, a quarter of it in each stratum, whose errors are so many times its 1-sigma map."""
    rng = np.random.default_rng(8)
    shape = (40, 200)
    snr = np.repeat([0.0, 0.5, 3.0, 20.0], 50) * np.ones((40, 1))
    truth = SKY + SIGMA * snr
    error = np.repeat(factors, 50) * rng.normal(size=shape)
    model = NoiseModel(0.0, SIGMA**2, SKY, SIGMA**2) if noise else None
    uncertainty = StdDevUncertainty(np.full(shape, 2.0), unit="adu")
    return Frame(truth + 2 * error, uncertainty=uncertainty, unit="adu", noise=model), truth


def test_each_stratum_has_its_width() -> None:
    factors = (1.0, 0.5, 2.0, 1.3)
    every, *strata = strata_of(*result_of(factors), None)
    assert every.name == "all" and every.z.size == 8000
    assert [one.name for one in strata] == [name for name, _, _ in STRATA]
    assert [one.z.size for one in strata] == [2000] * 4
    for one, factor in zip(strata, factors, strict=True):
        assert one.width == pytest.approx(factor, rel=0.06)
        assert one.core_width == pytest.approx(factor, rel=0.08)


def test_photon_noise_counts_for_the_stratum() -> None:
    result, truth = result_of((1, 1, 1, 1))
    result.noise = NoiseModel(1000.0, SIGMA**2 - 1000 * SKY, SKY, SIGMA**2)  # 20 sigma of the sky are under 1 here
    assert [one.z.size for one in strata_of(result, truth, None)[1:]] == [4000, 4000, 0, 0]


def test_recorded_noise_makes_strata_too() -> None:
    result, truth = result_of((1, 1, 1, 1), noise=False)
    assert [one.name for one in strata_of(result, truth, None)] == ["all"]
    result.header.update({"AMSDVERS": "1", "AMSDSLOP": 0.0, "AMSDFLOR": 25.0, "AMSDSKY": 100.0, "AMSDNOIS": 5.0})
    assert [one.z.size for one in strata_of(result, truth, None)[1:]] == [2000] * 4


def test_coverage_is_nominal_for_a_right_map_and_larger_for_a_cautious_one() -> None:
    z = np.random.default_rng(9).normal(size=100_000)
    assert np.allclose(coverage(z), NOMINAL, atol=0.006)
    middle = np.argmin(np.abs(NOMINAL - 0.683))
    assert coverage(z / 2)[middle] == pytest.approx(0.954, abs=0.01)
    assert coverage(z * 2)[middle] == pytest.approx(0.383, abs=0.01)


def test_the_figure_shows_histograms_widths_and_coverage() -> None:
    figure = plot_calibration(*result_of((1, 1, 1, 1)))
    histogram, widths, covered = figure.axes
    steps = [patch.get_data() for patch in histogram.patches]
    assert len(steps) == 5
    for values, edges, _ in steps:
        assert np.sum(values * np.diff(edges)) == pytest.approx(1, abs=1e-9)
    assert np.allclose([float(text.get_text()) for text in widths.texts], 1, atol=0.06)
    assert len(widths.texts) == 5
    assert [text.get_text() for text in widths.get_xticklabels()][1:] == [f"{name}\n2000" for name, _, _ in STRATA]
    names = [text.get_text() for text in covered.get_legend().get_texts()]
    assert names == ["as it should be", "all", *(name for name, _, _ in STRATA)]
    shown = [tuple(line.get_ydata()) for line in covered.lines[1:]]
    assert np.allclose(shown, NOMINAL, atol=0.05)


def test_strata_of_few_pixels_are_not_judged() -> None:
    result, truth = result_of((1, 1, 1, 1))
    result.mask[:, 100:190] = True
    figure = plot_calibration(result, truth)
    assert len(figure.axes[0].patches) == 3  # all, and the first two
    labels = [text.get_text() for text in figure.axes[1].get_xticklabels()]
    assert labels[3:] == ["1-5\n0 (few)", "> 5\n400 (few)"]


def test_bad_pixels_are_left_out() -> None:
    result, truth = result_of((1, 1, 1, 1))
    result.mask[0], result.data[1], truth[2, :10] = True, np.nan, np.nan
    result.uncertainty.array[3] = 0
    every = strata_of(result, truth, None)[0]
    assert every.z.size == 8000 - 3 * 200 - 10
    assert np.abs(every.z).max() < 6


def test_z_may_be_given_with_its_signal_to_noise() -> None:
    z = np.random.default_rng(1).normal(size=(50, 60))
    assert [one.z.size for one in strata_of(z, None, None)] == [3000]
    assert [one.z.size for one in strata_of(z, None, np.full((50, 60), 2.0))] == [3000, 0, 0, 3000, 0]
    assert len(plot_calibration(z, snr=np.zeros((50, 60))).axes) == 3


def test_truth_may_have_a_unit() -> None:
    result, truth = result_of((1, 1, 1, 1))
    wanted = strata_of(result, truth, None)[0].z
    for given in (truth * u.adu, CCDData(truth, unit="adu"), Frame(truth / 1000, unit=u.Unit("1000 adu"))):
        assert np.allclose(strata_of(result, given, None)[0].z, wanted)
    with pytest.raises(u.UnitConversionError):
        strata_of(result, truth * u.Jy, None)


def test_an_uncertainty_of_another_kind_is_understood() -> None:
    result, truth = result_of((1, 1, 1, 1))
    wanted = strata_of(result, truth, None)[0].z
    result.uncertainty = VarianceUncertainty(np.full(truth.shape, 4.0), unit=u.adu**2)
    assert np.allclose(strata_of(result, truth, None)[0].z, wanted)


def test_what_is_missing_is_told(scene: Any) -> None:
    result, truth = result_of((1, 1, 1, 1))
    with pytest.raises(ValueError, match="truth must be given"):
        plot_calibration(result)
    with pytest.raises(ValueError, match="must have an uncertainty"):
        plot_calibration(scene.before, scene.truth)
    with pytest.raises(ValueError, match=r"truth must have the shape \(40, 200\)"):
        plot_calibration(result, truth[:5])
    with pytest.raises(ValueError, match="snr must have the shape"):
        plot_calibration(np.zeros(5), snr=np.zeros(4))
    with pytest.raises(ValueError, match="truth is for a Frame"):
        plot_calibration(np.zeros(5), np.zeros(5))
