"""A limit of the address space that TensorFlow would not survive: told in one line, and only where it is needed."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from amsd_astro.network import address_space
from amsd_astro.network.address_space import NEEDED, OF_A_THREAD, check_address_space

TOO_LITTLE = 1_700_000 * 1024


def limited(limit: int, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a command line under a limit."""
    code = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n"
    code += "import sys; from amsd_astro.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["denoise", "train", "compare", "validate"])
def test_it_is_told_in_one_line(command: str, image: Path, tmp_path: Path) -> None:
    output = tmp_path / {"denoise": "o.fits", "train": "o.npz", "compare": "o.png", "validate": "o.html"}[command]
    engine = () if command == "train" else ("--engine", "tensorflow")
    done = limited(TOO_LITTLE, command, image, "-o", output, "--json", *engine)
    assert done.returncode == 71
    (line,) = done.stderr.splitlines()
    assert "out of memory: TensorFlow needs" in line and "ulimit -v" in line
    record = json.loads(done.stdout)
    assert (record["ok"], record["kind"], record["status"]) == (False, "resources", 71)
    assert list(tmp_path.iterdir()) == [image]


@pytest.mark.real_network
@pytest.mark.slow
def test_a_small_frame_needs_less(image: Path, tmp_path: Path) -> None:
    assert limited(TOO_LITTLE, "denoise", image, "-o", tmp_path / "out.fits").returncode == 0
    assert limited(500 * 10**6, "denoise", image, "-o", tmp_path / "none.fits").returncode in (0, 71)


@pytest.mark.real_network
@pytest.mark.slow
def test_what_needs_no_network_goes_on(image: Path, tmp_path: Path) -> None:
    assert limited(TOO_LITTLE, "inspect", image).returncode == 0
    assert limited(TOO_LITTLE, "denoise", tmp_path / "none.fits").returncode == 65
    (tmp_path / "bad.npz").write_bytes(b"no model")
    assert limited(TOO_LITTLE, "denoise", image, "--model", tmp_path / "bad.npz").returncode == 65


@pytest.mark.real_network
@pytest.mark.slow
@pytest.mark.parametrize("words", [("--steps", 0), ("--steps", 2), ("--threads", 8)])
def test_what_is_asked_for_is_enough(words: tuple[object, ...], image: Path, tmp_path: Path) -> None:
    n_threads = 8 if "--threads" in words else address_space.count_processors()
    used = 400 * 10**6  # by what is imported before, and more
    done = limited(NEEDED + OF_A_THREAD * n_threads + used, "denoise", image, "-o", tmp_path / "out.fits", *words)
    assert done.returncode == 0, done.stderr


def test_the_limit_less_what_is_used_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    used = address_space._used()
    assert used > 10**7
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    for left, is_enough in ((-(10**7), False), (10**7, True)):
        limit = used + NEEDED + 3 * OF_A_THREAD + left
        monkeypatch.setattr(address_space.resource, "getrlimit", lambda kind, limit=limit: (limit, limit))
        monkeypatch.setattr(address_space, "_used", lambda: used)
        if is_enough:
            check_address_space(3)
        else:
            with pytest.raises(MemoryError, match="address space"):
                check_address_space(3)
    monkeypatch.setattr(address_space.resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)
    check_address_space()
