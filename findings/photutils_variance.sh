#!/usr/bin/env bash
# photutils 3.0.0 gives no errors, or NaN, for an NDData whose uncertainty is a variance or an inverse variance, without a warning.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'photutils==3.0.0' 'astropy==8.0.2'
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings

import numpy as np
import photutils
from astropy.nddata import CCDData, InverseVariance, StdDevUncertainty, VarianceUncertainty
from photutils.aperture import ApertureStats, CircularAperture, aperture_photometry

print("photutils", photutils.__version__)
shape, aperture = (21, 21), CircularAperture((10, 10), 3)
seen = {}
for kind, value in ((StdDevUncertainty, 2.0), (VarianceUncertainty, 4.0), (InverseVariance, 0.25)):  # all the same error
    image = CCDData(np.full(shape, 10.0), unit="adu", uncertainty=kind(np.full(shape, value)))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        table = aperture_photometry(image, aperture)
        error = table["aperture_sum_err"][0].value if "aperture_sum_err" in table.colnames else None
        statistics = ApertureStats(image, aperture).sum_err.value
    told = [str(one.message) for one in told if issubclass(one.category, UserWarning)]
    seen[kind] = error, float(statistics), told
    print(f"{kind.__name__}: aperture_photometry {error}, ApertureStats {statistics}, {told}")
assert seen[StdDevUncertainty][0] > 10
for kind in (VarianceUncertainty, InverseVariance):
    assert seen[kind][0] is None and np.isnan(seen[kind][1]) and not seen[kind][2], f"{kind.__name__} is understood now"
PYTHON
