"""Many files at a time: results as those of one after another, and what is shown."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from amsd_astro.cli.arguments import build_parser
from amsd_astro.cli.commands import denoise as command_denoise
from amsd_astro.cli.console import Console
from amsd_astro.cli.nights.progress import NightProgress, in_words
from amsd_astro.many.work import Job
from amsd_astro.resources import count_processors

pytestmark = pytest.mark.skipif(count_processors() < 2, reason="needs two processors")
BAD = {"bad1.fits": "no frame", "bad2.fits": ""}


def write_bad(folder: Path) -> list[Path]:
    for name, text in BAD.items():
        (folder / name).write_text(text)
    return [folder / name for name in BAD]


def test_failures_are_data_and_stop_nothing(tmp_path: Path, run: Any, json_lines: Any) -> None:
    files = [*write_bad(tmp_path), tmp_path / "missing.fits"]
    assert run("denoise", *files, "--jobs", 2, "--json") == 1
    records = {record["file"]: record for record in json_lines()}
    assert records.keys() == set(map(str, files))
    assert {(record["ok"], record["kind"], record["status"]) for record in records.values()} == {(False, "input", 65)}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(BAD)


def test_table_and_errors(tmp_path: Path, run: Any, image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("denoise", image) == 0
    capsys.readouterr()
    assert run("denoise", image, *write_bad(tmp_path), "--jobs", 2, "--skip-existing") == 1
    seen = capsys.readouterr()
    titles, *rows, total = seen.out.splitlines()
    assert titles.split()[:2] == ["file", "result"]
    assert [row.split()[:2] for row in rows] == [
        [str(image), "skipped"],
        [str(tmp_path / "bad1.fits"), "failed"],
        [str(tmp_path / "bad2.fits"), "failed"],
    ]
    assert "input: " in rows[1]
    assert total.startswith("3 files: 2 failed, 1 skipped; ")
    assert len([line for line in seen.err.splitlines() if line.startswith("amsd-astro: error: ")]) == 2


def test_quiet_shows_errors_alone(tmp_path: Path, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("denoise", *write_bad(tmp_path), "--jobs", 2, "-q") == 1
    seen = capsys.readouterr()
    assert seen.out == ""
    assert all(line.startswith("amsd-astro: error: ") for line in seen.err.splitlines())


def test_one_file_has_its_own_status(tmp_path: Path, run: Any) -> None:
    assert run("denoise", write_bad(tmp_path)[0], "--jobs", 2, "-q") == 65


def test_the_line_tells_files_speed_and_time_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Job(str(tmp_path / name), "") for name in "abcd"]
    for job, size in zip(jobs, (1000, 1000, 6000, 2000), strict=True):
        Path(job.path).write_bytes(bytes(size))
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    with Console(quiet=True) as console, NightProgress(jobs, console) as progress:
        progress.count(jobs[0], {"ok": True, "kind": "skipped"})
        assert progress.told() == "1 of 4 files: 1 skipped; 0.0 s"
        now[0] = 8.0
        progress.count(jobs[3], {"ok": True, "kind": "denoised", "shape": [4000, 1000]})
        assert progress.told() == "2 of 4 files: 1 denoised, 1 skipped; 8.0 s; 0.5 megapixels/s; 28.0 s left"
        progress.count(jobs[1], {"ok": False, "kind": "input"})
        progress.count(jobs[2], {"ok": True, "kind": "denoised", "shape": [4000, 1000]})
        assert progress.told() == "4 files: 2 denoised, 1 failed, 1 skipped; 8.0 s; 1 megapixels/s"
    assert [in_words(one) for one in (59.9, 59.96, 3599, 3600)] == ["59.9 s", "1 min 00 s", "59 min 59 s", "1 h 00 min"]


def test_what_a_lost_process_had_made_is_wanted(image: Path, run: Any) -> None:
    assert run("denoise", image) == 0
    output = str(image.with_name("sky_amsd.fits"))
    work = command_denoise._FileWork(build_parser().parse_args(["denoise", str(image), "--jobs", "2"]))
    assert work(Job(str(image), output))["status"] == 73
    assert work(Job(str(image), output, was_missing=True))["kind"] == "skipped"
    other = command_denoise._FileWork(build_parser().parse_args(["denoise", str(image), "--seed", "1"]))
    assert other(Job(str(image), output, was_missing=True))["status"] == 73, "another's"


@pytest.mark.real_network
@pytest.mark.slow
def test_results_are_those_of_one_after_another(tmp_path: Path, run: Any, json_lines: Any, write_image: Any) -> None:
    files = [write_image(tmp_path / f"sky{seed}.fits", seed=seed) for seed in range(4)]
    for folder, words in (("serial", []), ("night", ["--jobs", 2])):
        (tmp_path / folder).mkdir()
        command = [
            sys.executable,
            "-m",
            "amsd_astro",
            "denoise",
            *files,
            "-d",
            tmp_path / folder,
            "--threads",
            1,
            *words,
        ]
        subprocess.run([*map(str, command), "--steps", "0"], check=True, stdout=subprocess.DEVNULL)
    made = sorted((tmp_path / "night").iterdir())
    assert [path.name for path in made] == [f"sky{seed}_amsd.fits" for seed in range(4)]
    assert all(path.read_bytes() == (tmp_path / "serial" / path.name).read_bytes() for path in made)
    assert run("denoise", *files, "-d", tmp_path / "night", "--steps", 0, "--skip-existing", "--jobs", 2, "--json") == 0
    assert {record["kind"] for record in json_lines()} == {"skipped"}


@pytest.mark.real_network
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs a system that tells of processes")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_night_that_is_stopped(
    number: int, status: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, write_image: Any
) -> None:
    script = tmp_path_factory.mktemp("script") / "night.py"
    script.write_text(_INTERRUPTIBLE)
    files = [write_image(tmp_path / f"sky{seed}.fits", seed=seed) for seed in range(3)]
    command = [sys.executable, str(script), *map(str, files), "--steps", "1000000", "--jobs", "2", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as night:
        end = time.monotonic() + 300
        while len(list(tmp_path.glob("*.checkpoint"))) < 2:
            assert time.monotonic() < end and night.poll() is None
            time.sleep(0.1)
        children = Path(f"/proc/{night.pid}/task/{night.pid}/children").read_text().split()
        assert len(children) >= 2
        night.send_signal(number)
        out, err = night.communicate(timeout=60)
    assert night.returncode == status
    assert out == "" and len(err.splitlines()) == 1
    while any(map(_is_alive, children)):  # the one that looks after resources ends last
        assert time.monotonic() < end
        time.sleep(0.1)
    assert {path.suffix for path in tmp_path.iterdir()} == {".fits", ".checkpoint"}
    assert not list(tmp_path.glob("*_amsd.fits"))


def _is_alive(process: str) -> bool:
    """Whether a process is there and not merely unburied."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


_INTERRUPTIBLE = """
import signal, sys
from amsd_astro.cli import main

if __name__ == "__mp_main__":  # a process of the night: its state is kept after each step, not after a minute
    from amsd_astro.cli.tensorflow_import import import_tensorflow

    import_tensorflow(n_threads=1)
    from amsd_astro.network import training

    training._SECONDS_BETWEEN = -1.0
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(["denoise", *sys.argv[1:]]))
"""


@pytest.mark.real_network
@pytest.mark.slow
def test_warnings_are_told_by_file(tmp_path: Path, write_image: Any) -> None:
    files = [write_image(tmp_path / f"sky{seed}.fits", seed=seed, GAIN=3.0) for seed in range(2)]
    command = [sys.executable, "-m", "amsd_astro", "denoise", *map(str, files), "--steps", "0", "--jobs", "2", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    lines = [line for line in done.stderr.splitlines() if "warning" in line]
    told = [line.removeprefix("amsd-astro: warning: ") for line in lines]
    assert sorted(told) == sorted(text for record in records for text in record["warnings"])
    assert all(record["shape"] == [96, 80] for record in records)
