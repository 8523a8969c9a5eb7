"""`denoise_many`: records, failures among them, wherever the work is done."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from amsd_astro import denoise_many
from amsd_astro.many import Record
from amsd_astro.many.existing_outputs import describe_options, weights_in_cards
from amsd_astro.many.one_file import FileWork
from amsd_astro.many.options import Options
from amsd_astro.many.work import Job
from amsd_astro.resources import count_processors
from amsd_astro.version import __version__


def write_sky(path: Path, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    data = (rng.poisson(800, (96, 80)) + rng.normal(0, 6, (96, 80))) / 2
    fits.writeto(path, data.astype(np.float32), fits.Header({"BUNIT": "adu", "GAIN": 2.0, "RDNOISE": 6.0}))
    return path


@pytest.fixture
def night(tmp_path: Path) -> list[Path]:
    """Two skies with a broken file and one that is not there between them."""
    (tmp_path / "b.fits").write_text("no frame")
    return [
        write_sky(tmp_path / "a.fits", 1),
        tmp_path / "b.fits",
        tmp_path / "c.fits",
        write_sky(tmp_path / "d.fits", 2),
    ]


def test_failures_are_records_in_their_order(night: list[Path], tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    records = denoise_many(
        night[1:3],
        tmp_path,
        progress=lambda n_done, n_all, record: seen.append((n_done, n_all, record.path)),
    )
    assert [(one.path, one.ok, one.kind, one.status) for one in records] == [
        (str(path), False, "input", 65) for path in night[1:3]
    ]
    assert records[0].output == str(tmp_path / "b_amsd.fits") and "b.fits" in records[0].message
    assert seen == [(1, 2, str(night[1])), (2, 2, str(night[2]))]
    assert json.loads(json.dumps(records[0].to_dict()))["ok"] is False


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    for error, given in (
        (ValueError, {"n_jobs": 0}),
        (ValueError, {"n_jobs": 100_000}),
        (ValueError, {"noise": {"gian": 1.0}}),
        (TypeError, {"paths": "a.fits"}),
    ):
        with pytest.raises(error, match="Received: "):
            denoise_many(**{"paths": ["a.fits"], "directory": tmp_path, **given})  # type: ignore[arg-type]


def test_no_paths_give_no_records(tmp_path: Path) -> None:
    assert denoise_many([], tmp_path) == []


def test_options_have_the_names_and_the_digest_of_the_command_line() -> None:
    from amsd_astro.cli.arguments import build_parser

    words = ["denoise", "a.fits", "--steps", "0", "--ext", "SCI,2", "--noise", "0.5,9", "--orientations", "2"]
    asked = build_parser().parse_args(words)
    options = Options(steps=0, ext="SCI,2", noise_model=(0.5, 9.0), orientations=2)
    assert describe_options(options) == describe_options(asked)
    assert describe_options(options) != describe_options(Options(steps=0, ext="SCI,2", noise_model=(0.5, 9.0)))


def test_what_a_lost_process_had_made_is_wanted(night: list[Path], tmp_path: Path) -> None:
    output, options = tmp_path / "out.fits", Options(steps=0)
    made_of = hashlib.sha256(night[0].read_bytes()).hexdigest()
    cards = {"AMSDSRC": made_of, "AMSDOPTS": describe_options(options), "AMSDVERS": __version__}
    fits.writeto(output, np.zeros((4, 4)), fits.Header({**cards, "AMSDHASH": weights_in_cards(options)}))
    work = FileWork(options)
    assert not Job.planned(str(night[0]), output).was_missing
    assert work(Job(str(night[0]), str(output)))["kind"] == "output"
    assert work(Job(str(night[0]), str(output), was_missing=True))["kind"] == "skipped"
    (record,) = denoise_many(night[:1], tmp_path, steps=0)
    skipped = FileWork(Options(steps=0, skip_existing=True))(Job(record.path, record.output))
    assert skipped["kind"] == "skipped" and skipped["cards"] == record.cards and skipped["shape"] == record.shape
    fits.setval(record.output, "AMSDHASH", value="0" * 16)
    told = FileWork(Options(steps=0, skip_existing=True))(Job(record.path, record.output))
    assert told["status"] == 73 and "but was made with other weights; use overwrite=True" in told["message"]


@pytest.mark.slow
@pytest.mark.skipif(count_processors() < 2, reason="needs two processors")
def test_results_are_the_same_everywhere(night: list[Path], tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    folders = [tmp_path / name for name in ("command", "processes", "cluster")]
    for folder in folders:
        folder.mkdir()
    words = [sys.executable, "-m", "amsd_astro", "denoise", *map(str, night), "-d", str(folders[0]), "-q"]
    assert subprocess.run([*words, "--steps", "0", "--threads", "1"], check=False).returncode == 1
    settings: dict[str, Any] = {"steps": 0, "n_threads": 1}
    told = [denoise_many(night, folders[1], n_jobs=2, **settings)]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit="3GiB", dashboard_address="127.0.0.1:0"
        ) as local,
        distributed.Client(local) as client,
    ):
        told.append(denoise_many(night, folders[2], client=client, steps=0))
    for records in told:
        assert [record.status for record in records] == [0, 65, 65, 0]
        check_record(records[0])
    for name in ("a_amsd.fits", "d_amsd.fits"):
        first, *others = [(folder / name).read_bytes() for folder in folders]
        assert all(other == first for other in others)
    assert all(len(list(folder.iterdir())) == 2 for folder in folders)
    again = denoise_many(night, folders[0], skip_existing=True, **settings)
    assert [record.kind for record in again] == ["skipped", "input", "input", "skipped"]


def check_record(record: Record) -> None:
    assert record.kind == "denoised" and record.shape == (96, 80)
    assert record.cards["AMSDSTEP"] == 0 and record.seconds is not None and record.seconds > 0
