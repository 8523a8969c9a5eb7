"""A step of stpipe, as pipelines of JWST are made of; stpipe finds it by the entry point ``stpipe.steps``."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy import units
from stpipe import Step

from amsd_astro.fits.layouts.table import layout_table
from amsd_astro.many.hosts.planes import denoise_planes, kept_denoiser

__all__ = ["AmsdStep"]


class AmsdStep(Step):
    """Denoises a data model of one image: by itself, in a pipeline, or as a hook after another step.

    Parameters of the step are ``n_steps``, the steps of training on the image (by default the packaged weights, set
    right by the image; 0 for these as they are), and ``seed``.

    Notes
    -----
    What comes in is not changed. What comes out is a copy with ``data`` and ``err`` replaced and an entry in its
    history; ``err`` is the 1-sigma map of the error that is left. Other planes of errors still describe the input.
    """

    class_alias = "amsd"
    prefetch_references = False
    spec = """
        output_ext = string(default='.fits')  # Kind of file to write
        n_steps = integer(min=0, default=None)  # Steps of training on the image; 0: the packaged weights as they are
        seed = integer(min=0, default=0)  # Seed of everything random
    """

    def process(self, init: Any) -> Any:
        """Denoise a data model, or the file that holds one."""
        model = self.open_model(init) if isinstance(init, str) else init
        result = denoise_planes(
            model.data,
            _is_bad(model.dq),
            _errors(model),
            unit=_unit(model),
            denoiser=kept_denoiser(self.n_steps, self.seed),
        )
        denoised = model.copy()
        if model is not init:
            model.close()
        assert result.uncertainty is not None
        denoised.data = np.asarray(result.data, dtype=np.float32)
        denoised.err = np.asarray(result.uncertainty.array, dtype=np.float32)
        header = result.header
        told = ", ".join(f"{key} {header[key]}" for key in ("AMSDVERS", "AMSDHASH", "AMSDRISK") if key in header)
        denoised.add_history_entry(f"denoised by amsd_astro: {told}")
        return denoised

    @classmethod
    def _datamodels_open(cls, init: Any, **settings: Any) -> Any:
        from stdatamodels.jwst import datamodels

        return datamodels.open(init, **settings)


def _is_bad(flags: Any) -> Any:
    """Return what makes a pixel of JWST bad, by the table of layouts."""
    (layout,) = [one for one in layout_table().layouts if one.title == "JWST"]
    return (np.asarray(flags, dtype=np.int64) & sum(layout.bad or {})) != 0


def _errors(model: Any) -> Any:
    """Return the 1-sigma errors; a model without has zeros."""
    errors = np.asarray(model.err)
    return errors if errors.shape == np.shape(model.data) and np.any(errors > 0) else None


def _unit(model: Any) -> Any:
    name = getattr(model.meta, "bunit_data", None)
    return units.Unit(name, parse_strict="silent") if name else units.dimensionless_unscaled
