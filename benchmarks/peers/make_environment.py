"""An environment of its own for the packages that the recipes are compared with.

    python -m benchmarks.peers.make_environment DIR

DIR is a new virtual environment of the Python that runs this. torch comes first, by its exact version: where a file of
it for processors alone is at hand (``PIP_FIND_LINKS``, or ``--extra-index-url`` of the torch project), a looser request
would pass it over and fetch the CUDA libraries. careamics comes last, without its dependencies: requirements.txt
says why, and lists them. At the end every package is imported once.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.peers.environment import peer_python, versions

_HERE = Path(__file__).resolve().parent
_TORCH = "torch==2.13.0"
_CAREAMICS = "careamics==0.3.5"


def _steps(extra_index: str | None) -> list[list[str]]:
    """Arguments of pip, one call after another."""
    index = [] if extra_index is None else ["--extra-index-url", extra_index]
    return [
        [_TORCH, *index],
        # torch once more: what it has is not to be changed for another package's sake
        [_TORCH, "-r", str(_HERE / "requirements.txt"), *index],
        ["--no-deps", _CAREAMICS],
    ]


def main() -> None:
    """Make the environment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR", help="the new environment")
    parser.add_argument("--extra-index-url", metavar="URL", help="for torch: https://download.pytorch.org/whl/cpu")
    options = parser.parse_args()
    if options.folder.exists() and any(options.folder.iterdir()):
        sys.exit(f"{options.folder}: the folder must be new or empty")
    venv.create(options.folder, with_pip=True)
    python = peer_python(options.folder)
    for words in _steps(options.extra_index_url):
        subprocess.run([python, "-m", "pip", "install", *words], check=True)
    subprocess.run([python, str(_HERE / "packages" / "peer.py"), "--check"], check=True)
    print(", ".join(f"{name} {number}" for name, number in versions(python).items()))


if __name__ == "__main__":
    main()
