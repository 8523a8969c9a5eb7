"""Point spread functions: unit flux, the width asked for, the shape asked for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amsd_astro.simulation import DiffractionPsf, GaussianPsf, MoffatPsf, Psf

PSFS: list[Psf] = [
    GaussianPsf(1.5),
    GaussianPsf(4.0, 0.3, 70.0),
    MoffatPsf(1.5, beta=2.5),
    MoffatPsf(3.0, 0.2, 30.0, beta=3.0),
    MoffatPsf(6.0, beta=4.5),
    DiffractionPsf(1.6),
    DiffractionPsf(2.5, n_spikes=6, spike_fraction=0.05),
]


def _grid(half: int) -> tuple[np.ndarray, np.ndarray]:
    offset = np.arange(-half, half + 1, dtype=float)
    return offset[None, :], offset[:, None]


@pytest.mark.parametrize("psf", PSFS, ids=repr)
def test_the_flux_is_one(psf: Psf) -> None:
    dx, dy = _grid(400)
    assert psf.density(dx - 0.3, dy + 0.2).sum() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("psf", [p for p in PSFS if p.ellipticity == 0.0], ids=repr)
def test_half_the_peak_at_half_the_fwhm(psf: Psf) -> None:
    # Spikes are broad next to the core and lift it by little.
    ratio = psf.density(0.5 * psf.fwhm, 0.0) / psf.density(0.0, 0.0)
    assert float(ratio) == pytest.approx(0.5, abs=0.01)


def test_an_elliptical_psf_has_its_axes_where_it_says() -> None:
    psf = GaussianPsf(5.0, 0.4, 25.0)
    dx, dy = _grid(40)
    weight = psf.density(dx, dy)
    xx, yy, xy = (float((weight * m).sum()) for m in (dx * dx, dy * dy, dx * dy))
    assert math.degrees(0.5 * math.atan2(2.0 * xy, xx - yy)) == pytest.approx(25.0, abs=0.1)
    root = math.hypot(0.5 * (xx - yy), xy)
    ratio = math.sqrt((0.5 * (xx + yy) - root) / (0.5 * (xx + yy) + root))
    assert ratio == pytest.approx(0.6, abs=1e-3)


def test_pixels_are_integrated() -> None:
    psf = MoffatPsf(1.6, 0.1, 20.0, beta=2.7)
    fine = (np.arange(200) + 0.5) / 200.0 - 0.5
    for dx, dy in ((0.0, 0.0), (0.4, -0.3), (1.0, 2.0)):
        brute = float(psf.density(dx + fine[None, :], dy + fine[:, None]).mean())
        assert float(psf.pixel_integrated(dx, dy)) == pytest.approx(brute, rel=2e-4)


@given(
    fwhm=st.floats(1.5, 6.0),
    beta=st.floats(2.4, 5.0),
    flux=st.floats(1.0, 1e8),
    level=st.floats(1e-3, 10.0),
)
@settings(max_examples=40, deadline=None)
def test_the_stamp_keeps_its_promises(fwhm: float, beta: float, flux: float, level: float) -> None:
    psf = MoffatPsf(fwhm, beta=beta)
    radius = int(psf.radius(flux, level=level, lost=1e-3)[0])
    assert flux * float(psf.density(radius, 0.0)) <= level
    alpha2 = 0.25 * fwhm**2 / (2.0 ** (1.0 / beta) - 1.0)
    assert (1.0 + radius**2 / alpha2) ** (1.0 - beta) <= 1e-3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaussianPsf(0.0), "fwhm"),
        (lambda: GaussianPsf(2.0, 1.0), "ellipticity"),
        (lambda: MoffatPsf(2.0, beta=1.0), "beta"),
        (lambda: DiffractionPsf(2.0, n_spikes=3), "n_spikes"),
        (lambda: DiffractionPsf(2.0, obscuration=1.0), "obscuration"),
    ],
)
def test_nonsense_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        make()
