"""How exposures are denoised when there are many, by the names of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amsd_astro.noise.model import NoiseModel

__all__ = ["Options", "denoiser_settings", "stated_noise"]

_OF_READING = (
    "ext", "mask_ext", "mask_bits", "error_ext", "error_kind", "mask_file", "error_file", "companions",
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    """The options of `amsd-astro denoise`, for `denoise_many` the same: so each finds again what the other made."""

    recipe: str | None = None
    model: str | None = None
    steps: int | None = None
    seed: int = 0
    threads: int | None = None
    orientations: int | None = None
    flux_tolerance: float | None = None
    destripe: bool = False
    engine: str | None = None
    ext: str | None = None
    mask_ext: str | None = None
    mask_bits: int | None = None
    error_ext: str | None = None
    error_kind: str | None = None
    mask_file: str | None = None
    error_file: str | None = None
    companions: bool = False
    gain: float | None = None
    read_noise: float | None = None
    noise_model: tuple[float, float] | None = None
    overwrite: bool = False
    skip_existing: bool = False
    force: bool = False

    def reading(self) -> dict[str, Any]:
        """Return what `read_frame` is to be told."""
        return {name: getattr(self, name) for name in _OF_READING}


def denoiser_settings(options: Any) -> dict[str, Any]:
    """Return what a `Denoiser` is to be told beside its recipe or model.

    Parameters
    ----------
    options : Options or Namespace
        By the names of the command line.
    """
    settings = {"steps": options.steps, "seed": options.seed or 0, "n_threads": options.threads}
    settings["n_orientations"] = options.orientations
    if options.destripe:
        settings["destripe"] = True
    if options.engine is not None:
        settings["engine"] = options.engine
    if options.flux_tolerance is not None:
        settings["flux_tolerance"] = options.flux_tolerance
    return settings


def stated_noise(options: Any) -> NoiseModel | dict[str, float | None] | None:
    """Return what options state of the noise: the whole model, or gain and read noise; None without either.

    Parameters
    ----------
    options : Options or Namespace
        By the names of the command line.
    """
    if options.noise_model is not None:
        from amsd_astro.noise.model import NoiseModel

        return NoiseModel(*options.noise_model)
    if options.gain is None and options.read_noise is None:
        return None
    return {"gain": options.gain, "read_noise": options.read_noise}
