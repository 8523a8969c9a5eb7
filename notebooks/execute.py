"""Run the notebooks of this folder in fresh kernels and keep their outputs: ``python notebooks/execute.py [NAME ...]``.

What is kept depends on the notebooks alone: no times, no names of machines, pictures packed as tightly as PNG allows.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from PIL import Image

__all__ = ["METADATA", "execute", "main", "tidied"]

HERE = Path(__file__).resolve().parent

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""What a notebook says of itself."""

_NO_PROXY = "http://127.0.0.1:9"  # nobody answers at the port of discard


def execute(
    path: Path,
    *,
    network: bool = True,
    timeout: float = 600.0,
    changed: dict[str, str] | None = None,
    last: str = "",
) -> NotebookNode:
    """Run a notebook in a fresh kernel, in a copy of this folder with the sample frames beside it.

    Parameters
    ----------
    path : Path
        The notebook; the file is left as it is.
    network : bool, optional
        Whether downloads may work.
    timeout : float, optional
        Seconds for one cell.
    changed : dict of str to str, optional
        Texts in code cells and what stands in their places.
    last : str, optional
        Code of one more cell at the end.

    Returns
    -------
    NotebookNode
        With its outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for text, other in (changed or {}).items():
                cell.source = cell.source.replace(text, other)
    if last:
        notebook.cells.append(new_code_cell(last))
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "notebooks")
        folder.mkdir()
        shutil.copytree(HERE.parent / "data_samples", Path(root, "data_samples"))
        client = NotebookClient(
            notebook,
            timeout=timeout,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
            # what TensorFlow writes past Python is not part of the output
            extra_arguments=["--IPKernelApp.capture_fd_output=False"],
        )
        client.execute(env=_environment(network))
    return notebook


def _environment(network: bool) -> dict[str, str]:
    """Variables of the kernel: the programs of this Python are found, and no network where there is to be none."""
    scripts = str(Path(sys.executable).parent)
    variables = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ.get("PATH", "")])}
    variables["TF_CPP_MIN_LOG_LEVEL"] = "3"
    variables["PYTHONWARNINGS"] = "ignore:IProgress not found"  # tqdm, where Jupyter's widgets are not installed
    variables.pop("MPLBACKEND", None)  # Jupyter has its own
    if not network:
        variables |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), _NO_PROXY)
        variables |= {"no_proxy": "", "NO_PROXY": ""}
    return variables


def tidied(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook without what differs from one run to the next and from one machine to the next."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", ()):
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
            data: dict[str, Any] = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = _packed(data["image/png"])
    return notebook


def _packed(picture: str) -> str:
    """Return a PNG picture in base64 with 256 colours at most, and without what its maker wrote beside it."""
    image = Image.open(io.BytesIO(base64.b64decode(picture)))
    stored = io.BytesIO()
    # colours as near as can be: else the grays of a picture that has red and blue in it are tinted
    image.convert("RGB").quantize(256, kmeans=3, dither=Image.Dither.NONE).save(stored, "PNG", optimize=True)
    return base64.b64encode(stored.getvalue()).decode("ascii")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the notebooks that are named, or all, and write them back."""
    parser = argparse.ArgumentParser(description="Run notebooks and keep their outputs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="file name without .ipynb (default: all)")
    names = parser.parse_args(argv).names or sorted(path.stem for path in HERE.glob("*.ipynb"))
    for name in names:
        path = HERE / f"{name}.ipynb"
        notebook = tidied(execute(path))
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
