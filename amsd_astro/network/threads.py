"""How many threads TensorFlow may use."""

from __future__ import annotations

import logging

import tensorflow as tf

__all__ = ["set_threads"]

_log = logging.getLogger(__name__)


def set_threads(n_threads: int) -> None:
    """Set the number of threads, which only works before TensorFlow has done anything.

    Parameters
    ----------
    n_threads : int
        Threads of one operation; operations run one after another, so that results repeat.
    """
    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() == n_threads:
        return
    try:
        threading.set_intra_op_parallelism_threads(n_threads)
        threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        _log.info("TensorFlow has started with other settings: n_threads=%d is not applied", n_threads)
