"""What a validation could not test is told, and leaves the verdict open; halos and faint spots are judged."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from validation_frames import Simulated, empty

from amsd_astro import Denoiser, Frame, read_frame, validate
from amsd_astro.simulation import MoffatPsf
from amsd_astro.validation.limits import checked_limits, held
from amsd_astro.validation.measures.light.coverage import Coverage, measure_coverage
from amsd_astro.validation.measures.light.extended import measure_extended_light
from amsd_astro.validation.measures.light.taken import measure_taken_light, where_taken
from amsd_astro.validation.measures.psf import MeasuredPsf
from amsd_astro.validation.measures.sky_map import SkyMap
from amsd_astro.validation.parts import Check
from amsd_astro.validation.report.report import Report
from amsd_astro.validation.scope import scope_checks, stated_photon_noise, untested_in_words

DATA = Path(__file__).parent.parent.parent / "data_samples"
Y, X = np.mgrid[:256, :256]


def mapped(data: NDArray[np.floating], sources: NDArray[np.bool_], level: float = 100.0) -> SkyMap:
    none = np.zeros(sources.shape, bool)
    return SkyMap(np.full(sources.shape, level), np.zeros(sources.shape, np.float32), sources, none)


def disc(y: float, x: float, radius: float) -> NDArray[np.bool_]:
    return np.asarray(np.hypot(Y - y, X - x) <= radius)


def test_a_crowd_is_untested_and_isolated_sources_are_not() -> None:
    alone = disc(40, 40, 9) | disc(40, 120, 9) | disc(200, 60, 14)  # up to five FWHM
    crowd = disc(160, 170, 60)
    frame = Frame(np.where(alone | crowd, 200.0, 100.0).astype(np.float32))
    found = measure_coverage(frame, mapped(frame.data, alone | crowd), fwhm=3.0)
    true = disc(160, 170, 60 - 20).sum()  # where nine tenths of the square are within, about
    assert found.frame == pytest.approx(true / crowd.size, rel=0.25)
    assert found.light == pytest.approx(found.frame * crowd.size / (alone | crowd).sum(), rel=1e-6)
    assert (found.y, found.x) == pytest.approx((160, 170), abs=1)
    none = measure_coverage(frame, mapped(frame.data, alone), fwhm=3.0)
    assert none.frame == none.light == 0 and math.isnan(none.y)


def scope(*, light: float = 0.0, source: str = "stars", photon_noise: float = math.nan) -> tuple[Report, list[str]]:
    psf = MeasuredPsf(np.ones((1, 1)), 3.0, 0.0, 9 if source == "stars" else 0, source, MoffatPsf(3.0, beta=3.0))
    measured = SimpleNamespace(coverage=Coverage(0.12, light, light, 9.0, 19.0), extended=SimpleNamespace(change=0.0))  # type: ignore[var-annotated]
    doubts = scope_checks(measured, psf, photon_noise)  # type: ignore[arg-type]
    fine = Check("flux_bright", "Flux", 0.0, 0.1)
    said = untested_in_words(measured, psf)  # type: ignore[arg-type]
    return Report("r", checks=[held(one, checked_limits(None)) for one in (fine, *doubts)], untested=said), said


def test_what_was_not_tested_is_said_and_leaves_the_verdict_open() -> None:
    report, said = scope()
    assert report.passed and said == []
    report, said = scope(light=0.3)
    assert report.passed and "12 % of the frame and 30 % of the light" in report.summary[-1] and "x 20, y 10" in said[0]
    for options, words in (
        ({"light": 0.6}, "they tell nothing of 60 %, allowed at most 50 %"),
        ({"source": "assumed"}, "The PSF should be measured on stars"),
        ({"photon_noise": 10.0}, "stated over shown: 10, allowed 0.5 to 2"),
        ({"photon_noise": 0.1}, "stated over shown: 0.1,"),
    ):
        report, said = scope(**options)  # type: ignore[arg-type]
        assert report.verdict == "inconclusive" and report.failures == () and words in " ".join(report.summary)
    assert scope(source="stated")[0].passed and "assumed" in scope(source="assumed")[1][0]


def test_a_gain_that_the_header_contradicts_is_seen(field: Simulated) -> None:
    frame = Frame(field.frame.data[:128, :128], unit="adu", header={"GAIN": 2.0, "RDNOISE": 5.0})
    for times in (1.0, 10.0):
        stated = {"gain": 2.0 / times, "read_noise": None}
        ratio = stated_photon_noise(frame, frame_noise(frame, stated), stated)
        assert ratio == pytest.approx(times, rel=0.25)
    assert math.isnan(stated_photon_noise(frame, field.noise, None))


def frame_noise(frame: Frame, stated: dict[str, float | None]):  # type: ignore[no-untyped-def]
    from amsd_astro.frames.noise import measure_noise

    return measure_noise(frame, stated=stated)


@pytest.mark.parametrize("kept", [1.0, 0.8])
def test_a_halo_that_is_taken_is_measured(kept: float) -> None:
    blank = empty((256, 256), seed=3)
    sigma, level = math.sqrt(blank.noise.sky_variance), blank.noise.sky
    halo = 2 * sigma / (1 + ((Y - 128) ** 2 + (X - 128) ** 2) / 60**2) ** 2
    frame, denoised = (Frame((part).astype(np.float32)) for part in (blank.frame.data + halo, level + kept * halo))
    found = measure_extended_light(
        frame, denoised, blank.noise, sky=mapped(frame.data, np.zeros(halo.shape, bool), level)
    )
    assert found.change == pytest.approx(kept - 1, abs=3 * found.error) and found.error < 0.02 and found.n_cells > 50
    flat = measure_extended_light(blank.frame, blank.frame, blank.noise, sky=mapped(frame.data, halo < 0, level))
    assert math.isnan(flat.change)


def test_where_faint_light_was_taken_is_told() -> None:
    """Spots lose a fifth, a large object nothing; then the object alone loses."""
    blank = empty((256, 256), seed=4)
    sigma, level = math.sqrt(blank.noise.sky_variance), blank.noise.sky
    spots = np.zeros(Y.shape)
    spots[8:120:8, 8:250:8] = 8 * sigma
    large = np.where(disc(190, 100, 40), 5 * sigma, 0.0)
    frame = Frame((blank.frame.data + spots + large).astype(np.float32))
    sky = mapped(frame.data, spots + large > 0, level)
    for of_spots, of_large in ((0.2, 0.0), (0.0, 0.2)):
        after = Frame((level + (1 - of_spots) * spots + (1 - of_large) * large).astype(np.float32))
        parts = measure_taken_light(frame, after, blank.noise, sky=sky)
        lost = [part.share for part in parts[:3:2]]
        expected = [of_spots / (1 - of_spots), of_large / (1 - of_large)]
        assert lost == pytest.approx(expected, abs=4 * max(part.error for part in parts[:3:2]))
        words = where_taken(parts)
        assert "taken from spots of up to 20 pixels" in words if of_spots else "around x 101, y 191" in words


@pytest.mark.slow
def test_a_cut_without_sky_is_left_open_and_doubts_no_noise_that_nobody_gave(recwarn: pytest.WarningsRecorder) -> None:
    report = validate(read_frame(DATA / "large_galaxy_1.fits")[176:336, 176:336], denoiser=Denoiser(steps=0))
    assert report.verdict == "inconclusive" and len(report.untested) == 3
    assert not [one for one in recwarn if "noise model states" in str(one.message)]
    assert not [one for one in report.checks if one.name.startswith("flux") and one.passed]


@pytest.mark.slow
def test_a_gain_ten_times_too_large_does_not_pass() -> None:
    report = validate(DATA / "galaxy_field_1.fits", denoiser=Denoiser(steps=0), noise={"gain": 16.0})
    (ratio,) = [check.value for check in report.checks if check.name == "photon_noise"]
    assert report.verdict == "inconclusive" and ratio < 0.2
