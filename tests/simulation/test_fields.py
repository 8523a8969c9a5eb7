"""Fields: exposures have the noise of the model, and random fields are what they say."""

import itertools

import numpy as np
import pytest

from amsd_astro.simulation import (
    Detector,
    DiffractionPsf,
    GaussianPsf,
    MoffatPsf,
    SersicGalaxy,
    SpiralGalaxy,
    expose,
    make_field,
    random_field,
    star_cluster,
)


def test_truth_is_pedestal_sky_and_sources() -> None:
    detector = Detector(gain=2.0, read_noise=3.0, pedestal=500.0)
    star, galaxy = 4e5, 6e5
    field = make_field(
        (201, 201),
        GaussianPsf(3.0),
        detector,
        80.0,
        stars=([60.2], [70.9], [star]),
        galaxies=[SersicGalaxy(120.0, 120.0, galaxy, 5.0, 1.0)],
    )
    assert field.truth.dtype == np.float32
    assert field.sky == 80.0
    sources = field.truth.astype(float) - 500.0 - 40.0
    assert sources.sum() * 2.0 == pytest.approx(star + galaxy, rel=1e-3)
    np.testing.assert_allclose(field.variance, detector.variance(field.truth))


def test_the_noise_of_exposures_is_the_model_at_every_brightness() -> None:
    field = star_cluster(np.random.default_rng(11), (160, 160))
    looks = [expose(field, np.random.default_rng(seed), n_cosmic_rays=2) for seed in range(6)]
    good = ~np.any([look.mask for look in looks], axis=0)
    # Three independent pairs: the difference of two has twice the variance, whatever the truth.
    pairs = [(looks[i], looks[i + 1]) for i in (0, 2, 4)]
    scale = np.sqrt(2.0 * field.variance)
    pulls = np.stack([((a.data.astype(float) - b.data) / scale)[good] for a, b in pairs])
    errors = np.stack([((a.data - field.truth) / np.sqrt(field.variance))[good] for a in looks])
    truth = field.truth[good]
    edges = np.quantile(truth, [0.0, 0.3, 0.6, 0.85, 0.97, 1.0])
    for low, high in itertools.pairwise(edges):
        inside = (truth >= low) & (truth <= high)
        n = pulls[:, inside].size
        assert pulls[:, inside].std() == pytest.approx(1.0, abs=4.0 / np.sqrt(2.0 * n))
        assert abs(errors[:, inside].mean()) < 4.0 / np.sqrt(errors[:, inside].size)


def test_exposures_are_independent_and_repeat() -> None:
    field = make_field((100, 100), GaussianPsf(2.0), Detector(), 100.0)
    first, second = (expose(field, np.random.default_rng(seed)).data.astype(float) for seed in (0, 1))
    again = expose(field, np.random.default_rng(0)).data
    assert np.array_equal(first, again)
    correlation = np.corrcoef((first - field.truth).ravel(), (second - field.truth).ravel())[0, 1]
    assert abs(correlation) < 0.05


def test_grain_rounds_the_truth() -> None:
    field = make_field((32, 32), MoffatPsf(2.0), Detector(), 33.3, stars=([16.0], [16.0], [1e4]), grain=0.125)
    assert np.array_equal(field.truth * 8.0, np.rint(field.truth * 8.0))


def test_a_spiral_needs_a_generator() -> None:
    with pytest.raises(ValueError, match="rng must be"):
        make_field((32, 32), MoffatPsf(2.0), Detector(), 1.0, galaxies=[SpiralGalaxy(16.0, 16.0, 1.0, 3.0)])


def test_random_fields_repeat() -> None:
    first, second = (random_field(np.random.default_rng(42), (64, 48)) for _ in range(2))
    assert first.truth.shape == (64, 48)
    assert first.detector == second.detector
    assert np.array_equal(first.truth, second.truth)


def test_random_fields_are_valid_and_varied() -> None:
    fields = [random_field(np.random.default_rng(seed), (56, 56)) for seed in range(30)]
    for field in fields:
        assert np.isfinite(field.truth).all()
        assert 1.5 <= field.psf.fwhm <= 6.0
        assert 0.0 <= field.detector.read_noise <= 20.0
        # The sky is neither saturated nor clipped at zero nor lost between two whole numbers.
        noise = float(np.sqrt(np.median(field.variance)))
        assert np.quantile(field.truth, 0.1) < 0.8 * field.detector.saturation
        assert field.truth.min() > 5.0 * noise
        assert noise > 1.0
    skies = np.array([field.sky for field in fields])
    assert skies.min() < 20.0
    assert skies.max() > 5000.0
    assert {type(field.psf) for field in fields} == {MoffatPsf, GaussianPsf, DiffractionPsf}
    contrast = np.array([np.ptp(field.truth) / np.sqrt(np.median(field.variance)) for field in fields])
    assert contrast.min() < 10.0
    assert contrast.max() > 300.0


def test_what_is_given_is_not_drawn() -> None:
    psf, detector = GaussianPsf(2.2), Detector(gain=1.1)
    field = random_field(np.random.default_rng(1), (32, 32), psf=psf, sky=64.0, detector=detector)
    assert field.psf is psf
    assert field.detector is detector
    assert np.median(field.truth) >= 1000.0 + 60.0 / 1.1
