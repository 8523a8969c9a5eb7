"""An image is told from another one in its place, and knows itself with a few pixels repaired."""

from __future__ import annotations

import numpy as np
import pytest

from amsd_astro.arrays.likeness import Likeness


@pytest.mark.parametrize("shape", [(1, 1), (5, 3000), (700, 900)])
def test_another_image_is_told(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    image = rng.normal(size=shape)
    known = Likeness(image)
    assert known.is_of(image) and known.is_of(image.astype(image.dtype.newbyteorder()))
    assert not known.is_of(image + 1) and not known.is_of(image[:, 1:])
    image += 1
    assert not known.is_of(image)


def test_repaired_pixels_make_no_other_image() -> None:
    rng = np.random.default_rng(2)
    image = rng.normal(size=(400, 500))
    known = Likeness(image)
    image[rng.random(image.shape) < 0.05] = 0
    assert known.is_of(image)
    image[:200] = 0
    assert not known.is_of(image)


def test_what_is_blank_tells_nothing() -> None:
    image = np.full((300, 300), np.nan)
    known = Likeness(image)
    assert known.is_of(image)
    image[:9, :9] = 1
    assert not known.is_of(image), "there was nothing, now there is something"
    known = Likeness(image)
    image[:9, :9] = 2
    assert not known.is_of(image), "all that is to be seen is another"
    assert Likeness(np.zeros((0, 4))).is_of(np.zeros((0, 4)))
