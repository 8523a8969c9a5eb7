"""photutils takes of a frame what docs/pipelines.md says it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy import units as u
from denoised_frames import denoised_frame
from photutils.aperture import ApertureStats, CircularAperture, aperture_photometry


def test_aperture_photometry_has_mask_errors_and_unit(tmp_path: Path) -> None:
    frame = denoised_frame(tmp_path, 1, "f4")
    frame.data[2, 3] = 1e6
    places = [(3.0, 2.0), (20.0, 30.0)]
    aperture = CircularAperture(places, 2)
    found = aperture_photometry(frame, aperture)
    known = aperture_photometry(frame.data, aperture, error=frame.uncertainty.array, mask=frame.mask)
    for name in ("aperture_sum", "aperture_sum_err"):
        assert found[name].unit == u.adu
        np.testing.assert_allclose(found[name].value, known[name], rtol=1e-6)
    assert found["aperture_sum"][0].value < 1e4, "the masked pixel is left out"
    np.testing.assert_allclose(found["aperture_sum_err"][1].value, 2 * np.sqrt(aperture.area), rtol=1e-6)
    np.testing.assert_allclose(ApertureStats(frame, aperture).sum.value, known["aperture_sum"], rtol=1e-6)
