"""`amsd-astro denoise`: each file read, denoised and written, one after another."""

from __future__ import annotations

import argparse
import copy
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.checkpoint_files import kept_on_interruption
from amsd_astro.cli.commands.chips import ALL, check_chips, denoise_chips
from amsd_astro.cli.console import Console
from amsd_astro.cli.existing_outputs import OPTIONS_KEYWORD, describe_options, is_done
from amsd_astro.cli.exit_statuses import DONE, SOME_FAILED, Terminated, UsageError, describe_failure
from amsd_astro.cli.inputs import check_model, read_input, stated_noise
from amsd_astro.cli.noise_record import noise_record
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.cli.tensorflow_import import import_tensorflow, without_plots
from amsd_astro.fits.world_coordinates import clean_header
from amsd_astro.frames.denoising_record import read_record

if TYPE_CHECKING:
    from amsd_astro.denoiser import Denoiser
    from amsd_astro.frames import Frame

__all__ = ["check_denoising", "describe_result", "new_denoiser", "plan_outputs", "run"]

_ENDINGS = (".gz", ".bz2", ".xz", ".fz", ".fits", ".fit", ".fts")


def run(args: argparse.Namespace, console: Console) -> int:
    """Denoise the files of a command line; one that fails does not stop the others."""
    check_denoising(args)
    check_chips(args)
    outputs = plan_outputs(args.files, args.output, args.directory)
    console.calm_astropy()
    source = _Denoisers(args)
    statuses = [_run_file(path, out, args, source, console) for path, out in zip(args.files, outputs, strict=True)]
    if len(statuses) == 1:
        return statuses[0]
    return SOME_FAILED if any(statuses) else DONE


def check_denoising(args: argparse.Namespace) -> None:
    """Refuse options of denoising that contradict each other."""
    if args.model is not None and args.recipe is not None:
        raise UsageError("argument --recipe: a model has its own recipe; not allowed with argument --model")
    if args.recipe == "thesis" and args.steps == 0:
        raise UsageError("argument --steps: 0 is for a network that is trained already, see --model")


def plan_outputs(files: list[str], output: str | None, directory: str | None) -> list[Path]:
    """Return the output of each input.

    Parameters
    ----------
    files : list of str
        The inputs.
    output : str or None
        The one output.
    directory : str or None
        Where NAME_amsd.fits goes; beside each input if None.

    Raises
    ------
    UsageError
        Two inputs have the same output.
    """
    if output is not None:
        if len(files) > 1:
            raise UsageError(f"argument -o/--output: takes one FILE, use -d for several. Received: {len(files)} files")
        return [Path(output)]
    outputs = [(Path(path).parent if directory is None else Path(directory)) / _output_name(path) for path in files]
    taken: dict[str, str] = {}
    for path, out in zip(files, outputs, strict=True):
        other = taken.setdefault(os.path.realpath(out), path)
        if other is not path:
            raise UsageError(f"{other} and {path} would both be written to {out}")
    return outputs


def _output_name(path: str) -> str:
    name = Path(path).name
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return f"{name}_amsd.fits"


def _run_file(path: str, output: Path, args: argparse.Namespace, source: _Denoisers, console: Console) -> int:
    """Denoise one file and report it; return its exit status."""
    start = time.perf_counter()
    record: dict[str, Any] = {"file": path, "output": str(output), "ok": False}
    stopped: BaseException | None = None
    with console.collect_warnings() as notes:
        try:
            record |= _denoise_file(path, output, args, source, console)
            status = record.get("status", DONE)
        except (Exception, KeyboardInterrupt, Terminated) as error:  # noqa: BLE001 - goes into the report
            failure = describe_failure(error)
            status = failure.status
            record |= {"kind": failure.kind, "message": failure.message}
            if isinstance(error, Exception):
                console.failure(failure.message, error)
            else:
                stopped = error
    record |= {"status": status, "warnings": list(notes), "seconds": round(time.perf_counter() - start, 3)}
    if args.json:
        console.json(record)
    elif record["ok"]:
        console.result(_summary(record))
    if stopped is not None:
        raise stopped
    return status


class _Denoisers:
    """One denoiser for all files, made when the first needs it: a network for each would pile up in memory."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._options = ""
        self._made: Denoiser | None = None

    def fresh(self, options: str) -> Denoiser:
        """Return a denoiser that no file has taught anything; the digest of the options tells a model that changed."""
        if self._made is None or options != self._options:
            self._made, self._options = new_denoiser(self._args), options
        return copy.copy(self._made)


def _denoise_file(
    path: str, output: Path, args: argparse.Namespace, source: _Denoisers, console: Console
) -> dict[str, Any]:
    """Denoise one file; whatever can be refused is refused before TensorFlow is loaded."""
    from amsd_astro.frames import check_output

    options = describe_options(args)
    told = describe_options(args, path)
    if args.skip_existing and is_done(output, path, told):
        return {"ok": True, "kind": "skipped", "message": "the output is there, from the same input and options"}
    check_model(args.model)
    check_output(output, overwrite=args.overwrite, source=path)

    def denoise(one: argparse.Namespace, label: str, then: Callable[[Frame], None] = lambda result: None) -> Frame:
        frame = read_input(path, one)
        for own in frame.source.own_files if frame.source is not None else ():
            check_output(output, overwrite=args.overwrite, source=own.path)
        with ProgressBar(label, shown=not args.quiet) as bar:
            denoiser = source.fresh(options)
            with kept_on_interruption(output) as checkpoint:
                result = denoiser.fit_denoise(frame, noise=stated_noise(args), progress=bar, checkpoint=checkpoint)
                result.header[OPTIONS_KEYWORD] = (told, "digest of the options asked for")
                then(result)
        return result

    done = {"ok": True, "kind": "denoised", "message": ""}
    if args.ext == ALL:
        return {**done, **denoise_chips(path, output, args, console, denoise, describe_result)}
    result = denoise(args, Path(path).name, lambda result: result.write(output, overwrite=args.overwrite))
    return {**done, **describe_result(result)}


def new_denoiser(args: argparse.Namespace) -> Denoiser:
    """Make the denoiser that the options ask for; TensorFlow is loaded here."""
    from amsd_astro.denoiser import Denoiser

    settings: dict[str, Any] = {
        "steps": args.steps,
        "seed": args.seed or 0,
        "n_threads": args.threads,
        "n_orientations": args.orientations,
    }
    if args.destripe:
        settings["destripe"] = True
    if args.flux_tolerance is not None:
        settings["flux_tolerance"] = args.flux_tolerance
    if args.model is not None:  # checked before TensorFlow is loaded
        with without_plots():
            return Denoiser.load(args.model, **settings)
    import_tensorflow(n_threads=args.threads)
    return Denoiser(args.recipe, **settings) if args.recipe else Denoiser(**settings)


def describe_result(result: Frame) -> dict[str, Any]:
    """Return what is known of a denoised frame: its noise model and its AMSD cards."""
    header = clean_header(result.header)  # those of a file can be anything
    cards = {str(key): header[key] for key in header if str(key).startswith("AMSD")}
    record = read_record(result.header)
    return {
        "recipe": cards.get("AMSDRCP"),
        "steps": cards.get("AMSDSTEP"),
        "seed": cards.get("AMSDSEED"),
        "risk": cards.get("AMSDRISK"),
        "trusted": record is None or record.is_trusted,
        "unchanged": bool(cards.get("AMSDSAME", False)),
        "unit": str(result.unit),
        "noise": noise_record(result.noise),
        "cards": cards,
    }


def _summary(record: dict[str, Any]) -> str:
    """Return one line about a file that is done."""
    if record["kind"] == "skipped":
        return f"{record['output']}: skipped, {record['message']}"
    parts = []
    if "chips" in record:
        n_done = sum(chip["ok"] for chip in record["chips"])
        return f"{record['output']}: {n_done} of {len(record['chips'])} images denoised, {record['seconds']:.1f} s"
    if record["noise"] is not None:
        parts.append(f"noise of the sky {record['noise']['sky_sigma']:.4g} {record['unit']}".rstrip())
    if record["unchanged"]:
        parts.append("left as it was: it shows no noise")
    elif not record["trusted"]:
        parts.append("not to be trusted: the noise is not what it was taken for")
    elif record["risk"] is not None:
        parts.append(f"estimated rms error left {max(record['risk'], 0) ** 0.5:.2f} of the noise")
    if record["steps"] is not None:
        parts.append(f"{record['steps']} steps")
    parts.append(f"{record['seconds']:.1f} s")
    return f"{record['output']}: {', '.join(parts)}"
