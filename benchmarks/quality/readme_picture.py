"""The pictures of README and documentation: an exposure beside the denoised frame, or beside truth and sigma map too.

Made by ``python -m benchmarks.quality.readme_picture EXPOSURE DENOISED -o docs/before_and_after.png`` (of the sample
large_galaxy_1) and ``python -m benchmarks.quality.readme_picture EXPOSURE DENOISED TRUTH -o docs/galaxy_field.png --box
120 340 120 340 --white 60 --softening 0.05`` (of galaxy_field_1).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from astropy.io import fits
from astropy.visualization import AsinhStretch, ImageNormalize
from matplotlib.figure import Figure
from PIL import Image

_DPI = 100
_ENLARGED, _TITLE, _GAP = 2, 56, 8  # of a pixel of the frame; heights and widths in pixels of the picture
_LARGE = 18  # points: the page makes the picture half as wide
_LEVELS = 160  # of gray: noise packs badly, and more are hardly seen


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("exposure", "denoised"):
        parser.add_argument(name, type=Path)
    parser.add_argument("truth", type=Path, nargs="?")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--box", type=int, nargs=4, metavar=("Y0", "Y1", "X0", "X1"), default=(30, 410, 20, 420))
    parser.add_argument("--white", type=float, default=110, help="noise of the sky above it that is white")
    parser.add_argument("--softening", type=float, default=0.02, help="share of the range that is about linear")
    options = parser.parse_args()
    y0, y1, x0, x1 = options.box
    cut = (slice(y0, y1), slice(x0, x1))
    with fits.open(options.denoised) as result:
        sky, noise = result[0].header["AMSDSKY"], result[0].header["AMSDNOIS"]
        denoised, sigma = result[0].data[cut], result["AMSD_SIGMA"].data[cut]
    panels = {"exposure": fits.getdata(options.exposure)[cut], "denoised": denoised}
    stretch = AsinhStretch(options.softening)
    norm = ImageNormalize(vmin=sky - 2 * noise, vmax=sky + options.white * noise, stretch=stretch)
    if options.truth is None:
        draw_pair(panels, norm, options.output)
    else:
        panels["truth (simulated)"] = fits.getdata(options.truth)[cut]
        draw_four(panels, norm, sigma / noise, options.output)


def draw_pair(panels: dict[str, np.ndarray], norm: ImageNormalize, path: Path) -> None:
    """Draw two panels whose pixels are whole pixels of the picture."""
    ny, nx = (_ENLARGED * side for side in next(iter(panels.values())).shape)
    width, height = 2 * nx + _GAP, ny + _TITLE
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    for number, (title, image) in enumerate(panels.items()):
        left = number * (nx + _GAP)
        axes = figure.add_axes((left / width, 0, nx / width, ny / height))
        axes.imshow(image, origin="lower", cmap="gray", norm=norm, interpolation="nearest", aspect="auto")
        axes.set_axis_off()
        figure.text((left + nx / 2) / width, 1 - _TITLE / 2 / height, title, ha="center", va="center", fontsize=26)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    with Image.open(path) as picture:
        gray = picture.convert("L").quantize(_LEVELS)
    gray.save(path, optimize=True)


def draw_four(panels: dict[str, np.ndarray], norm: ImageNormalize, sigma: np.ndarray, path: Path) -> None:
    """Draw three panels of one stretch, and the sigma map over the noise."""
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.9), layout="constrained")
    for axis, (title, image) in zip(axes, panels.items(), strict=False):
        axis.imshow(image, origin="lower", cmap="gray", norm=norm, interpolation="nearest")
        axis.set_title(title, fontsize=_LARGE)
    shown = axes[3].imshow(sigma, origin="lower", cmap="viridis", vmin=0, vmax=1, interpolation="nearest")
    axes[3].set_title("1-sigma map / noise", fontsize=_LARGE)
    figure.colorbar(shown, ax=axes[3], shrink=0.85).ax.tick_params(labelsize=14)
    for axis in axes:
        axis.set_xticks([])
        axis.set_yticks([])
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
