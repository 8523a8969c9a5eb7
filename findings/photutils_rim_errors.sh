#!/usr/bin/env bash
# photutils 3.0.0 counts the variance of a pixel that is half in an aperture by half, where the sum's variance has a quarter of it: errors of small apertures are some per cent too large.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'photutils==3.0.0' 'astropy==8.0.2'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import photutils
from photutils.aperture import CircularAperture, aperture_photometry

print("photutils", photutils.__version__)
rng = np.random.default_rng(1)
places = np.column_stack([axis.ravel() for axis in np.mgrid[15:985:20, 15:985:20]]) + 0.3
noise = rng.normal(0, 1, (1000, 1000))  # independent pixels of error 1
for radius in (1.5, 3.0, 6.0):
    apertures = CircularAperture(places, radius)
    table = aperture_photometry(noise, apertures, error=np.ones_like(noise))
    told = float(np.median(table["aperture_sum_err"]))
    true = float(np.std(table["aperture_sum"]))
    by_squares = float(np.sqrt(np.sum(apertures[0].to_mask(method="exact").data ** 2)))
    print(f"radius {radius}: aperture_sum_err {told:.3f}, scatter of the sums {true:.3f}, by squared weights {by_squares:.3f}")
    assert abs(told - np.sqrt(np.pi) * radius) < 1e-3 * told, "the weights are squared now"
    assert abs(true / by_squares - 1) < 0.03 and told > 1.02 * by_squares
PYTHON
