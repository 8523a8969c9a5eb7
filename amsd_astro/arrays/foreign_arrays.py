"""Arrays of other libraries, some of them not computed yet: told by their names, no library is imported for it."""

from __future__ import annotations

from typing import Any

__all__ = ["refuse_lazy"]

_ADVICE = {
    "dask": "array.compute()",
    "xarray": "array.to_numpy()",
    "torch": "tensor.detach().cpu().numpy()",
    "jax": "numpy.asarray(array)",
    "jaxlib": "numpy.asarray(array)",
    "tensorflow": "tensor.numpy()",
    "cupy": "array.get()",
    "h5py": "dataset[...]",
    "zarr": "array[...]",
}


def refuse_lazy(value: Any, what: str) -> None:
    """Make sure that something is no array of another library, which may be far larger than the memory.

    Parameters
    ----------
    value : object
        Anything.
    what : str
        What it is to be, for the message.

    Raises
    ------
    TypeError
        It is one; the message says how to make an ndarray of it.
    """
    rooms = [kind.__module__.partition(".")[0] for kind in type(value).__mro__]
    found = next((room for room in rooms if room in _ADVICE), None)
    if found is None and hasattr(value, "__dask_graph__") and not isinstance(value, type):
        found = "dask"
    if found is not None:
        rule = f"{what} must be an array of numpy: pass {_ADVICE[found]}"
        raise TypeError(f"{rule}. Received: {type(value).__module__}.{type(value).__qualname__}")
