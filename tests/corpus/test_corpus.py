"""Awkward but valid files go through the whole command line, and nothing but the noise of the one image changes."""

from __future__ import annotations

import bz2
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import awkward_cards  # noqa: F401
import awkward_layouts  # noqa: F401
import awkward_missing  # noqa: F401
import awkward_names  # noqa: F401
import awkward_pixels  # noqa: F401
import awkward_planes  # noqa: F401
import awkward_sky  # noqa: F401
import awkward_tiles  # noqa: F401
import numpy as np
import pytest
from awkward_case import CASES, Case
from awkward_headers import FEW_HEADERS, known_headers, under_header
from known_files import (
    CHOSEN_OF_SHARED,
    OF_ASTROPY,
    PACKAGE,
    REFUSED_OF_ASTROPY,
    REFUSED_OF_SHARED,
    SHARED,
    find_shared,
)
from raw_reader import Hdu, split_hdus
from round_trip import RoundTrip, check_all, pixels_of, unpacked

from amsd_astro.frames import read_frame

Travel = Callable[..., RoundTrip]
Run = Callable[..., dict[str, Any]]

SMALL = 200_000
"""Bytes on disk; what is larger takes its time."""

FOUND = find_shared()


def _parameters(paths: list[Path]) -> list[Any]:
    return [
        pytest.param(
            path,
            id=path.relative_to(SHARED).as_posix(),
            marks=[pytest.mark.slow] if path.stat().st_size > SMALL else [],
        )
        for path in paths
    ]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_made_file(case: Case, travel: Travel, tmp_path: Path) -> None:
    made = case.made()
    trip = travel(case.name, made.body, case.image, *case.words)
    assert len(trip.warnings) == len(case.warns), trip.warnings
    assert all(part in text for part, text in zip(case.warns, trip.warnings, strict=True)), trip.warnings
    check_all(
        trip,
        tmp_path,
        pixels=made.pixels,
        masked=made.masked,
        version=case.version,
        n_skies=case.n_skies,
        double=case.double,
    )


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in FEW_HEADERS else [pytest.mark.slow]) for name in known_headers()],
)
def test_a_header_of_astropy(name: str, travel: Travel, tmp_path: Path) -> None:
    check_all(travel("in.fits", under_header(name), 0), tmp_path)


@pytest.mark.parametrize("name", OF_ASTROPY)
def test_a_file_of_astropy(name: str, travel: Travel, tmp_path: Path) -> None:
    image, ext = OF_ASTROPY[name]
    _check_known(PACKAGE / name, image, ext, travel, tmp_path)


@pytest.mark.parametrize(
    "path", _parameters([p for p in FOUND if p.name not in {*REFUSED_OF_SHARED} - {*CHOSEN_OF_SHARED}])
)
def test_a_real_file(path: Path, travel: Travel, tmp_path: Path) -> None:
    image, ext = CHOSEN_OF_SHARED.get(path.name, (None, ""))
    _check_known(path, image, ext, travel, tmp_path)


def _check_known(path: Path, image: int | None, ext: str, travel: Travel, folder: Path) -> None:
    if not path.exists():
        pytest.skip("not in this place")
    body = path.read_bytes()
    hdus, _ = split_hdus(unpacked(body))
    index = _only_image(hdus) if image is None else image
    trip = travel(path.name, body, index, *(["--ext", ext] if ext else []))
    check_all(trip, folder, version=int(hdus[index].number("EXTVER", 1)))


def _only_image(hdus: list[Hdu]) -> int:
    """Return the HDU that is the image without being asked for."""
    named = [i for i, hdu in enumerate(hdus) if hdu.text("EXTNAME") in ("SCI", "IMAGE")]
    planes = [i for i, hdu in enumerate(hdus) if hdu.is_plane]
    (image,) = named if len(named) == 1 else planes
    return image


@pytest.mark.parametrize("name", REFUSED_OF_ASTROPY)
def test_a_file_of_astropy_that_is_refused(name: str, run: Run, tmp_path: Path) -> None:
    _check_refused(PACKAGE / name, REFUSED_OF_ASTROPY[name], run, tmp_path)


@pytest.mark.parametrize("path", _parameters([path for path in FOUND if path.name in REFUSED_OF_SHARED]))
def test_a_real_file_that_is_refused(path: Path, run: Run, tmp_path: Path) -> None:
    _check_refused(path, REFUSED_OF_SHARED[path.name], run, tmp_path)


def _check_refused(path: Path, why: str, run: Run, folder: Path) -> None:
    if not path.exists():
        pytest.skip("not in this place")
    report = run(str(path), "-o", str(folder / "out.fits"))
    assert (report["status"], report["kind"]) == (65, "input")
    assert why in report["message"] and str(path) in report["message"]
    assert os.listdir(folder) == []


@pytest.mark.parametrize("name", ["nan and infinities", "rice", "junk behind the last hdu", "chips of one name"])
def test_a_result_is_read_as_it_was_written(name: str, travel: Travel) -> None:
    case = CASES[name]
    trip = travel(case.name, case.made().body, case.image, *case.words)
    frame = read_frame("out.fits", ext=case.image)
    pixels = pixels_of(trip.result, trip.new, case.image)
    sigma, flags = (hdu.stored().reshape(pixels.shape) for hdu in trip.ours)
    np.testing.assert_array_equal(frame.data, pixels)
    assert frame.uncertainty is not None
    np.testing.assert_array_equal(frame.uncertainty.array, sigma)
    np.testing.assert_array_equal(frame.flags, flags)


@pytest.mark.parametrize(
    "name", ["blank", "quantized floats with dither", "padding of a text table cut", "packed by xz"]
)
def test_a_packed_result_is_the_same_file(name: str, travel: Travel, run: Run) -> None:
    case = CASES[name]
    trip = travel(case.name, case.made().body, case.image, *case.words)
    for ending, unpack in ((".gz", gzip.decompress), (".bz2", bz2.decompress)):
        for word in ("one", "two"):
            assert run(f"./{case.name}", "-o", f"{word}.fits{ending}", *case.words)["ok"]
        assert unpack(Path(f"one.fits{ending}").read_bytes()) == trip.result
        assert Path(f"one.fits{ending}").read_bytes() == Path(f"two.fits{ending}").read_bytes()
