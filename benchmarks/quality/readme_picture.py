"""The README's picture: an exposure, the denoised frame, the truth and the sigma map, on one stretch.

Made by ``python -m benchmarks.quality.readme_picture EXPOSURE DENOISED TRUTH -o docs/galaxy_field.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from astropy.io import fits
from astropy.visualization import AsinhStretch, ImageNormalize


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("exposure", "denoised", "truth"):
        parser.add_argument(name, type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--box", type=int, nargs=4, metavar=("Y0", "Y1", "X0", "X1"), default=(120, 340, 120, 340))
    options = parser.parse_args()
    y0, y1, x0, x1 = options.box
    cut = (slice(y0, y1), slice(x0, x1))
    with fits.open(options.denoised) as result:
        sky, noise = result[0].header["AMSDSKY"], result[0].header["AMSDNOIS"]
        denoised, sigma = result[0].data[cut], result["AMSD_SIGMA"].data[cut]
    panels = {
        "exposure": fits.getdata(options.exposure)[cut],
        "denoised": denoised,
        "truth (simulated)": fits.getdata(options.truth)[cut],
    }
    norm = ImageNormalize(vmin=sky - 2 * noise, vmax=sky + 60 * noise, stretch=AsinhStretch(0.05))
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.9), layout="constrained")
    for axis, (title, image) in zip(axes, panels.items(), strict=False):
        axis.imshow(image, origin="lower", cmap="gray", norm=norm, interpolation="nearest")
        axis.set_title(title)
    shown = axes[3].imshow(sigma / noise, origin="lower", cmap="viridis", vmin=0, vmax=1, interpolation="nearest")
    axes[3].set_title("1-sigma map / noise of the sky")
    figure.colorbar(shown, ax=axes[3], shrink=0.85)
    for axis in axes:
        axis.set_xticks([])
        axis.set_yticks([])
    figure.savefig(options.output, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
