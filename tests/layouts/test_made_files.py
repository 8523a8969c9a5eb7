"""Each layout gives the same image, mask, errors and noise: by path, as HDUList, by command line and made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ground  # noqa: F401 - makes cases
import numpy as np
import plain  # noqa: F401
import pytest
import space  # noqa: F401
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty
from made_files import CASES, Case

from amsd_astro import Frame, as_frame, read_frame
from amsd_astro.cli import main
from amsd_astro.frames.noise import measure_noise

pytestmark = pytest.mark.filterwarnings("ignore")
EACH = pytest.mark.parametrize("name", CASES)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files that were made so far."""
    folder = tmp_path_factory.mktemp("layouts")
    return {name: folder / f"{number}.fits" for number, name in enumerate(CASES)}


def made(paths: dict[str, Path], name: str) -> tuple[Case, Path]:
    """Return a case and its file."""
    if not paths[name].exists():
        fits.HDUList(CASES[name].make()).writeto(paths[name])
    return CASES[name], paths[name]


@pytest.fixture(scope="module")
def read(paths: dict[str, Path]) -> Iterator[Any]:
    """Read a case by its path, once."""
    known: dict[str, Frame] = {}

    def frame_of(name: str) -> Frame:
        if name not in known:
            case, path = made(paths, name)
            known[name] = read_frame(path, **case.options)
            known[name].noise = measure_noise(known[name])
        return known[name]

    return frame_of


def test_there_are_sixty() -> None:
    assert len(CASES) >= 60


@EACH
def test_what_is_right(read: Any, name: str) -> None:
    case, frame = CASES[name], read(name)
    assert frame.source.hdu == case.hdu
    assert frame.mask.sum() == case.n_masked
    if case.sigma is None:
        assert frame.uncertainty is None
    else:
        # the median pixel has a little of a star
        assert np.nanmedian(frame.uncertainty.array) == pytest.approx(case.sigma, rel=0.03)
    noise = frame.noise
    assert noise.slope == pytest.approx(case.slope, rel=case.within)
    assert noise.sky == pytest.approx(case.level, abs=0.4 * np.sqrt(noise.sky_variance))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.options.keys() <= {"ext"}])
def test_a_list_is_what_its_file_is(paths: dict[str, Path], read: Any, name: str) -> None:
    case, path = made(paths, name)
    with fits.open(path) as hdus:
        same_as(read(name), as_frame(hdus, ext=case.options.get("ext")))


@EACH
def test_the_command_line_tells_it(
    paths: dict[str, Path], read: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case, path = made(paths, name)
    words = [f"--{option.replace('_', '-')}={value}" for option, value in case.options.items()]
    assert main(["inspect", str(path), "--json", *words]) == 0
    told, frame = json.loads(capsys.readouterr().out), read(name)
    assert told["image"]["hdu"] == case.hdu
    assert told["image"]["n_masked"] == case.n_masked
    assert told["image"]["has_errors"] == (case.sigma is not None)
    assert told["noise"]["slope"] == pytest.approx(frame.noise.slope, rel=1e-9)
    assert told["noise"]["sky"] == pytest.approx(frame.noise.sky, rel=1e-9)
    assert {plane["hdu"] for plane in told["planes"]} <= {hdu["index"] for hdu in told["hdus"]} - {case.hdu}


@EACH
def test_ccddata_made_by_hand_is_the_same(read: Any, name: str) -> None:
    frame = read(name)
    header = frame.header.copy()
    header.extend(frame.source.primary, unique=True)  # one header has to hold what two did
    error = None if frame.uncertainty is None else StdDevUncertainty(frame.uncertainty.array.copy())
    unit = frame.unit or u.dimensionless_unscaled
    by_hand = CCDData(frame.data.copy(), unit=unit, mask=frame.mask.copy(), uncertainty=error, header=header)
    same_as(frame, as_frame(by_hand))


def same_as(frame: Frame, other: Frame) -> None:
    """Make sure that two frames have the same mask, errors and noise."""
    assert np.array_equal(frame.mask, other.mask)
    assert (frame.uncertainty is None) == (other.uncertainty is None)
    if frame.uncertainty is not None and other.uncertainty is not None:
        assert np.array_equal(frame.uncertainty.array, other.uncertainty.array, equal_nan=True)
    noise = measure_noise(other)
    assert noise.slope == pytest.approx(frame.noise.slope, rel=1e-6)
    assert noise.sky == pytest.approx(frame.noise.sky, rel=1e-6, abs=1e-9)
    assert noise.source == frame.noise.source
