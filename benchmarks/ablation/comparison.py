"""The package's recipes beside published methods, on frames and images whose truth is known.

    python -m benchmarks.ablation.comparison -o benchmarks/results/comparison.md --figures docs --cache DIR

Data sets are the three sample frames; ``--images DIR`` takes every image of a folder instead (gray by luminance, with
white noise of ``--sigma`` / 255), ``--natural`` the camera man of scikit-image at 256 x 256. Every method is told the
same noise: that which the package measures on the frame, or the noise that was added to an image. Peers
(benchmarks/peers) work on the stabilized frame. Results are kept in ``--cache``, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np

from amsd_astro import Denoiser
from amsd_astro.errors import AmsdWarning
from amsd_astro.network import recipes
from amsd_astro.network.tensorflow_runtime import start_tensorflow
from amsd_astro.resources import count_processors
from benchmarks.ablation.comparison_figure import draw_figure
from benchmarks.kept_results import command, kept, machine
from benchmarks.peers import PEERS, PeerSettings
from benchmarks.peers.field import NotApplicableError
from benchmarks.scenes.frames_with_truth import SAMPLES, Scene, image_scenes, natural_scene, sample_scene
from benchmarks.scenes.strata import STRATA, Measured, Ruler

_RECIPES = ("thesis", "amsd")
_UNTRAINED = ("bm3d",)
_FOLDER = Path(__file__).resolve().parents[2] / "data_samples"
_HEAD = """\
rms/sigma: root of the mean of `((result - truth) / true sigma)**2` over unmasked pixels, by true S/N per pixel. PSNR, \
`-10 log10(mean((u - v)**2))`, and SSIM (scikit-image, Gaussian window of 1.5 px) of the asinh-stretched values u, v, \
the same stretch for every method; an ordinary image has its own values, clipped to 0..1. Seconds are those of \
training and denoising. Steps: {steps}; the peers' are of 16 patches of 64 x 64 pixels."""


def _steps(method: str, options: argparse.Namespace) -> int:
    if method in _UNTRAINED:
        return 0
    return int({"thesis": options.steps_thesis, "amsd": options.steps_amsd}.get(method, options.steps_peers))


def _by_recipe(scene: Scene, recipe: str, n_steps: int, seed: int, checkpoint: Path | None) -> np.ndarray:
    """Train on the frame and denoise it, by the package."""
    with warnings.catch_warnings():
        # the noise of an image is known: that its structure hides it is no news
        warnings.simplefilter("ignore", AmsdWarning)
        denoiser = Denoiser(recipe, steps=n_steps, seed=seed)
        result = denoiser.fit_denoise(scene.frame, noise=scene.noise, checkpoint=checkpoint)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return np.asarray(result.data, float)


def _by_peer(scene: Scene, method: str, n_steps: int, seed: int) -> np.ndarray:
    values = PEERS[method](scene.field, PeerSettings(n_steps=n_steps, seed=seed))
    return np.where(scene.good, scene.stabilizer.inverse(values), scene.frame.data)


def _results(scene: Scene, options: argparse.Namespace) -> dict[str, tuple[np.ndarray, float]]:
    """Results and seconds by method; a method that the data set cannot serve is left out."""
    results = {}
    if any(method in PEERS for method in options.methods):
        _ = scene.field  # made once, before any time is taken
    for method in options.methods:
        n_steps = _steps(method, options)
        key = f"{scene.key}_{method}_{n_steps}_{options.seed}"
        checkpoint = None if options.cache is None else options.cache / f"{key}.training.npz"

        def make(method: str = method, n_steps: int = n_steps, checkpoint: Path | None = checkpoint) -> np.ndarray:
            if method in _RECIPES:
                return _by_recipe(scene, method, n_steps, options.seed, checkpoint)
            return _by_peer(scene, method, n_steps, options.seed)

        try:
            results[method] = kept(options.cache, key, make)
        except NotApplicableError as error:
            print(f"{scene.name}: {method} is left out: {error}", file=sys.stderr)
            continue
        print(f"{scene.name}: {method}, {results[method][1]:.0f} s", file=sys.stderr, flush=True)
    return results


def _table(name: str, measured: dict[str, Measured], seconds: dict[str, float]) -> list[str]:
    strata = [stratum for stratum, *_ in STRATA if any(stratum in found.rms for found in measured.values())]
    heads = [f"rms/sigma {'all' if stratum == 'all' else f'S/N {stratum}'}" for stratum in strata]
    rows = [f"## {name}\n", "| " + " | ".join(["method", *heads, "PSNR, dB", "SSIM", "s"]) + " |"]
    rows.append("|---" * (len(heads) + 4) + "|")
    for method, found in measured.items():
        cells = [f"{found.rms[stratum]:.3f}" for stratum in strata]
        spent = f"{seconds[method]:.0f}" if method in seconds else ""
        rows.append("| " + " | ".join([method, *cells, f"{found.psnr:.2f}", f"{found.ssim:.3f}", spent]) + " |")
    return [*rows, ""]


def _scenes(options: argparse.Namespace) -> list[Scene]:
    if options.images is not None:
        return image_scenes(options.images, options.sigma / 255, options.seed)
    if options.natural:
        return [natural_scene(options.sigma / 255, options.seed)]
    return [sample_scene(name, _FOLDER) for name in options.samples or SAMPLES]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sets = parser.add_mutually_exclusive_group()
    sets.add_argument("--samples", nargs="*", choices=SAMPLES, metavar="NAME", help="the sample frames (the default)")
    sets.add_argument("--images", type=Path, metavar="DIR", help="every image of a folder")
    sets.add_argument("--natural", action="store_true", help="the camera man of scikit-image")
    parser.add_argument("-o", "--output", type=Path, help="write the tables (and .json) here")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="draw comparison_NAME.png here")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep results here, and go on from those there")
    parser.add_argument("--steps-peers", type=int, default=PeerSettings.n_steps)
    parser.add_argument("--steps-thesis", type=int, default=recipes.THESIS.n_steps)
    parser.add_argument("--steps-amsd", type=int, default=recipes.AMSD.steps_on_frames)
    parser.add_argument("--sigma", type=float, default=25.0, help="noise of images, in 255ths (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    methods = [*PEERS, *_RECIPES]
    parser.add_argument("--methods", nargs="+", choices=methods, default=methods, metavar="METHOD")
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = _options()
    start_tensorflow(count_processors())
    steps = ", ".join(f"{name} {_steps(name, options)}" for name in ("peers", *_RECIPES))
    lines = [f"Made by `{command(__spec__)}` ({machine()}).\n", _HEAD.format(steps=steps), ""]
    record = {}
    for scene in _scenes(options):
        results = _results(scene, options)
        ruler = Ruler(scene)
        denoised = {method: values for method, (values, _) in results.items()}
        seconds = {method: spent for method, (_, spent) in results.items()}
        shown = {"noisy": np.asarray(scene.frame.data, float), **denoised}
        measured = {name: ruler.measure(values) for name, values in shown.items()}
        table = _table(scene.name, measured, seconds)
        print("\n".join(table), flush=True)
        lines += table
        record[scene.name] = {
            name: {**asdict(found), "seconds": seconds.get(name), "steps": _steps(name, options)}
            for name, found in measured.items()
        }
        if options.figures is not None:
            options.figures.mkdir(parents=True, exist_ok=True)
            draw_figure(scene, ruler, denoised, options.figures / f"comparison_{scene.name}.png")
        if options.output is not None:  # after each data set: what is done is there
            options.output.write_text("\n".join(lines).rstrip() + "\n")
            options.output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
