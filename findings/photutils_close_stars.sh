#!/usr/bin/env bash
# DAOStarFinder of photutils 3.0.0, told nothing else, leaves out the fainter of two stars nearer than 2.5 FWHM, without a warning; 2.3.0 gives both.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/pairs.py" <<'PYTHON'
import warnings

import numpy as np
import photutils
from photutils.detection import DAOStarFinder

y, x = np.mgrid[:61, :61]
fwhm = 3.0


def star(column, flux):
    return flux * np.exp(-((x - column) ** 2 + (y - 30) ** 2) / (2 * (fwhm / 2.3548) ** 2))


image = star(26, 1000.0) + star(33, 800.0)  # 7 pixels apart, 2.3 FWHM: two maxima with a clear gap
assert image[30, 29] < 0.2 * image[30, 33]
warnings.simplefilter("error")
counts = [len(DAOStarFinder(5.0, fwhm, **options)(image)) for options in ({}, {"min_separation": 0})]
print("photutils", photutils.__version__, "stars found:", counts[0], "by default,", counts[1], "by min_separation=0")
expected = {"2": [2, 2], "3": [1, 2]}[photutils.__version__[0]]
assert counts == expected, f"expected {expected}"
PYTHON
for version in 2.3.0 3.0.0; do
    python3 -m venv --clear "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "photutils==$version" 'astropy==8.0.2'
    "$folder/venv/bin/python" "$folder/pairs.py"
done
