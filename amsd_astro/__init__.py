"""Denoising of telescope exposures: the same FITS file back, with a 1-sigma map and a measured risk.

The public names are loaded when they are first used, so that importing the package costs next to nothing and never
loads TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amsd_astro.combination.interface import combine
    from amsd_astro.denoiser import Denoiser, denoise
    from amsd_astro.errors import (
        AlreadyDenoisedError,
        AmsdWarning,
        FrameChangedError,
        FrameError,
        FrameNotFoundError,
        ModelError,
        NoiseWarning,
        OutputError,
        OutputExistsError,
    )
    from amsd_astro.frames.frame import Frame
    from amsd_astro.frames.inputs import as_frame
    from amsd_astro.frames.noise import measure_noise
    from amsd_astro.frames.reader import read_frame
    from amsd_astro.frames.writer import write_frame
    from amsd_astro.many import denoise_many
    from amsd_astro.noise.model import NoiseModel
    from amsd_astro.validation import Report, validate
    from amsd_astro.validation.measures.detection import detect
    from amsd_astro.validation.measures.injection import inject, plan_injection
    from amsd_astro.validation.measures.psf import measure_psf
    from amsd_astro.version import __version__

__all__ = [
    "AlreadyDenoisedError",
    "AmsdWarning",
    "Denoiser",
    "Frame",
    "FrameChangedError",
    "FrameError",
    "FrameNotFoundError",
    "ModelError",
    "NoiseModel",
    "NoiseWarning",
    "OutputError",
    "OutputExistsError",
    "Report",
    "__version__",
    "as_frame",
    "combine",
    "denoise",
    "denoise_many",
    "detect",
    "inject",
    "measure_noise",
    "measure_psf",
    "plan_injection",
    "read_frame",
    "validate",
    "write_frame",
]

_HOMES = {
    "AlreadyDenoisedError": "errors",
    "AmsdWarning": "errors",
    "Denoiser": "denoiser",
    "Frame": "frames.frame",
    "FrameChangedError": "errors",
    "FrameError": "errors",
    "FrameNotFoundError": "errors",
    "ModelError": "errors",
    "NoiseModel": "noise.model",
    "NoiseWarning": "errors",
    "OutputError": "errors",
    "OutputExistsError": "errors",
    "Report": "validation",
    "__version__": "version",
    "as_frame": "frames.inputs",
    "combine": "combination.interface",
    "denoise": "denoiser",
    "denoise_many": "many",
    "detect": "validation.measures.detection",
    "inject": "validation.measures.injection",
    "measure_noise": "frames.noise",
    "measure_psf": "validation.measures.psf",
    "plan_injection": "validation.measures.injection",
    "read_frame": "frames.reader",
    "validate": "validation",
    "write_frame": "frames.writer",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
