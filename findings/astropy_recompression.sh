#!/usr/bin/env bash
# astropy 8.0.2 packs a tile-compressed image with loss again on writeto once its .data were looked at; the error grows each time.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'astropy==8.0.2'
cd "$folder"
venv/bin/python - <<'PYTHON'
import astropy
import numpy as np
from astropy.io import fits

print("astropy", astropy.__version__)
noise = np.random.default_rng(0).normal(100, 5, (200, 200)).astype(np.float32)
fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(noise)]).writeto("0.fits")
errors = []
for k in range(5):
    with fits.open(f"{k}.fits") as hdus:
        errors.append(float(np.std(hdus[1].data - noise)))  # looked at, not changed
        hdus.writeto(f"{k + 1}.fits")
with fits.open("0.fits") as hdus:  # not looked at
    hdus.writeto("copy.fits")
with fits.open("copy.fits") as hdus:
    copied = float(np.std(hdus[1].data - noise))
print("rms error after each writing:", [f"{error:.3f}" for error in errors])
print(f"after one that did not look: {copied:.3f}")
assert copied == errors[0]
assert all(later > 1.1 * earlier for earlier, later in zip(errors, errors[1:])), "the error does not grow any more"
PYTHON
