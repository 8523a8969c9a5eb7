"""One exposure of many: read, denoised and written, its failure told as data."""

from __future__ import annotations

import copy
import logging
import time
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amsd_astro.errors import AmsdWarning
from amsd_astro.many.admission import read_for_output
from amsd_astro.many.cards import cards_of
from amsd_astro.many.checkpoint_files import kept_on_interruption
from amsd_astro.many.done_already import SKIPPED, Existing, Wanted, look_at
from amsd_astro.many.existing_outputs import OPTIONS_KEYWORD, describe_options, weights_in_cards
from amsd_astro.many.failures import DONE, describe_failure
from amsd_astro.many.options import Options, denoiser_settings, stated_noise
from amsd_astro.many.remote_planes import RemotePlanes
from amsd_astro.many.work import Job
from amsd_astro.regular_files import file_checksum
from amsd_astro.remote.addresses import shown_name

if TYPE_CHECKING:
    from amsd_astro.denoiser import Denoiser

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
        self._planes = RemotePlanes()

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
                _log.debug("%s failed", shown_name(job.path), exc_info=True)
                failure = describe_failure(error)
                told = {"kind": failure.kind, "status": failure.status, "message": failure.message}
        notes = tuple(str(one.message) for one in caught if issubclass(one.category, AmsdWarning))
        return {**told, "warnings": notes, "seconds": time.perf_counter() - start}

    def _denoise(self, job: Job) -> dict[str, Any]:
        from amsd_astro.remote.fetching import fetched

        options = self._planes.options(self._options)
        with fetched(job.path) as path:
            return self._denoise_here(path, job, options)

    def _denoise_here(self, path: str, job: Job, options: Options) -> dict[str, Any]:
        """Denoise a file of this machine."""
        from amsd_astro.remote.uploading import check_destination

        digest = describe_options(options, path)
        existing = Existing()
        if options.skip_existing or job.was_missing:
            wanted = Wanted(file_checksum(path), digest, lambda: weights_in_cards(options))
            existing = look_at(job.output, wanted)
            if existing.done:
                image = existing.done[0]
                told = {"shape": image.hdu.shape[-2:], "cards": cards_of(image.header)}
                return {"kind": "skipped", "status": DONE, "message": SKIPPED, **told}
        with existing.told():
            check_destination(job.output, overwrite=options.overwrite, source=path)
        how = {"force": options.force, "overwrite": options.overwrite}
        frame = read_for_output(path, options.reading(), job.output, **how)
        with kept_on_interruption(job.output) as checkpoint:
            settings: dict[str, Any] = {"noise": stated_noise(options), "force": options.force}
            result = self._denoiser().fit_denoise(frame, **settings, checkpoint=checkpoint)
            result.header[OPTIONS_KEYWORD] = (digest, "digest of the options asked for")
            result.write(job.output, overwrite=options.overwrite)
        return {"kind": "denoised", "status": DONE, "shape": result.shape, "cards": cards_of(result.header)}

    def _denoiser(self) -> Denoiser:
        """Return a denoiser that no file has taught anything."""
        from amsd_astro.denoiser import Denoiser

        if self._made is None:
            recipe, model, settings = self._options.recipe, self._options.model, denoiser_settings(self._options)
            if model is not None:
                self._made = Denoiser.load(model, **settings)
            else:
                self._made = Denoiser(recipe or "amsd", **settings)
        return copy.copy(self._made)
