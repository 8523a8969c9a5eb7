"""The notebooks can be read without being run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output
from stored_notebooks import problems

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = [
    "cluster_photometry",
    "faint_galaxies",
    "first_denoise",
    "night",
    "pipeline",
    "real_frame",
    "several_exposures",
    "thesis_recipe",
]
LARGEST = 1_300_000  # bytes


def read(name: str) -> NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def test_all_are_there() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_stored_outputs_are_whole_and_of_no_machine(name: str) -> None:
    assert list(problems(read(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_small(name: str) -> None:
    assert (FOLDER / f"{name}.ipynb").stat().st_size < LARGEST


def first_code(notebook: NotebookNode) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def not_run(notebook: NotebookNode) -> None:
    first_code(notebook).execution_count = None


def run_out_of_order(notebook: NotebookNode) -> None:
    first_code(notebook).execution_count = 2


def failed(notebook: NotebookNode) -> None:
    first_code(notebook).outputs.append(new_output("error", ename="ValueError", evalue="no", traceback=[]))


def warned(notebook: NotebookNode) -> None:
    first_code(notebook).outputs.append(new_output("stream", name="stderr", text="a warning\n"))


def tells_a_path(notebook: NotebookNode) -> None:
    first_code(notebook).outputs.append(new_output("stream", name="stdout", text="wrote /home/someone/frame.fits\n"))


def tells_an_address(notebook: NotebookNode) -> None:
    text = {"text/plain": "<Thing at 0x7fa8c3658a50>"}
    first_code(notebook).outputs.append(new_output("display_data", data=text))


def tells_times(notebook: NotebookNode) -> None:
    first_code(notebook).metadata["execution"] = {"iopub.status.busy": "2024-01-01T00:00:00Z"}


def tells_the_python(notebook: NotebookNode) -> None:
    notebook.metadata.language_info["version"] = "3.11.7"


def loses_its_title(notebook: NotebookNode) -> None:
    del notebook.cells[0]


def has_a_random_name(notebook: NotebookNode) -> None:
    notebook.cells[1]["id"] = "2b270f1e"


@pytest.mark.parametrize(
    "spoil",
    [
        not_run,
        run_out_of_order,
        failed,
        warned,
        tells_a_path,
        tells_an_address,
        tells_times,
        tells_the_python,
        loses_its_title,
        has_a_random_name,
    ],
)
def test_what_is_wrong_is_seen(spoil: Callable[[NotebookNode], None]) -> None:
    notebook = copy.deepcopy(read("night"))
    spoil(notebook)
    assert len(list(problems(notebook))) == 1
