"""The speed benchmark: how processes are timed, and the frames they run on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import FrameError, read_frame
from benchmarks.scenes.speed_frame import exposure
from benchmarks.speed.night_frames import ALL_MASKED, CORRUPT, make_night
from benchmarks.speed.processes import _Row, extrapolated, run_timed


def _child(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_each_process_has_its_own_peak_and_its_own_seconds() -> None:
    large = run_timed(_child("import time; held = b'x' * (300 * 2**20); time.sleep(0.5)"))
    small = run_timed(_child("print('done')"))
    assert large.peak > 300
    assert small.peak < large.peak - 150  # not the largest of all that ran
    assert large.seconds > 0.5
    busy = run_timed(_child("import time\nwhile time.process_time() < 0.5: pass"))
    assert busy.processor >= 0.5 > small.processor
    assert small.printed == "done\n"


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        run_timed(_child("import sys; sys.exit(3)"))


def test_more_epochs_cost_their_share_of_training_alone() -> None:
    assert extrapolated(30.0, 20.0, 2, 100) == pytest.approx(10 + 20 * 50)
    assert extrapolated(30.0, 20.0, 100, 100) == pytest.approx(30)


def test_a_row_has_seconds_per_megapixel_with_and_without_start_up() -> None:
    cells = [cell.strip() for cell in _Row("amsd", 2000, 12.0, 900.4, 4.0).line().split("|")]
    assert cells[1:8] == ["amsd", "2000 x 2000", "12.0", "3.00", "2.00", "4.0", "900"]


@pytest.mark.parametrize("side", [30, 150])
def test_exposures_of_any_size_have_the_truth_mirrored_and_the_detectors_noise(side: int) -> None:
    header = fits.Header({"GAIN": 2.0, "RDNOISE": 5.0, "PEDESTAL": 100.0})
    truth = 100 + np.add.outer(200.0 * np.arange(40), 10.0 * np.arange(50))
    made = exposure(truth, header, side)
    expected = np.pad(truth, [(0, max(side - 40, 0)), (0, max(side - 50, 0))], mode="symmetric")[:side, :side]
    sigma = np.sqrt((expected - 100) / 2 + (5 / 2) ** 2 + 1 / 12)
    assert np.std((made - expected) / sigma) == pytest.approx(1, rel=0.06)
    assert abs(np.mean((made - expected) / sigma)) < 4 / side


def test_a_night_has_two_frames_that_cannot_be_used(tmp_path: Path) -> None:
    paths = make_night(tmp_path, ALL_MASKED + 1)
    assert len({path.read_bytes() for path in paths}) == ALL_MASKED + 1
    for number, reason in ((CORRUPT, "the data are cut"), (ALL_MASKED, "no valid pixel")):
        with pytest.raises(FrameError, match=reason):
            read_frame(paths[number])
    assert read_frame(paths[0]).shape == (512, 512)
