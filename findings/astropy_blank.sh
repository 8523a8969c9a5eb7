#!/usr/bin/env bash
# astropy 8.0.2 reads pixels of BLANK = 0, and of any BLANK in unsigned integers, as numbers (FITS standard 4.0, 5.3: undefined).
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
seen = {}
for name, dtype, blank in (
    ("BLANK = 7 in 16 bits", "int16", 7),
    ("BLANK = 0 in 16 bits", "int16", 0),
    # unsigned integers are stored less 32768: a stored -32768 is the pixel of value 0
    ("BLANK = -32768 in unsigned 16 bits", "uint16", -32768),
):
    hdu = fits.PrimaryHDU(np.array([[0, 7], [100, 200]], dtype))
    hdu.header["BLANK"] = blank
    hdu.writeto("blank.fits", overwrite=True)
    with fits.open("blank.fits") as hdus:
        seen[name] = hdus[0].data.tolist()
    print(f"{name}: {seen[name]}")
with_blank, zero, unsigned = seen.values()
assert np.isnan(with_blank[0][1])  # as the standard has it
assert zero == [[0, 7], [100, 200]], "BLANK = 0 counts now"
assert unsigned == [[0, 7], [100, 200]], "BLANK of unsigned integers counts now"
PYTHON
