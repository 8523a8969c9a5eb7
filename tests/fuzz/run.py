"""Mutated files by the thousand through reader, noise model and writer: ``python tests/fuzz/run.py --n 10000``.

Allowed is success, or a FrameError that says why not. A child that dies, any other exception, more than ten seconds or
a gigabyte for one file, and an output that is not what it has to be are violations; the exit status is 1 if there are
any. A file is made again from the seed and its index alone: ``--only INDEX --keep DIR`` gives it.
"""
# ruff: noqa: T201 - the table is what this is for

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from mutate import KINDS, mutate
from pool import Pool

_ALLOWED = ("written", "scanned", "refused", "late")
_VIOLATIONS = ("crash", "exception", "hang", "memory", "output", "message")


def main() -> int:
    """Run and report; return the exit status."""
    options = _options()
    indices = options.only or list(range(options.start, options.start + options.n))
    start = time.perf_counter()
    verdicts: dict[int, dict[str, Any]] = {}
    for index, verdict in Pool(options.worker, options.seed, options.limit).run(indices, options.jobs):
        verdicts[index] = verdict
        if options.keep and (options.only or verdict["outcome"] not in _ALLOWED):
            _keep(options.keep, options.seed, index)
        if sys.stderr.isatty() and len(verdicts) % 50 == 0:
            print(f"\r{len(verdicts)}/{len(indices)}", end="", file=sys.stderr, flush=True)
    elapsed = time.perf_counter() - start
    n_violations = _report(options.seed, verdicts)
    rate = len(verdicts) / elapsed
    print(f"seed {options.seed}: {len(verdicts)} files, {n_violations} violations, {elapsed:.1f} s, {rate:.1f} files/s")
    return 1 if n_violations else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--n", type=int, default=1000, help="how many files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="index of the first")
    parser.add_argument("--only", type=int, nargs="+", help="these indices alone")
    parser.add_argument("--jobs", type=int, default=2, help="child processes")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds a file may take")
    parser.add_argument("--keep", type=Path, help="folder for the files that are violations")
    parser.add_argument("--worker", type=Path, default=Path(__file__).with_name("worker.py"), help="the child's script")
    return parser.parse_args()


def _report(seed: int, verdicts: dict[int, dict[str, Any]]) -> int:
    """Print the violations and the tables; return how many violations there are."""
    mutants = {index: mutate(seed, index) for index in sorted(verdicts)}
    table: dict[str, Counter[str]] = defaultdict(Counter)
    stages: Counter[str] = Counter()
    warned: dict[str, list[int]] = defaultdict(list)
    violations: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, mutant in mutants.items():
        verdict = verdicts[index]
        outcome, stage, error = (verdict.get(name, "") for name in ("outcome", "stage", "error"))
        table[mutant.kind][outcome] += 1
        stages[" ".join(word for word in (outcome, stage, error) if word)] += 1
        for text in verdict.get("warned", []):
            warned[text].append(index)
        if outcome not in _ALLOWED:
            where = "" if outcome == "message" else verdict.get("where") or verdict.get("detail", "")
            violations[outcome, stage, error, where].append(index)
    for (outcome, stage, error, _), indices in violations.items():
        heading = " ".join(word for word in (outcome.upper(), stage, error) if word)
        more = " ..." if len(indices) > 12 else ""
        print(f"{heading}: {len(indices)} files, seed {seed}, indices {indices[:12]}{more}")
        for index in indices[:2]:
            print(f"  {index}: {mutants[index].seed_file}: {mutants[index].story!a}")
        print("    " + verdicts[indices[0]].get("detail", "").replace("\n", "\n    ") + "\n")
    _print_table(table)
    for text, number in stages.most_common():
        print(f"{number:>7}  {text}")
    for text, where_warned in sorted(warned.items(), key=lambda item: -len(item[1])):
        print(f"{len(where_warned):>7}  warning, first at index {where_warned[0]}: {text}")
    slowest = max(verdicts, key=lambda index: verdicts[index].get("seconds", 0.0))
    largest = max(verdicts, key=lambda index: verdicts[index].get("grown", 0))
    print(f"slowest: index {slowest}, {verdicts[slowest].get('seconds', 0.0):.2f} s; ", end="")
    print(f"most memory: index {largest}, {verdicts[largest].get('grown', 0) / 2**20:.0f} MiB")
    return sum(len(indices) for indices in violations.values())


def _print_table(table: dict[str, Counter[str]]) -> None:
    """Print how the files went, a line for each kind of mutation."""
    columns = (*_ALLOWED, *_VIOLATIONS)
    print(f"{'last mutation':<17}" + "".join(f"{name:>10}" for name in columns))
    for kind in (*(kind for kind in KINDS if kind in table), "all"):
        row = table[kind] if kind != "all" else sum(table.values(), Counter())
        print(f"{kind:<17}" + "".join(f"{row[name] or '-':>10}" for name in columns))
    print()


def _keep(folder: Path, seed: int, index: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mutant = mutate(seed, index)
    (folder / f"{seed}_{index}.fits").write_bytes(mutant.body)
    (folder / f"{seed}_{index}.txt").write_text(f"{mutant.seed_file}: {mutant.story!a}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
