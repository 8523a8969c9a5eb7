"""The figure of a comparison: patches of the noisy frame, of each method's result and of the original."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from benchmarks.scenes.frames_with_truth import Scene
from benchmarks.scenes.strata import STRATA, Ruler

__all__ = ["draw_figure", "places", "with_note"]

_PATCH = 64
_COLUMNS = 6
_MOST_MASKED = 0.02
_FAINT = -3.0  # noise widths from the sky that are black
_LEAST = 5.0  # noise widths above the sky that are white, at least
_DPI = 120
_NOTE = "Every network here is trained from nothing, amsd too: its packaged weights are not used."

Cut = tuple[slice, slice]


def places(scene: Scene) -> dict[str, Cut]:
    """The two places that are shown, chosen by the truth alone.

    Of all squares of 64 pixels, 32 pixels apart, in which at most 2 % is masked: the one with the highest median S/N
    per pixel (stars hardly touch a median: it is the brightest extended region), and the one whose median is the median
    of all. In an ordinary image the spread of the values takes the place of the S/N.
    """
    ny, nx = scene.truth.shape
    side = min(_PATCH, ny, nx)
    cuts = [
        (slice(y, y + side), slice(x, x + side))
        for y in range(0, ny - side + 1, _PATCH // 2)
        for x in range(0, nx - side + 1, _PATCH // 2)
    ]
    cuts = [cut for cut in cuts if scene.good[cut].mean() >= 1 - _MOST_MASKED] or cuts
    rank = np.std if scene.is_image else np.median
    ordered = sorted(cuts, key=lambda cut: float(rank(scene.signal[cut])))
    names = ("most structure", "median structure") if scene.is_image else ("brightest region", "median region")
    return {names[0]: ordered[-1], names[1]: ordered[len(ordered) // 2]}


def draw_figure(scene: Scene, ruler: Ruler, results: dict[str, np.ndarray], path: Path) -> None:
    """Draw the patches; each place has one stretch for all its panels.

    Parameters
    ----------
    scene : Scene
        The data set.
    ruler : Ruler
        Measures on it.
    results : dict of ndarray
        By method, in the unit of the frame.
    path : Path
        The figure, PNG.
    """
    panels = {"noisy": np.asarray(scene.frame.data, float), **results, "original": scene.truth}
    n_rows = -(-len(panels) // _COLUMNS)
    cuts = places(scene)
    figure = plt.figure(figsize=(1.62 * _COLUMNS, len(cuts) * (2.12 * n_rows + 0.3)), layout="constrained")
    for part, (place, cut) in zip(np.atleast_1d(figure.subfigures(len(cuts), 1)), cuts.items(), strict=True):
        y, x = cut[0].start, cut[1].start
        part.suptitle(f"{scene.name}: {place}, {_PATCH} x {_PATCH} px at x = {x}, y = {y}", fontsize=9)
        low, high = (0.0, 1.0) if scene.is_image else _limits(ruler, cut)
        axes = part.subplots(n_rows, _COLUMNS, squeeze=False).ravel()
        for axis in axes:
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        for axis, (name, values) in zip(axes, panels.items(), strict=False):
            shown = ruler.stretched(values)[cut]
            origin = "upper" if scene.is_image else "lower"
            axis.imshow(shown, origin=origin, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
            axis.set_xlabel(f"{name}\n{_figures(scene, ruler, values, cut, name)}", fontsize=7)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    plt.close(figure)
    # all of it is gray: a third of the size
    with Image.open(path) as image:
        gray = image.convert("L")
    with_note(gray).save(path, optimize=True)


def with_note(picture: Image.Image) -> Image.Image:
    """Return a gray picture under a line that says how its networks were trained."""
    figure = plt.figure(figsize=(picture.width / _DPI, 0.3), dpi=_DPI)
    figure.text(0.5, 0.35, _NOTE, fontsize=9, weight="bold", ha="center", va="center")
    figure.canvas.draw()
    line = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("L")
    plt.close(figure)
    return Image.fromarray(np.concatenate([np.asarray(line)[:, : picture.width], np.asarray(picture)]))


def _limits(ruler: Ruler, cut: Cut) -> tuple[float, float]:
    return ruler.level(_FAINT), max(float(ruler.truth[cut].max()), ruler.level(_LEAST))


def _figures(scene: Scene, ruler: Ruler, values: np.ndarray, cut: Cut, name: str) -> str:
    if name == "original":
        return "\n"
    found = ruler.measure(values, cut)
    return f"{found.psnr:.2f} dB, SSIM {found.ssim:.3f}\nrms/sigma {found.rms[STRATA[0][0]]:.3f}"
