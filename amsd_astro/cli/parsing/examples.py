"""Two examples of each command: what its help begins with."""

from __future__ import annotations

__all__ = ["EXAMPLES"]

EXAMPLES: dict[str, tuple[str, str]] = {
    "denoise": (
        "amsd-astro denoise exposure.fits          # writes exposure_amsd.fits",
        "amsd-astro denoise night -d out --jobs 2  # all of a folder, two at a time",
    ),
    "combine": (
        "amsd-astro combine a.fits b.fits c.fits -o deep.fits",
        "amsd-astro combine a.fits b.fits -o mean.fits --no-denoise",
    ),
    "compare": (
        "amsd-astro compare exposure.fits -o figure.png  # denoises for the figure",
        "amsd-astro compare exposure.fits exposure_amsd.fits -o figure.pdf",
    ),
    "validate": (
        "amsd-astro validate exposure.fits -o report.html",
        "amsd-astro validate a.fits b.fits c.fits -o report.html",
    ),
    "train": (
        "amsd-astro train a.fits b.fits c.fits -o camera.npz",
        "amsd-astro train field_?.fits -o camera.npz --repeats",
    ),
    "inspect": (
        "amsd-astro inspect exposure.fits",
        "amsd-astro inspect exposure.fits --gain 1.5 --read-noise 5",
    ),
    "simulate": (
        "amsd-astro simulate -o samples",
        "amsd-astro simulate -o others --seed 7",
    ),
    "pairs": (
        "amsd-astro pairs noisy images -o noisy",
        "amsd-astro pairs targets noisy -o targets",
    ),
    "noisy": (
        "amsd-astro pairs noisy images -o noisy",
        "amsd-astro pairs noisy exposures -o noisy --noise detector",
    ),
    "targets": (
        "amsd-astro pairs targets noisy -o targets",
        "amsd-astro pairs targets noisy -o targets --groups",
    ),
    "pack": (
        "amsd-astro pairs pack noisy targets -o packed",
        "amsd-astro pairs pack noisy targets -o packed --crop",
    ),
    "test-images": (
        "amsd-astro test-images images --model thesis.npz -o scores",
        "amsd-astro test-images images --model thesis.npz -o scores --sigmas 25",
    ),
    "pretrain": (
        "amsd-astro pretrain weights --bfloat16",
        "amsd-astro pretrain weights --start older.npz --steps 20000",
    ),
}
"""By the last word of the command."""
