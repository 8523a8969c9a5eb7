"""How many processes a machine takes."""

from __future__ import annotations

import pytest

from amsd_astro.many import machine


@pytest.fixture
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of eight processors and 9 GiB."""
    monkeypatch.setattr(machine, "count_processors", lambda: 8)
    monkeypatch.setattr(machine, "memory_limit", lambda: 9 * 2**30)


@pytest.mark.usefixtures("_machine")
def test_processors_are_shared_out() -> None:
    assert [machine.check_processes(n, None) for n in (1, 2, 3, 4)] == [8, 4, 2, 2]
    assert machine.check_processes(2, 3) == 3


@pytest.mark.usefixtures("_machine")
@pytest.mark.parametrize(
    ("n_jobs", "n_threads", "told"),
    [
        (9, None, "at most the processors that may be used, 8. Received: 9 of 1 thread each"),
        (3, 4, "Received: 3 of 4 threads each"),
        (5, 1, "each process needs 2.0 GiB of memory, and 9.0 GiB may be used: 4 at a time. Received: 5"),
    ],
)
def test_too_many_are_refused(n_jobs: int, n_threads: int | None, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        machine.check_processes(n_jobs, n_threads)
