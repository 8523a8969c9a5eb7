"""`amsd-astro inspect`: what is in a file, and what a denoising would take its noise to be."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from amsd_astro.cli.console import Console
from amsd_astro.cli.exit_statuses import DONE, describe_failure
from amsd_astro.cli.inputs import reading_options, stated_noise
from amsd_astro.cli.noise_record import noise_record
from amsd_astro.cli.text import one_line

if TYPE_CHECKING:
    from amsd_astro.fits.raw_hdus import RawHDU
    from amsd_astro.frames import Frame

__all__ = ["run"]


def run(args: argparse.Namespace, console: Console) -> int:
    """Show a file; its HDUs are listed also where no image can be chosen."""
    console.calm_astropy()
    record: dict[str, Any] = {"file": args.file, "ok": True, "kind": "inspected", "message": ""}
    status = DONE
    with console.collect_warnings() as notes:
        try:
            record["hdus"] = _list_hdus(args.file)
            record |= _look(args)
        except Exception as error:  # noqa: BLE001 - goes into the report
            failure = describe_failure(error)
            status = failure.status
            record |= {"ok": False, "kind": failure.kind, "message": failure.message}
            console.failure(failure.message, error)
    record |= {"status": status, "warnings": list(notes)}
    if args.json:
        console.json(record)
    elif "hdus" in record:
        console.result("\n".join(_lines(record)))
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


def _look(args: argparse.Namespace) -> dict[str, Any]:
    """Read the image and measure its noise."""
    from amsd_astro.frames import read_frame
    from amsd_astro.frames.noise import measure_noise, without_pattern
    from amsd_astro.frames.suitability import tell_doubts

    frame = read_frame(args.file, **reading_options(args))
    bare, pattern = without_pattern(frame)
    noise = measure_noise(bare, stated=stated_noise(args), has_pattern=False)
    tell_doubts(bare, noise, stacklevel=2)
    rows, columns = (0.0, 0.0) if pattern is None else pattern.widths
    offsets = {"rows": rows, "columns": columns}
    return {"image": _image_record(frame), "noise": noise_record(noise), "offsets": offsets}


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
    lines = [one_line(record["file"])]
    chosen = record.get("image", {}).get("hdu")
    for hdu in record["hdus"]:
        mark = "->" if hdu["index"] == chosen else "  "
        shape = " x ".join(str(n) for n in reversed(hdu["shape"]))
        name = hdu["name"] + (f",{hdu['version']}" if hdu["version"] not in (None, 1) else "")
        lines.append(
            one_line(f"{mark} {hdu['index']:>3} {name:<14} {hdu['kind']:<10} {shape} {hdu['problem']}").rstrip()
        )
    if "image" in record:
        lines += _image_lines(record["image"], record["noise"], record["offsets"])
    return lines


def _agreement(noise: dict[str, Any]) -> str:
    """Variance of the sky as it was stated over the measured one; nan where a pedestal may be in the way."""
    if noise["agreement"] == noise["agreement"]:
        return f"{noise['agreement']:.3f}"
    return "not comparable" if noise["source"] in ("caller", "header", "variance plane") else "none stated"


def _image_lines(image: dict[str, Any], noise: dict[str, Any], offsets: dict[str, float]) -> list[str]:
    unit = image["unit"]
    ny, nx = image["shape"]
    rows = [
        ("image", f"HDU {image['hdu']}, {nx} x {ny} pixels, {image['dtype']}, {image['n_masked']} masked"),
        ("unit", unit or "none stated"),
        ("sky level", f"{noise['sky']:.6g} {unit}"),
        ("sky sigma", f"{noise['sky_sigma']:.4g} {unit}"),
        ("variance", f"{noise['slope']:.4g} * signal + {noise['floor']:.4g}{_floor_note(noise)}"),
        ("slope from", noise["source"]),
        ("stated/measured", _agreement(noise)),
        ("correlation", f"{noise['correlation_x']:.3f} along x, {noise['correlation_y']:.3f} along y (next pixel)"),
    ]
    if any(offsets.values()):
        rows.append(
            ("offsets", f"{offsets['rows']:.2f} of rows, {offsets['columns']:.2f} of columns (rms, over the noise)")
        )
    if image["denoised"]:
        rows.append(("denoised", "yes: this is an output of amsd-astro"))
    return [f"{name + ':':<17}{value}".rstrip() for name, value in rows]


def _floor_note(noise: dict[str, Any]) -> str:
    return " (median of a map)" if noise["floor_is_map"] else ""
