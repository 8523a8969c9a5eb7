"""What a process may use, told by files laid out as the system does it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amsd_astro.resources import count_processors, has_bfloat16, memory_limit

N_ALL = len(os.sched_getaffinity(0))


def lay_out(root: Path, cgroup: str, **files: str) -> dict[str, Path]:
    """Write what the system tells of memory and control groups; ``__`` stands for a slash, ``_D_`` for a dot."""
    proc, cgroups = root / "proc", root / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(cgroup)
    (proc / "meminfo").write_text("MemTotal:       16000000 kB\nMemFree:         1000 kB\n")
    for name, text in files.items():
        path = cgroups / name.replace("__", "/").replace("_D_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {"proc": proc, "cgroups": cgroups}


@pytest.mark.parametrize(
    ("text", "n_expected"),
    [("max 100000", N_ALL), ("150000 100000", 1), ("50000 100000", 1), ("9900000 100000", N_ALL), ("nonsense", N_ALL)],
)
def test_processors_are_limited_by_the_container(tmp_path: Path, text: str, n_expected: int) -> None:
    assert count_processors(**lay_out(tmp_path, "0::/\n", cpu_D_max=text)) == n_expected


def test_the_tightest_group_around_the_process_counts(tmp_path: Path) -> None:
    system = lay_out(
        tmp_path,
        "0::/slurm/job_7/step_0\n",
        slurm__memory_D_max="max",
        slurm__job_7__memory_D_max=str(3 * 2**30),
        slurm__job_7__step_0__memory_D_max="max",
        slurm__job_8__memory_D_max=str(2**20),
        slurm__job_7__cpu_D_max="100000 100000",
    )
    assert memory_limit(**system) == 3 * 2**30
    assert count_processors(**system) == 1


def test_groups_of_the_first_version_count_too(tmp_path: Path) -> None:
    system = lay_out(
        tmp_path,
        "4:memory:/batch\n3:cpu,cpuacct:/batch\n0::/\n",
        memory__memory_D_limit_in_bytes="9223372036854771712",
        memory__batch__memory_D_limit_in_bytes=str(2**31),
        cpu__batch__cpu_D_cfs_quota_us="100000",
        cpu__batch__cpu_D_cfs_period_us="100000",
    )
    assert memory_limit(**system) == 2**31
    assert count_processors(**system) == 1


def test_without_groups_the_machine_is_the_limit(tmp_path: Path) -> None:
    assert memory_limit(**lay_out(tmp_path, "")) == 16_000_000 * 1024
    assert count_processors(**lay_out(tmp_path / "other", "")) == N_ALL
    nowhere = tmp_path / "nowhere"
    assert memory_limit(proc=nowhere, cgroups=nowhere) > 2**30


@pytest.mark.parametrize(
    ("flags", "expected"), [("fpu avx2", False), ("fpu avx512_bf16 sse", True), ("amx_bf16", True), (None, False)]
)
def test_bfloat16_is_told_by_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str | None, expected: bool
) -> None:
    monkeypatch.delenv("AMSD_PRECISION", raising=False)
    if flags is not None:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: amx_bf16_bug\n")
    assert has_bfloat16(proc=tmp_path) is expected
    monkeypatch.setenv("AMSD_PRECISION", "float32")
    assert not has_bfloat16(proc=tmp_path)
