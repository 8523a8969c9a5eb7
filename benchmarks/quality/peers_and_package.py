r"""How good the package is beside the real peers: simulated frames never trained on, the samples, and repeats.

    python -m benchmarks.quality.peers_and_package --peers DIR --repeats ../shared/data --cache DIR \
        -o benchmarks/results/quality.md

``--peers`` is the environment of peers/make_environment.py; each peer runs there as a process of its own. The package
gets the frame and is told nothing. All others get the stabilized frame in units of its noise, bad pixels filled, and
their answer goes back by the exact unbiased inverse; they are told the true noise (on repeats, that which the package
measures). Results are kept in ``--cache``, so that an interrupted run goes on; tables are written after every frame.
How long methods take is for speed/processes.py to tell.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kept_results import command, machine
from benchmarks.peers.environment import peer_python, versions
from benchmarks.quality.errors import Difference, FrameErrors, block_bootstrap, frame_errors
from benchmarks.quality.methods import METHODS, OURS, Runner, blurred
from benchmarks.quality.repeats import FluxLost, claimed_errors, errors_left, faint_flux, flux_by_signal
from benchmarks.quality.tables import BASE, RepeatScore, bias_table, flux_table, frame_table, pooled_table, repeat_table
from benchmarks.scenes.frames_with_truth import SAMPLES, Scene
from benchmarks.scenes.judged_frames import FRAMES, Repeat, frame_scene, read_repeat, repeat_names
from benchmarks.scenes.sharp_frames import SHARP
from benchmarks.scenes.strata import Ruler

_HEAD = """\
rms/sigma: root of the mean of `((result - truth) / true sigma)**2` over good pixels, by true S/N per pixel above the \
sky; strata of fewer than 1,000 pixels in a frame are left out. The package is told nothing; all others are told the \
true noise: {base} its spectrum where it is correlated (bm3d_white is not told it), gaussian the best width by the \
truth itself. Settings: {settings}; scikit-image by Stein's risk; starlet: 3 sigma. Packages: {packages}."""
_REPEATS = """\
One exposure against others of its field, error left over the noise of the exposure, which itself has 1, on sky and on \
faint pixels. Where the others are split in halves RA and RB it is `sqrt(mean((D - RA)(D - RB))) / SIGT`, which needs \
no noise level; elsewhere `sqrt(mean((D - R)**2) - SIGR**2) / SIGT`. Levelled: the sky without differences smoother \
than 8 px. Claimed: rms of the 1-sigma map of the same pixels. And the flux of clear but faint sources won or lost, \
with its statistical error. Differences: mean of `((ours - R)**2 - (peer's - R)**2) / SIGT**2`, with bounds that hold \
95 % of 1,000 resamples of blocks of 32 x 32 pixels; below zero ours is better. The noise that the others are told is \
measured on the exposure; gaussian has the best width of each zone apart.\n"""

_FLUXES = """\
Flux won or lost, per cent, with its statistical error, by the S/N that the sum over a source's footprint has in the \
one exposure. The sources are those of the flux figure above: found in the mean of the others, so that those below 5 \
are hidden in the exposure itself.\n"""

_Images = dict[str, np.ndarray]


@dataclass
class _Found:
    """What was measured so far."""

    frames: dict[str, dict[str, FrameErrors]] = field(default_factory=dict)
    scores: dict[str, dict[str, RepeatScore]] = field(default_factory=dict)
    differences: dict[str, dict[str, dict[str, Difference]]] = field(default_factory=dict)
    fluxes: dict[str, dict[str, list[FluxLost | None]]] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """For the JSON file."""
        return {
            "frames": {name: {m: asdict(one) for m, one in found.items()} for name, found in self.frames.items()},
            "repeats": {name: {m: asdict(one) for m, one in found.items()} for name, found in self.scores.items()},
            "differences": {
                name: {m: {zone: asdict(one) for zone, one in zones.items()} for m, zones in found.items()}
                for name, found in self.differences.items()
            },
            "fluxes": {
                name: {m: [one and asdict(one) for one in classes] for m, classes in found.items()}
                for name, found in self.fluxes.items()
            },
        }


def _results(runner: Runner, scene: Scene, methods: list[str]) -> tuple[_Images, _Images]:
    """Results and 1-sigma maps by method; the Gaussian filters are chosen elsewhere."""
    images: _Images = {"noisy": np.asarray(scene.frame.data, float)}
    claims: _Images = {}
    for method in methods:
        if method == "gaussian":
            continue
        if method == "bm3d_white" and scene.model.correlation.size == 1 and BASE in images:
            images[method] = images[BASE]  # there is nothing more to tell
            continue
        images[method], claimed, seconds = runner.run(scene, method)
        if claimed is not None:
            claims[method] = claimed
        print(f"{scene.name}: {method}, {seconds:.0f} s", file=sys.stderr, flush=True)
    return images, claims


def _measure_frame(runner: Runner, name: str, methods: list[str], found: _Found) -> None:
    scene = frame_scene(name)
    ruler = Ruler(scene)
    images, _ = _results(runner, scene, methods)
    errors = {method: frame_errors(scene, ruler, image) for method, image in images.items()}
    if "gaussian" in methods:
        tried = [frame_errors(scene, ruler, image) for _, image in blurred(scene)]
        errors["gaussian"] = min(tried, key=lambda one: one.rms["all"])
    found.frames[name] = errors


def _zone_images(images: _Images, repeat: Repeat) -> dict[str, _Images]:
    """For each method the image that is judged in each zone: one and the same but for the Gaussian filter."""
    by_zone = {method: dict.fromkeys(repeat.zones, image) for method, image in images.items()}
    tried = [(image, errors_left(repeat, image)) for _, image in blurred(repeat.scene)]
    by_zone["gaussian"] = {
        zone: min(tried, key=lambda one, zone=zone: one[1][zone])[0] for zone in repeat.zones if zone in tried[0][1]
    }
    return by_zone


def _measure_repeat(runner: Runner, folder: Path, methods: list[str], ours: str | None, found: _Found) -> None:
    repeat = read_repeat(folder)
    images, claims = _results(runner, repeat.scene, methods)
    by_zone = {method: dict.fromkeys(repeat.zones, image) for method, image in images.items()}
    if "gaussian" in methods:
        by_zone = _zone_images(images, repeat)
    found.scores[repeat.scene.name] = {
        method: _score(repeat, zones, claims.get(method)) for method, zones in by_zone.items()
    }
    found.fluxes[repeat.scene.name] = {
        method: flux_by_signal(repeat, zones["faint"]) for method, zones in by_zone.items() if method != "noisy"
    }
    if ours is not None:
        found.differences[repeat.scene.name] = _paired(repeat, by_zone, ours)


def _score(repeat: Repeat, images: _Images, claimed: np.ndarray | None) -> RepeatScore:
    """Scores of a method, whose image may be another one in each zone."""
    errors: dict[str, float] = {}
    for zone, image in images.items():
        left = errors_left(repeat, image)
        errors |= {name: left[name] for name in (zone, f"levelled {zone}") if name in left}
    claims = {} if claimed is None else claimed_errors(repeat, claimed)
    return RepeatScore(errors, claims, faint_flux(repeat, images["faint"]))


def _paired(repeat: Repeat, by_zone: Mapping[str, _Images], ours: str) -> dict[str, dict[str, Difference]]:
    """Squared error of ours less that of each other method, zone by zone."""

    def squared(method: str, zone: str) -> np.ndarray:
        return ((by_zone[method][zone] - repeat.scene.truth) / repeat.sigma) ** 2

    return {
        method: {
            zone: block_bootstrap(squared(ours, zone) - squared(method, zone), chosen)
            for zone, chosen in repeat.zones.items()
            if zone in by_zone[method] and chosen.any()
        }
        for method in by_zone
        if method not in OURS
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, required=True, metavar="DIR", help="environment of the peers")
    parser.add_argument("--repeats", type=Path, metavar="DIR", help="holds repeats/")
    parser.add_argument("--frames", nargs="*", choices=FRAMES, default=FRAMES, metavar="NAME", help="only these")
    parser.add_argument("--sets", nargs="*", metavar="NAME", help="only these sets of repeats")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, metavar="METHOD", help="only these")
    parser.add_argument("--epochs", type=int, default=100, help="of n2v and n2v2 (default %(default)s)")
    parser.add_argument("--iterations", type=int, default=3000, help="of zsn2n (default %(default)s)")
    parser.add_argument("--model", type=Path, metavar="FILE", help="in the place of the packaged weights")
    parser.add_argument("--orientations", type=int, metavar="N", help="that the package averages over")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, help="write the tables (and .json) here")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep results here, and go on from those there")
    return parser.parse_args()


def _tables(found: _Found, head: list[str], ours: list[str]) -> str:
    lines = list(head)
    groups = {
        "Unseen frames": {name: one for name, one in found.frames.items() if name not in (*SAMPLES, *SHARP)},
        "Samples": {name: one for name, one in found.frames.items() if name in SAMPLES},
        "Sharp frames": {name: one for name, one in found.frames.items() if name in SHARP},
    }
    for title, frames in groups.items():
        if frames:
            lines += frame_table(f"{title}: rms/sigma, all pixels", frames)
            lines += pooled_table(f"{title}: rms/sigma of the pixels of all, by S/N", frames)
            lines += bias_table(f"{title}: mean error over sigma", frames, ours)
    if found.scores:
        table = repeat_table("Repeats", found.scores, found.differences, ours[-1] if ours else "")
        lines += [table[0], _REPEATS, *table[1:]]
        table = flux_table("Repeats: flux by the S/N of a source", found.fluxes)
        lines += [table[0], _FLUXES, *table[1:]]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Run the benchmark."""
    options = _options()
    python = peer_python(options.peers)
    settings: dict[str, dict[str, Any]] = {
        "n2v": {"n_epochs": options.epochs, "seed": options.seed},
        "n2v2": {"n_epochs": options.epochs, "seed": options.seed},
        "zsn2n": {"n_iterations": options.iterations, "seed": options.seed},
    }
    packages = ", ".join(f"{name} {number}" for name, number in versions(python).items())
    told = f"n2v and n2v2: {options.epochs} epochs; zsn2n: {options.iterations} iterations"
    shown = command(__spec__).replace(str(options.peers), "DIR")
    head = [
        f"Made by `{shown}` ({machine()}).\n",
        _HEAD.format(base=BASE, settings=told, packages=packages) + "\n",
    ]
    runner = Runner(python, options.cache, settings, options.model, options.seed, options.orientations)
    methods, ours = list(options.methods), [method for method in OURS if method in options.methods]
    found = _Found()

    def tell() -> None:
        if options.output is not None:  # after each frame: what is done is there
            options.output.write_text(_tables(found, head, ours))
            options.output.with_suffix(".json").write_text(json.dumps(found.record(), indent=1) + "\n")

    for name in options.frames:
        _measure_frame(runner, name, methods, found)
        tell()
    if options.repeats is not None:
        for name in options.sets or repeat_names(options.repeats):
            folder = options.repeats / "repeats" / name
            _measure_repeat(runner, folder, methods, ours[-1] if ours else None, found)
            tell()
    print(_tables(found, head, ours))


if __name__ == "__main__":
    main()
