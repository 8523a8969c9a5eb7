#!/usr/bin/env bash
# astropy 8.0.2: CCDData.read takes an HDU of variances for standard deviations, without a warning.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'astropy==8.0.2'
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings

import astropy
import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData

print("astropy", astropy.__version__)
image = fits.PrimaryHDU(np.full((4, 5), 100.0, np.float32))
image.header["BUNIT"] = "adu"
variance = fits.ImageHDU(np.full((4, 5), 25.0, np.float32), name="VARIANCE")
variance.header["BUNIT"] = "adu2"
fits.HDUList([image, variance]).writeto("image.fits")
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    ccd = CCDData.read("image.fits", hdu_uncertainty="VARIANCE")
print(type(ccd.uncertainty).__name__, ccd.uncertainty.array[0, 0], ccd.uncertainty.unit, [str(one.message) for one in told])
assert type(ccd.uncertainty).__name__ == "StdDevUncertainty" and ccd.uncertainty.array[0, 0] == 25, "it is known now"
assert not told, "it is told now"
PYTHON
