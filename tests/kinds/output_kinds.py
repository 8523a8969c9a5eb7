"""Outputs that cannot be made, and model files that are none."""

from __future__ import annotations

import functools
import io
import os
import zipfile
from pathlib import Path

import numpy as np
from kind_registry import GOOD_NAME, bad_model, bad_output, put

from amsd_astro.errors import FrameNotFoundError, ModelError, OutputExistsError

OVERWRITE = "--overwrite"


@bad_output("there is no folder")
def output_in_a_missing_folder(folder: Path) -> Path:
    return folder / "none" / "out.fits"


@bad_output("there is no folder")
def output_through_a_file(folder: Path) -> Path:
    return folder / GOOD_NAME / "out.fits"


@bad_output("may not be written to", as_user=True)
def output_in_a_folder_of_others(folder: Path) -> Path:
    (folder / "closed").mkdir(mode=0o555)
    return folder / "closed" / "out.fits"


@bad_output("exists already", error=OutputExistsError)
def output_that_exists(folder: Path) -> Path:
    return put(folder, b"precious", "out.fits")


@bad_output("exists already", error=OutputExistsError)
def output_that_exists_and_is_empty(folder: Path) -> Path:
    return put(folder, b"", "out.fits")


@bad_output("exists already", error=OutputExistsError)
def output_that_exists_behind_a_link(folder: Path) -> Path:
    (folder / "link.fits").symlink_to(put(folder, b"precious", "out.fits"))
    return folder / "link.fits"


@bad_output("is the input itself", OVERWRITE, error=OutputExistsError)
def output_that_is_the_input(folder: Path) -> Path:
    return folder / GOOD_NAME


@bad_output("is the input itself", OVERWRITE, error=OutputExistsError)
def output_that_is_the_input_by_another_way(folder: Path) -> Path:
    (folder / "deeper").mkdir()
    return folder / "deeper" / ".." / GOOD_NAME


@bad_output("is the input itself", OVERWRITE, error=OutputExistsError)
def output_that_is_a_link_to_the_input(folder: Path) -> Path:
    (folder / "link.fits").symlink_to(GOOD_NAME)
    return folder / "link.fits"


@bad_output("is the input itself", OVERWRITE, error=OutputExistsError)
def output_that_is_a_second_name_of_the_input(folder: Path) -> Path:
    os.link(folder / GOOD_NAME, folder / "second.fits")
    return folder / "second.fits"


@bad_output("is the input itself", OVERWRITE, error=OutputExistsError)
def output_in_a_linked_folder_of_the_input(folder: Path) -> Path:
    (folder / "same").symlink_to(folder, target_is_directory=True)
    return folder / "same" / GOOD_NAME


@bad_output("is a directory", OVERWRITE)
def output_that_is_a_directory(folder: Path) -> Path:
    (folder / "out.fits").mkdir()
    return folder / "out.fits"


@bad_output("not a regular file", OVERWRITE)
def output_that_is_a_fifo(folder: Path) -> Path:
    os.mkfifo(folder / "out.fits")
    return folder / "out.fits"


@bad_output("not a regular file", OVERWRITE)
def output_that_is_a_device(folder: Path) -> Path:
    return Path(os.devnull)


@bad_output("loop|links", OVERWRITE)
def output_that_is_a_loop_of_links(folder: Path) -> Path:
    (folder / "link.fits").symlink_to(folder / "link.fits")
    return folder / "link.fits"


@bad_output("a symbolic link to a file that is not there", OVERWRITE, error=OutputExistsError)
def output_that_is_a_dangling_link(folder: Path) -> Path:
    (folder / "link.fits").symlink_to(folder / "none.fits")
    return folder / "link.fits"


@bad_output("a symbolic link to a file that is not there", error=OutputExistsError)
def output_that_is_a_link_to_a_dangling_link(folder: Path) -> Path:
    (folder / "none.fits").symlink_to("nowhere")
    (folder / "link.fits").symlink_to("none.fits")
    return folder / "link.fits"


@bad_output("too long")
def output_of_too_long_a_name(folder: Path) -> Path:
    return folder / f"{'a' * 300}.fits"


@bad_output("needs a name")
def output_of_a_name_with_a_nul(folder: Path) -> Path:
    return folder / "a\0b.fits"


@bad_output("not supported")
def output_that_is_to_be_a_zip_archive(folder: Path) -> Path:
    return folder / "out.fits.zip"


@bad_model("no such model file", error=FrameNotFoundError)
def missing_model(folder: Path) -> Path:
    return folder / "model.npz"


@bad_model("must be a regular file", error=ModelError)
def model_that_is_a_directory(folder: Path) -> Path:
    (folder / "model.npz").mkdir()
    return folder / "model.npz"


@bad_model("must be a regular file", error=ModelError)
def model_that_is_a_fifo(folder: Path) -> Path:
    os.mkfifo(folder / "model.npz")
    return folder / "model.npz"


@bad_model("model file must be", error=ModelError)
def empty_model(folder: Path) -> Path:
    return put(folder, b"", "model.npz")


@bad_model("model file must be", error=ModelError)
def garbage_for_a_model(folder: Path) -> Path:
    return put(folder, b"not a model at all\n" * 100, "model.npz")


@bad_model("model file must be", error=ModelError)
def frame_for_a_model(folder: Path) -> Path:
    return folder / GOOD_NAME


@bad_model("model file must hold an array named settings", error=ModelError)
def arrays_of_something_else_for_a_model(folder: Path) -> Path:
    np.savez(folder / "model.npz", x=np.ones(3))
    return folder / "model.npz"


@bad_model("must be whole", error=ModelError)
def model_cut(folder: Path) -> Path:
    file = io.BytesIO()
    np.savez(file, settings=np.frombuffer(b"{}", np.uint8), w000=np.ones(300))
    return put(folder, file.getvalue()[:1000], "model.npz")


@bad_model(r"settings must be .* Received: \|O", error=ModelError)
def model_that_holds_objects(folder: Path) -> Path:
    np.savez(folder / "model.npz", settings=np.array([{"format": 1}], dtype=object))
    return folder / "model.npz"


@functools.cache
def _bomb() -> bytes:
    """Return an array of a quarter of a gigabyte, packed to a megabyte."""
    body = io.BytesIO()
    with (
        zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("settings.npy", "w") as file,
    ):
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (2**28,)})
        for _ in range(16):
            file.write(bytes(2**24))
    return body.getvalue()


@bad_model("without compression|settings must be", error=ModelError, lies=True)
def model_that_is_a_bomb(folder: Path) -> Path:
    return put(folder, _bomb(), "model.npz")
