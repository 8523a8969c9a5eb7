"""One exposure of many: read, denoised and written, its failure told as data."""

from __future__ import annotations

import copy
import logging
import time
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amsd_astro.errors import AmsdWarning
from amsd_astro.many.checkpoint_files import kept_on_interruption
from amsd_astro.many.existing_outputs import OPTIONS_KEYWORD, describe_options, is_done
from amsd_astro.many.failures import DONE, describe_failure
from amsd_astro.many.options import Options, stated_noise
from amsd_astro.many.work import Job

if TYPE_CHECKING:
    from amsd_astro.denoiser import Denoiser
    from amsd_astro.frames import Frame

__all__ = ["FileWork"]

_log = logging.getLogger(__name__)


class FileWork:
    """Denoises one file after another with one network.

    Parameters
    ----------
    options : Options
        How.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._made: Denoiser | None = None

    @property
    def n_threads(self) -> int | None:
        """Threads of the network; None for all that the process may use."""
        return self._options.threads

    @n_threads.setter
    def n_threads(self, value: int | None) -> None:
        self._options = replace(self._options, threads=value)

    def __call__(self, job: Job) -> dict[str, Any]:
        """Denoise a file; return the fields of a `Record` but for its paths."""
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", AmsdWarning)
            try:
                told = self._denoise(job)
            except Exception as error:  # noqa: BLE001 - goes into the record
                _log.debug("%s failed", job.path, exc_info=True)
                failure = describe_failure(error)
                told = {"kind": failure.kind, "status": failure.status, "message": failure.message}
        notes = tuple(str(one.message) for one in caught if issubclass(one.category, AmsdWarning))
        return {**told, "warnings": notes, "seconds": time.perf_counter() - start}

    def _denoise(self, job: Job) -> dict[str, Any]:
        from amsd_astro.frames import check_output, read_frame, refuse_denoised, refuse_mosaic, refuse_unsuitable

        digest = describe_options(self._options, job.path)
        if (self._options.skip_existing or job.was_missing) and is_done(job.output, job.path, digest):
            message = "the output is there, from the same input and options"
            return {"kind": "skipped", "status": DONE, "message": message}
        check_output(job.output, overwrite=self._options.overwrite, source=job.path)
        frame = read_frame(job.path, **self._options.reading())
        for own in frame.source.own_files if frame.source is not None else ():
            check_output(job.output, overwrite=self._options.overwrite, source=own.path)
        if not self._options.force:
            refuse_denoised(frame)
        refuse_unsuitable(frame)
        refuse_mosaic(frame)
        with kept_on_interruption(job.output) as checkpoint:
            result = self._denoiser().fit_denoise(frame, noise=stated_noise(self._options), checkpoint=checkpoint)
            result.header[OPTIONS_KEYWORD] = (digest, "digest of the options asked for")
            result.write(job.output, overwrite=self._options.overwrite)
        return {"kind": "denoised", "status": DONE, "shape": result.shape, "cards": _cards(result)}

    def _denoiser(self) -> Denoiser:
        """Return a denoiser that no file has taught anything."""
        from amsd_astro.denoiser import Denoiser

        if self._made is None:
            recipe, model, settings = self._options.recipe, self._options.model, self._options.settings()
            if model is not None:
                self._made = Denoiser.load(model, **settings)
            else:
                self._made = Denoiser(recipe or "amsd", **settings)
        return copy.copy(self._made)


def _cards(frame: Frame) -> dict[str, Any]:
    from amsd_astro.fits.world_coordinates import clean_header

    header = clean_header(frame.header)
    return {str(key): header[key] for key in header if str(key).startswith("AMSD")}
