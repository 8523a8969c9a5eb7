"""`amsd-astro denoise`: each file read, denoised and written; one after another, or several at a time."""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.commands.chips import ALL, check_chips, denoise_chips
from amsd_astro.cli.console import Console, NotingConsole
from amsd_astro.cli.exit_statuses import DONE, SOME_FAILED, Terminated, UsageError, describe_failure
from amsd_astro.cli.inputs import check_model, reading_options, stated_noise
from amsd_astro.cli.nights.file_lists import check_folder, expand_files
from amsd_astro.cli.nights.night import check_night, run_night
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.cli.remote_inputs import check_places
from amsd_astro.cli.result_records import describe_existing, describe_result
from amsd_astro.cli.tensorflow_import import without_plots
from amsd_astro.frames.denoising_record import error_left
from amsd_astro.many.admission import read_for_output
from amsd_astro.many.checkpoint_files import kept_on_interruption
from amsd_astro.many.done_already import SKIPPED, Existing, Wanted, look_at
from amsd_astro.many.existing_outputs import OPTIONS_KEYWORD, describe_options, weights_in_cards
from amsd_astro.many.options import denoiser_settings
from amsd_astro.many.outputs import name_outputs
from amsd_astro.many.remote_planes import RemotePlanes
from amsd_astro.many.work import Job
from amsd_astro.modes import steps_of
from amsd_astro.progress import begin
from amsd_astro.regular_files import file_checksum
from amsd_astro.remote.addresses import shown_name
from amsd_astro.remote.fetching import fetched

if TYPE_CHECKING:
    from amsd_astro.denoiser import Denoiser
    from amsd_astro.frames import Frame

__all__ = ["check_denoising", "new_denoiser", "plan_outputs", "run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Denoise the files of a command line; one that fails does not stop the others."""
    check_denoising(args)
    check_chips(args)
    check_night(args)
    files = expand_files(args.files)
    check_places(files, args)
    jobs = [Job.planned(path, out) for path, out in zip(files, plan_outputs(files, args), strict=True)]
    console.calm_astropy()
    if args.jobs > 1 or args.scheduler is not None:
        statuses = run_night(_FileWork(args), jobs, args, console)
    else:
        source = _Denoisers(args)
        statuses = [_run_file(job, args, source, console) for job in jobs]
    if len(statuses) == 1:
        return statuses[0]
    return SOME_FAILED if any(statuses) else DONE


def check_denoising(args: argparse.Namespace) -> None:
    """Refuse options of denoising that contradict each other; a mode is from here on the steps it stands for."""
    try:
        args.steps = steps_of(args.mode, args.steps)
    except ValueError as error:
        raise UsageError(f"argument --mode: {error}") from None
    if args.model is not None and args.recipe is not None:
        raise UsageError("argument --recipe: a model has its own recipe; not allowed with argument --model")
    if args.recipe == "thesis" and args.steps == 0:
        raise UsageError("argument --steps: 0 is for a network that is trained already, see --model")


def plan_outputs(files: list[str], args: argparse.Namespace) -> list[Path | str]:
    """Return the output of each input."""
    if args.output is None:
        return name_outputs(files, args.directory)
    if len(files) > 1:
        raise UsageError(f"argument -o/--output: takes one FILE, use -d for several. Received: {len(files)} files")
    return [args.output]


def _run_file(job: Job, args: argparse.Namespace, source: _Denoisers, console: Console) -> int:
    """Denoise one file and report it; return its exit status."""
    record, stopped = _try_file(job, args, source, console)
    if args.json:
        console.json(record)
    elif record["ok"]:
        console.result(_summary(record))
    if stopped is not None:
        raise stopped
    return int(record["status"])


def _try_file(
    job: Job, args: argparse.Namespace, source: _Denoisers, console: Console
) -> tuple[dict[str, Any], BaseException | None]:
    """Denoise one file; return what there is to tell, and the signal that stopped it, if one did."""
    start = time.perf_counter()
    record: dict[str, Any] = {"file": shown_name(job.path), "output": shown_name(job.output), "ok": False}
    stopped: BaseException | None = None
    with console.collect_warnings() as notes:
        try:
            with fetched(job.path) as path:
                record |= {"status": DONE, **_denoise_file(path, job.output, source.local(args), source, console)}
        except (Exception, KeyboardInterrupt, Terminated) as error:  # noqa: BLE001 - goes into the report
            failure = describe_failure(error)
            record |= {"kind": failure.kind, "message": failure.message, "status": failure.status}
            if isinstance(error, Exception):
                console.failure(failure.message, error)
            else:
                stopped = error
    record |= {"warnings": list(notes), "seconds": round(time.perf_counter() - start, 3)}
    return record, stopped


class _FileWork:
    """What a night's process does with a file: what is done here with a file, and the lines for standard error."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = argparse.Namespace(**{name: value for name, value in vars(args).items() if name != "parser"})
        self._source: _Denoisers | None = None

    @property
    def n_threads(self) -> int | None:
        return self._args.threads

    @n_threads.setter
    def n_threads(self, value: int | None) -> None:
        self._args.threads = value

    def __call__(self, job: Job) -> dict[str, Any]:
        self._source = self._source or _Denoisers(self._args)
        args = argparse.Namespace(**vars(self._args))
        args.skip_existing |= job.was_missing
        with NotingConsole(self._args.verbose, self._args.quiet) as console:
            console.calm_astropy()
            record, stopped = _try_file(job, args, self._source, console)
        if stopped is not None:
            raise stopped
        return {**record, "lines": console.lines}


class _Denoisers:
    """One denoiser for all files, made when the first needs it: a network for each would pile up in memory."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._options = ""
        self._made: Denoiser | None = None
        self._planes = RemotePlanes()

    def local(self, args: argparse.Namespace) -> argparse.Namespace:
        """Return options that name files of this machine."""
        found: argparse.Namespace = self._planes.options(args)
        return found

    def fresh(self, options: str) -> Denoiser:
        """Return a denoiser that no file has taught anything; the digest of the options tells a model that changed."""
        if self._made is None or options != self._options:
            self._made, self._options = new_denoiser(self._args), options
        return copy.copy(self._made)


def _denoise_file(
    path: str, output: str, args: argparse.Namespace, source: _Denoisers, console: Console
) -> dict[str, Any]:
    """Denoise one file; whatever can be refused is refused before TensorFlow is loaded."""
    from amsd_astro.remote.uploading import check_destination

    check_folder(path)
    options = describe_options(args)
    told = describe_options(args, path)
    existing = Existing()
    if args.skip_existing:
        existing = look_at(output, Wanted(file_checksum(path), told, lambda: weights_in_cards(args)))
        if existing.done:
            return {"ok": True, "kind": "skipped", "message": SKIPPED, **describe_existing(existing, args)}
    check_model(args.model)
    with existing.told():
        check_destination(output, overwrite=args.overwrite, source=path)

    def denoise(one: argparse.Namespace, label: str, then: Callable[[Frame], None] = lambda result: None) -> Frame:
        with ProgressBar(label, shown=not args.quiet) as bar:
            begin(bar, "reading")
            frame = read_for_output(path, reading_options(one), output, force=one.force, overwrite=args.overwrite)
            begin(bar, "loading the network")
            denoiser = source.fresh(options)
            with kept_on_interruption(output) as checkpoint, without_plots():
                settings: dict[str, Any] = {"noise": stated_noise(args), "force": args.force}
                result = denoiser.fit_denoise(frame, **settings, progress=bar, checkpoint=checkpoint)
                result.header[OPTIONS_KEYWORD] = (told, "digest of the options asked for")
                begin(bar, "writing")
                then(result)
        return result

    done = {"ok": True, "kind": "denoised", "message": ""}
    if args.ext == ALL:
        return {**done, **denoise_chips(path, output, args, console, denoise, describe_result)}
    result = denoise(args, Path(path).name, lambda result: result.write(output, overwrite=args.overwrite))
    return {**done, **describe_result(result)}


def new_denoiser(args: argparse.Namespace) -> Denoiser:
    """Make the denoiser that the options ask for."""
    from amsd_astro.denoiser import Denoiser

    settings = denoiser_settings(args)
    if args.model is not None:  # checked before TensorFlow is loaded
        with without_plots():
            return Denoiser.load(args.model, **settings)
    return Denoiser(args.recipe, **settings) if args.recipe else Denoiser(**settings)


def _summary(record: dict[str, Any]) -> str:
    """Return one line about a file that is done."""
    if record["kind"] == "skipped":
        return f"{record['output']}: skipped, {record['message']}"
    parts = [] if record.get("mode") is None else [f"mode {record['mode']}"]
    if "chips" in record:
        n_done = sum(chip["ok"] for chip in record["chips"])
        return f"{record['output']}: {n_done} of {len(record['chips'])} images denoised, {record['seconds']:.1f} s"
    if record["noise"] is not None:
        parts.append(f"noise of the sky {record['noise']['sky_sigma']:.4g} {record['unit']}".rstrip())
        if record["noise"]["source"] == "assumed":
            parts.append("photon noise assumed, as no gain is known")
    if record["unchanged"]:
        parts.append("left as it was: it shows no noise")
    elif not record["trusted"]:
        parts.append("not to be trusted: the noise is not what it was taken for")
    elif record["risk"] is not None:
        parts.append(f"estimated rms error left {error_left(record['risk'])}")
    if record["steps"]:
        parts.append(f"{record['steps']} steps")
    parts.append(f"{record['seconds']:.1f} s")
    return f"{record['output']}: {', '.join(parts)}"
