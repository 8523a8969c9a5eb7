#!/usr/bin/env bash
# astroalign 2.6.2 aligns no mirrored field: its triangles match, as their sides' ratios are those of the mirror image, but no similarity fits.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'astroalign==2.6.2'
cd "$folder"
venv/bin/python - <<'PYTHON'
import astroalign
import numpy as np

print("astroalign", astroalign.__version__)
rng = np.random.default_rng(1)
turn = np.deg2rad(35.0)
rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
found = {"as it is": 0, "mirrored": 0}
n_fields = 10
for _ in range(n_fields):
    stars = rng.uniform(0.0, 1000.0, (60, 2))
    for name, flip in (("as it is", [1.0, 1.0]), ("mirrored", [-1.0, 1.0])):
        seen = (stars * flip) @ rotation.T + [30.0, 50.0] + rng.normal(0.0, 0.05, stars.shape)
        try:
            astroalign.find_transform(stars, seen)
            found[name] += 1
        except astroalign.MaxIterError as error:
            last = error
for name, n in found.items():
    print(f"60 stars, turned by 35 degrees, {name}: {n} of {n_fields} fields aligned")
print("mirrored:", last)
assert found["as it is"] == n_fields
assert found["mirrored"] == 0, "mirrored fields are aligned now"
PYTHON
