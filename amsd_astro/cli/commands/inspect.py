"""`amsd-astro inspect`: what is in a file, and what a denoising would take its noise to be."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import DONE, SOME_FAILED, describe_failure
from amsd_astro.cli.inputs import reading_options, stated_noise
from amsd_astro.cli.inspection import image_lines
from amsd_astro.cli.inspection_verdict import verdict_of
from amsd_astro.cli.nights.file_lists import expand_files
from amsd_astro.cli.noise_record import noise_record
from amsd_astro.cli.progress import ProgressBar
from amsd_astro.cli.remote_inputs import local_inputs
from amsd_astro.progress import Progress, begin
from amsd_astro.remote.addresses import shown_name

if TYPE_CHECKING:
    from amsd_astro.fits.raw_hdus import RawHDU
    from amsd_astro.frames import Frame
    from amsd_astro.noise.model import NoiseModel

__all__ = ["run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Show files, and those in folders, one after the other; HDUs are listed also where no image can be chosen."""
    console.calm_astropy()
    statuses = []
    files = (path for word in args.files for path in expand_files([word]))  # one that is named twice is shown twice
    for n, path in enumerate(files):
        if n and not args.json:
            console.result("")
        statuses.append(_inspect(path, args, console))
    return statuses[0] if len(statuses) == 1 else SOME_FAILED if any(statuses) else DONE


def _inspect(path: str, args: argparse.Namespace, console: Console) -> int:
    record: dict[str, Any] = {"file": shown_name(path), "ok": True, "kind": "inspected", "message": ""}
    status = DONE
    with console.collect_warnings() as notes:
        try:
            with ProgressBar(Path(record["file"]).name, shown=not args.quiet) as bar:
                begin(bar, "reading")
                with local_inputs(argparse.Namespace(**{**vars(args), "files": None, "file": path})) as local:
                    record["hdus"] = _list_hdus(local.file)
                    record |= _look(local, bar)
        except Exception as error:  # noqa: BLE001 - goes into the report
            failure = describe_failure(error)
            status = failure.status
            record |= {"ok": False, "kind": failure.kind, "message": failure.message}
            console.failure(failure.message, error)
    record |= {"status": status, "warnings": list(notes)}
    if record["ok"]:
        record["verdict"] = verdict_of(record)
    if args.json:
        console.json(record)
    elif "hdus" in record:
        console.result(*_lines(record))
    return status


def _list_hdus(path: str) -> list[dict[str, Any]]:
    from amsd_astro.fits.scanning import scan

    return [_hdu_record(hdu) for hdu in scan(path, warn=False).hdus]


def _hdu_record(hdu: RawHDU) -> dict[str, Any]:
    return {
        "index": hdu.index,
        "name": hdu.name,
        "version": hdu.version,
        "kind": hdu.kind,
        "shape": list(hdu.shape),
        "bitpix": hdu.bitpix,
        "problem": hdu.problem,
    }


def _look(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Read the image and measure its noise."""
    from amsd_astro.frames import read_frame
    from amsd_astro.frames.measures.detector import detector_of
    from amsd_astro.frames.noise import measure_noise, slopes_by_source, without_pattern
    from amsd_astro.frames.suitability import tell_doubts

    frame = read_frame(args.file, **reading_options(args))
    begin(progress, "measuring the noise")
    bare, pattern = without_pattern(frame)
    noise = measure_noise(bare, stated=stated_noise(args), has_pattern=False)
    tell_doubts(bare, noise, stacklevel=2)
    begin(progress, "comparing it with what is stated")
    rows, columns = (0.0, 0.0) if pattern is None else pattern.widths
    offsets = {"rows": rows, "columns": columns}
    stated = args.read_noise if args.gain is not None else None
    found = {"slopes": slopes_by_source(bare, noise), **(noise_record(noise) or {})}
    found |= vars(detector_of(bare, noise, read_noise=stated))
    if args.noise_model is not None:  # it is used as it is, and not compared there
        found["agreement"] = _agreement(noise, measure_noise(bare, has_pattern=False))
    told = {"image": _image_record(frame), "planes": _planes(frame), "noise": found, "offsets": offsets}
    return told | {"refused": _refusal(frame)}


def _agreement(noise: NoiseModel, measured: NoiseModel) -> float:
    """Variance of the sky by a model that is stated as a whole, over the one that is measured."""
    if not measured.sky_variance > 0:
        return float("nan")
    return float(noise.variance(measured.sky).mean() / measured.sky_variance)


def _refusal(frame: Frame) -> str:
    """Why a frame would not be denoised; empty where it would."""
    from amsd_astro.errors import FrameError
    from amsd_astro.frames import refuse_mosaic, refuse_unsuitable

    try:
        refuse_unsuitable(frame)
        refuse_mosaic(frame)
    except FrameError as error:
        return describe_failure(error).message
    return ""


def _planes(frame: Frame) -> list[dict[str, Any]]:
    """What was made of each plane beside the image."""
    assert frame.source is not None  # it was read from a file
    return [{**vars(plane), "flags": dict(plane.flags)} for plane in frame.source.planes]


def _image_record(frame: Frame) -> dict[str, Any]:
    source = frame.source
    assert source is not None  # it was read from a file
    return {
        "hdu": source.hdu,
        "name": source.name,
        "version": source.version,
        "shape": list(frame.data.shape),
        "dtype": str(frame.data.dtype),
        "unit": str(frame.unit),
        "n_masked": int(frame.mask.sum()),
        "has_errors": frame.uncertainty is not None,
        "denoised": source.keyword("AMSDVERS") is not None,
    }


def _lines(record: dict[str, Any]) -> list[str]:
    lines = [record["file"]]
    chosen = record.get("image", {}).get("hdu")
    for hdu in record["hdus"]:
        mark = "->" if hdu["index"] == chosen else "  "
        shape = " x ".join(str(n) for n in reversed(hdu["shape"]))
        name = hdu["name"] + (f",{hdu['version']}" if hdu["version"] not in (None, 1) else "")
        lines.append(f"{mark} {hdu['index']:>3} {name:<14} {hdu['kind']:<10} {shape} {hdu['problem']}".rstrip())
    if "image" in record:
        lines += image_lines(record)
    return lines
