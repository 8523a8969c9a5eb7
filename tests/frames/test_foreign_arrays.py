"""Arrays and masks of every kind give what float32 and booleans give, or are refused by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.nddata import CCDData, NDData, NDDataRef, StdDevUncertainty

from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.frames import Frame, as_frame

SHAPE = (12, 17)
PIXELS = np.rint(np.random.default_rng(0).normal(100, 5, SHAPE)).astype(np.float32)
MASK = np.zeros(SHAPE, bool)
MASK[3, 4:6] = True
MASK[7] = True


class _Ccd(CCDData):
    pass


_HOLDERS: dict[str, Callable[[Any, Any], Frame]] = {
    "argument": lambda pixels, mask: as_frame(pixels, mask=mask),
    "nddata": lambda pixels, mask: as_frame(NDData(pixels, mask=mask)),
    "ref": lambda pixels, mask: as_frame(NDDataRef(pixels, mask=mask, unit="adu")),
    "ccd": lambda pixels, mask: as_frame(CCDData(pixels, mask=mask, unit="adu")),
    "subclass": lambda pixels, mask: as_frame(_Ccd(pixels, mask=mask, unit="adu")),
    "frame": lambda pixels, mask: as_frame(Frame(pixels, mask=mask)),
}


def _same(frame: Frame, *, pixels: np.ndarray = PIXELS) -> None:
    np.testing.assert_array_equal(frame.data, pixels)
    np.testing.assert_array_equal(frame.mask, MASK)
    assert frame.mask.dtype == bool and frame.data.dtype in (np.float32, np.float64) and frame.data.dtype.isnative


@pytest.mark.parametrize("holder", _HOLDERS)
@pytest.mark.parametrize("value", [1, 2, 256, 2**16, 2**40, -1])
@pytest.mark.parametrize("dtype", ["i8", ">i8"])
def test_masks_of_any_bit(holder: str, value: int, dtype: str) -> None:
    _same(_HOLDERS[holder](PIXELS, (MASK * np.int64(value)).astype(dtype)))


@pytest.mark.parametrize("holder", _HOLDERS)
@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "u8", "f2", "f4", ">f4", "f8", "g"])
def test_masks_of_zeros_and_ones(holder: str, dtype: str) -> None:
    mask = np.zeros((24, 17), dtype)
    mask[::-2] = MASK
    for given in (MASK.astype(dtype), mask[::-2], np.asfortranarray(MASK.astype(dtype))):
        _same(_HOLDERS[holder](PIXELS, given))


@pytest.mark.parametrize("holder", ["argument", "nddata", "frame"])
def test_masks_that_are_none(holder: str) -> None:
    make = _HOLDERS[holder]
    for value in (np.nan, 0.5, np.inf, -1.0):
        with pytest.raises(
            FrameError, match=f"mask must hold 0 and 1 alone where it is of floats. Received: {value:g}"
        ):
            make(PIXELS, np.where(MASK, value, 0))
    for mask in (np.full(SHAPE, "F"), MASK.astype(object), MASK.astype(complex)):
        with pytest.raises(FrameError, match="mask must hold booleans or integers"):
            make(PIXELS, mask)
    for shape in ((17, 12), (11, 17), (204,), (2, 12, 17)):
        with pytest.raises(FrameError, match="mask must have the shape of the image"):
            make(PIXELS, np.zeros(shape, bool))


def test_masks_of_one_value_with_axes_in_front_and_masked_themselves() -> None:
    assert not as_frame(PIXELS, mask=False).mask.any() and not as_frame(PIXELS, mask=np.ma.nomask).mask.any()
    with pytest.raises(FrameError, match="no valid pixel"):
        as_frame(PIXELS, mask=True)
    _same(as_frame(NDData(PIXELS[None, None], mask=MASK[None, None])))
    _same(as_frame(PIXELS, mask=MASK[None]))
    _same(as_frame(PIXELS, mask=np.ma.array(np.zeros(SHAPE), mask=MASK)))
    frame = Frame(PIXELS, mask=MASK)
    assert np.shares_memory(frame.mask, MASK), "kept by reference, as in CCDData"


@pytest.mark.parametrize("holder", _HOLDERS)
@pytest.mark.parametrize("dtype", [">f4", ">f8", "f8", "g", "f2", "i2", ">i2", "u4", "u8", ">u8", "i8"])
def test_pixels_of_any_type(holder: str, dtype: str) -> None:
    _same(_HOLDERS[holder](PIXELS.astype(dtype), MASK))


@pytest.mark.parametrize("holder", _HOLDERS)
def test_pixels_that_lie_in_memory_in_any_way(holder: str, tmp_path: Path) -> None:
    wide = np.zeros((24, 51), np.float32)
    wide[::2, ::3] = PIXELS
    turned = np.ascontiguousarray(PIXELS[::-1, ::-1])
    closed = PIXELS.copy()
    closed.flags.writeable = False
    ways = [wide[::2, ::3], turned[::-1, ::-1], closed, np.asfortranarray(PIXELS), np.ascontiguousarray(PIXELS.T).T]
    for dtype in ("<f4", ">f4"):
        PIXELS.astype(dtype).tofile(tmp_path / dtype)
        ways += [np.memmap(tmp_path / dtype, dtype, mode, shape=SHAPE) for mode in ("r", "c")]
    for way in ways:
        before = way.copy()
        _same(_HOLDERS[holder](way, MASK))
        np.testing.assert_array_equal(way, before)


def test_integers_beyond_what_signed_ones_hold() -> None:
    frame = as_frame(np.full((4, 5), 2**64 - 1, np.uint64))
    assert frame.data.dtype == np.float64 and np.all(frame.data == 2.0**64)


def test_flags_of_others_are_told_to_be_left_out() -> None:
    ccd = CCDData(PIXELS, mask=MASK, unit="adu", flags=np.full(SHAPE, 300))
    with pytest.warns(AmsdWarning, match="the flags are not used: what is bad is to be in the mask"):
        _same(as_frame(ccd))


@pytest.mark.parametrize("shape", [(3, 4), (), (17, 12)])
def test_uncertainties_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(FrameError, match="uncertainty must have the shape of the image"):
        as_frame(NDData(PIXELS, uncertainty=StdDevUncertainty(np.ones(shape))))


def _lazy(module: str, name: str = "Array") -> Any:
    """Return an object that looks as arrays of another library do, and fails the test where it is computed."""

    def compute(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was computed")

    kind = type(
        name, (), {"shape": SHAPE, "ndim": 2, "dtype": PIXELS.dtype, "__array__": compute, "__getitem__": compute}
    )
    kind.__module__ = module
    return kind()


@pytest.mark.parametrize(
    ("module", "advice"),
    [
        ("dask.array.core", r"array\.compute\(\)"),
        ("xarray.core.dataarray", r"array\.to_numpy\(\)"),
        ("torch", r"tensor\.detach\(\)\.cpu\(\)\.numpy\(\)"),
        ("jaxlib._jax", r"numpy\.asarray\(array\)"),
        ("h5py._hl.dataset", r"dataset\[\.\.\.\]"),
    ],
)
def test_arrays_that_are_not_in_memory_are_refused_by_name(module: str, advice: str) -> None:
    array = _lazy(module)
    words = f"must be an array of numpy: pass {advice}. Received: {module}.Array"
    with pytest.raises(TypeError, match=f"the image {words}"):
        as_frame(array)
    with pytest.raises(TypeError, match=f"mask {words}"):
        as_frame(PIXELS, mask=array)
    nddata = NDData(array)
    assert nddata.data is array
    with pytest.raises(TypeError, match=f"the image {words}"):
        as_frame(nddata)
    with pytest.raises(TypeError, match=f"mask {words}"):
        as_frame(NDData(PIXELS, mask=array))
    uncertainty = StdDevUncertainty(np.ones(SHAPE))
    uncertainty._array = array
    with pytest.raises(TypeError, match=f"the uncertainty {words}"):
        as_frame(NDData(PIXELS, uncertainty=uncertainty))


def test_a_graph_of_dask_of_another_library() -> None:
    array = _lazy("somebodys.arrays")
    type(array).__dask_graph__ = lambda self: {}
    with pytest.raises(TypeError, match=r"pass array\.compute\(\). Received: somebodys.arrays.Array"):
        as_frame(array)


def test_quantities_of_half_precision() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = as_frame(PIXELS.astype(np.float16) * u.adu, mask=MASK)
    _same(frame)
    assert frame.unit == u.adu
