"""A model and what is known of it, from and to a file that the caller names."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from amsd_astro.errors import OutputError
from amsd_astro.fits.output_file import new_file
from amsd_astro.frames import check_output
from amsd_astro.network.engines.starting import start

if TYPE_CHECKING:
    from amsd_astro.network.predictor import Predictor

__all__ = ["model_from_bytes", "model_to_bytes", "read_model_file", "write_model_file"]


def write_model_file(
    path: str | os.PathLike[str], model: Predictor, settings: dict[str, Any], *, overwrite: bool
) -> None:
    """Write a model file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        The file.
    model, settings
        As for `~amsd_astro.network.files.model_file.save_model`.
    overwrite : bool
        Whether it may exist.

    Raises
    ------
    OutputError
        It exists, cannot be made, or has the name of a packed file.
    """
    from amsd_astro.network.files.model_file import save_model

    target = check_output(path, overwrite=overwrite)
    if target.suffix.lower() in (".gz", ".bz2"):
        raise OutputError(f"{target}: a model file is not packed. Received: a name that ends in {target.suffix}")
    with new_file(target, overwrite=overwrite) as file:
        save_model(file, model, settings)


def read_model_file(path: str | os.PathLike[str], *, n_threads: int | None) -> tuple[Predictor, dict[str, Any]]:
    """Read a model file; TensorFlow starts when what is in it has been checked. Errors are those of `Denoiser.load`.

    Parameters
    ----------
    path : str or path-like
        The file.
    n_threads : int or None
        Threads of TensorFlow, all that the process may use by default.

    Returns
    -------
    Predictor, dict
        The model and its settings.
    """
    from amsd_astro.network.files.model_file import load_model
    from amsd_astro.network.files.model_opening import open_model

    with open_model(path) as file:
        return load_model(file, name=os.fspath(path), start=lambda: start(n_threads))


def model_to_bytes(model: Predictor, settings: dict[str, Any]) -> bytes:
    """Return the content of a model file."""
    from amsd_astro.network.files.model_file import save_model

    file = io.BytesIO()
    save_model(file, model, settings)
    return file.getvalue()


def model_from_bytes(content: bytes, *, n_threads: int | None) -> Predictor:
    """Return the model of such a content; TensorFlow starts with the threads asked for."""
    from amsd_astro.network.files.model_file import load_model

    return load_model(io.BytesIO(content), name="a pickled Denoiser", start=lambda: start(n_threads))[0]
