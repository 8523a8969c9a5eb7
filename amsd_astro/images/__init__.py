"""Folders of images: noisy versions, targets and packed arrays to learn from, and tests of what was learned.

PNG, TIFF and JPEG pictures, FITS frames and .npy arrays are all seen as values of 0 to 1.
"""

from amsd_astro.images.files import find_images, read_image
from amsd_astro.images.image import Image
from amsd_astro.images.noisy import noisy_versions, with_detector_noise, write_noisy
from amsd_astro.images.packing import open_pairs, pack_pairs
from amsd_astro.images.scale import Scale
from amsd_astro.images.scoring import plan_scoring, score_images
from amsd_astro.images.similarity import psnr, ssim
from amsd_astro.images.targets import target_of, write_targets

__all__ = [
    "Image",
    "Scale",
    "find_images",
    "noisy_versions",
    "open_pairs",
    "pack_pairs",
    "plan_scoring",
    "psnr",
    "read_image",
    "score_images",
    "ssim",
    "target_of",
    "with_detector_noise",
    "write_noisy",
    "write_targets",
]
