"""TensorFlow set up so that results repeat, and memory is not asked for anew for every array."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from amsd_astro.network.forked_process import claim_process

__all__ = ["asking_for_memory", "start_tensorflow"]

_log = logging.getLogger(__name__)


def start_tensorflow(n_threads: int) -> None:
    """Set the number of threads, keep memory, and leave out the one graph optimization that makes runs differ.

    The arithmetic optimizer reorders sums of gradients, now this way, now that, each time a graph is traced. An array
    given back to the system and asked for again costs more than the work on it: denoising takes two thirds of the time
    where TensorFlow keeps its memory (``TF_CPU_ALLOCATOR_USE_BFC``, which the caller may set to ``false``). All
    settings are TensorFlow's own, for the whole process.

    Parameters
    ----------
    n_threads : int
        Threads of one operation; operations run one after another. Counts only before TensorFlow's first use.

    Raises
    ------
    RuntimeError
        The process was forked from one that had run a network.
    """
    claim_process()
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")  # read when the first array is made
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() == n_threads:
        return
    try:
        threading.set_intra_op_parallelism_threads(n_threads)
        threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        _log.info("TensorFlow has started with other settings: n_threads=%d is not applied", n_threads)


@contextlib.contextmanager
def asking_for_memory(images: NDArray[np.floating]) -> Iterator[None]:
    """Raise Python's MemoryError in the place of TensorFlow's, in the words of the images that are worked on."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(f"no memory for images of {images.shape[1]} x {images.shape[2]} pixels") from error
