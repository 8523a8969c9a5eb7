"""`denoise_many`: a list of exposures, here, in processes or on a cluster."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from astropy import units as u

from amsd_astro.frames.measures.stated_quantities import without_units
from amsd_astro.many.machine import check_processes
from amsd_astro.many.one_file import FileWork
from amsd_astro.many.options import Options
from amsd_astro.many.outputs import name_outputs, once_each
from amsd_astro.many.processes import run_in_processes
from amsd_astro.many.record import Record
from amsd_astro.many.work import Job, Work
from amsd_astro.modes import steps_of
from amsd_astro.remote.addresses import absolute, shown_name

__all__ = ["denoise_many"]


def denoise_many(
    paths: Sequence[str | os.PathLike[str]],
    directory: str | os.PathLike[str],
    *,
    client: Any = None,
    n_jobs: int = 1,
    recipe: str | None = None,
    model: str | os.PathLike[str] | None = None,
    mode: str | None = None,
    steps: int | None = None,
    seed: int = 0,
    n_threads: int | None = None,
    n_orientations: int | None = None,
    flux_tolerance: float | None = None,
    destripe: bool = False,
    engine: str | None = None,
    ext: int | str | tuple[str, int] | None = None,
    mask_file: str | os.PathLike[str] | None = None,
    error_file: str | os.PathLike[str] | None = None,
    companions: bool = False,
    noise: Mapping[str, float | None] | tuple[float, float] | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
    force: bool = False,
    progress: Callable[[int, int, Record], None] | None = None,
) -> list[Record]:
    """Denoise many exposures into a folder; one that fails does not stop the others.

    The outputs are those of `amsd-astro denoise -d DIRECTORY`, byte for byte for the same number of threads, and each
    finds again what the other made. Outputs appear whole or not at all.

    Parameters
    ----------
    paths : sequence of path-like
        The exposures, files or addresses (extra: remote). One that is named twice is denoised once.
    directory : path-like
        The folder for NAME_amsd.fits, or NAME_DIGEST_amsd.fits for inputs that share a name. It has to be there. Or an
        address such as s3://bucket/night: outputs are uploaded when they are whole.
    client : distributed.Client, optional
        Of a dask cluster, whose workers see the files under the same paths. A worker does one exposure at a time. The
        exposure of one that dies is given to another.
    n_jobs : int, optional
        Processes on this machine. By default all is done in this one. With more than one the calling script needs
        ``if __name__ == "__main__":``, as `multiprocessing` asks for.
    recipe, mode, steps, seed, n_orientations, flux_tolerance, destripe, engine : optional
        As for a `Denoiser`.
    model : path-like, optional
        A model file in the place of a recipe. Workers of a cluster have to see it, too.
    n_threads : int, optional
        Threads of each process or worker; by default those of the worker, or the processors shared out among the
        processes.
    ext : int, str or (str, int), optional
        Which HDU of each file.
    mask_file, error_file, companions : optional
        As for `read_frame`: the files named are used for all exposures.
    noise : mapping or (float, float), optional
        ``{"gain": e_per_adu, "read_noise": e}``, or slope and floor of a noise model, for all exposures.
    overwrite : bool, optional
        Whether outputs may exist.
    skip_existing : bool, optional
        Leave out exposures whose output records the same input, options, weights and version of the package.
    force : bool, optional
        Denoise again what is denoised already.
    progress : callable, optional
        Called as ``progress(n_done, n_all, record)`` for each exposure as soon as it is done.

    Returns
    -------
    list of Record
        What became of each exposure, in their order; failures are among them.

    Raises
    ------
    ValueError
        There are fewer processors or less memory than so many processes need.
    MemoryError, RuntimeError, OSError
        A worker is too small, or has another version of the package; the scheduler is lost.

    Examples
    --------
    >>> import os
    >>> from amsd_astro import denoise_many
    >>> os.mkdir("out")
    >>> (record,) = denoise_many(["exposure.fits"], "out", mode="fast")
    >>> record.kind, os.listdir("out")
    ('denoised', ['exposure_amsd.fits'])
    """
    gain, read_noise, noise_model = _stated(noise)
    options = Options(
        recipe=recipe,
        model=None if model is None else os.path.abspath(model),
        steps=steps_of(mode, steps),
        seed=seed,
        threads=n_threads,
        orientations=n_orientations,
        flux_tolerance=flux_tolerance,
        destripe=destripe,
        engine=engine,
        ext=_as_words(ext),
        mask_file=None if mask_file is None else absolute(mask_file),
        error_file=None if error_file is None else absolute(error_file),
        companions=companions,
        gain=gain,
        read_noise=read_noise,
        noise_model=noise_model,
        overwrite=overwrite,
        skip_existing=skip_existing,
        force=force,
    )
    if isinstance(paths, str | os.PathLike):
        raise TypeError(f"paths must be several paths. Received: one, {os.fspath(paths)!r}")
    files = once_each([os.fspath(path) for path in paths])
    jobs = [Job.planned(path, output) for path, output in zip(files, name_outputs(files, directory), strict=True)]
    records: dict[Job, Record] = {}
    with contextlib.closing(_done(FileWork(options), jobs, client, n_jobs)) as done:
        for job, told in done:
            names = {"path": shown_name(job.path), "output": shown_name(job.output)}
            records[job] = Record(**{**names, **_fields(told)})
            if progress is not None:
                progress(len(records), len(jobs), records[job])
    return [records[job] for job in jobs]


def _done(work: Work, jobs: Sequence[Job], client: Any, n_jobs: int) -> Generator[tuple[Job, dict[str, Any]]]:
    """Do all jobs where they are to be done."""
    if client is not None:
        from amsd_astro.many.cluster import run_on_cluster

        return run_on_cluster(client, work, jobs)
    if n_jobs < 1:
        raise ValueError(f"n_jobs must be at least 1. Received: {n_jobs!r}")
    if n_jobs == 1:
        return ((job, work(job)) for job in jobs)
    work.n_threads = check_processes(n_jobs, work.n_threads)
    return run_in_processes(work, jobs, n_jobs=n_jobs)


def _fields(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "ok"}


def _as_words(ext: int | str | tuple[str, int] | None) -> str | None:
    """Return an HDU as the command line names it."""
    if isinstance(ext, tuple):
        return f"{ext[0]},{ext[1]}"
    return None if ext is None else str(ext)


def _stated(
    noise: Mapping[str, float | None] | tuple[float, float] | None,
) -> tuple[float | None, float | None, tuple[float, float] | None]:
    """Return gain, read noise and noise model."""
    if noise is None:
        return None, None, None
    if isinstance(noise, Mapping):
        unknown = set(noise) - {"gain", "read_noise"}
        if unknown:
            raise ValueError(f"noise may have the keys gain and read_noise. Received: {', '.join(sorted(unknown))}")
        plain = without_units(noise, u.adu)
        assert isinstance(plain, Mapping)
        return plain.get("gain"), plain.get("read_noise"), None
    slope, floor = noise
    return None, None, (float(slope), float(floor))
