"""A model applied tile by tile: the size of the tiles follows the memory, and never shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from blur_model import BlurModel

from amsd_astro.arrays import blocks, scratch
from amsd_astro.denoiser import application
from amsd_astro.denoiser.application import apply_model, tile_side
from amsd_astro.denoiser.preparation import Prepared, prepare
from amsd_astro.frames import Frame
from amsd_astro.frames.denoised import Denoised


@pytest.fixture
def prepared() -> Prepared:
    rng = np.random.default_rng(4)
    data = (rng.poisson(400, (230, 190)) + rng.normal(0, 5, (230, 190))).astype(np.float32)
    data[100:104, 30:33] = np.nan
    data[5, 7] = 1e5
    return prepare(Frame(data, mask=~np.isfinite(data)), None, seed=0)


def same(one: Denoised, other: Denoised) -> None:
    for name in ("data", "sigma", "flags"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def apply(prepared: Prepared, model: BlurModel | None = None, **settings: Callable) -> Denoised:
    return apply_model(model or BlurModel(), None, prepared, n_orientations=1, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(("gib", "side"), [(64, 1024), (8, 1024), (4, 512), (1, 256), (0.3, 128), (0.01, 64)])
def test_tiles_follow_the_memory(gib: float, side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "memory_limit", lambda: int(gib * 2**30))
    assert tile_side(36, 1600) == side


def test_out_of_memory_goes_on_with_smaller_tiles(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = apply(prepared)
    monkeypatch.setattr(application, "_LARGEST", 128)
    model = BlurModel(most=60)
    seen: list[tuple[int, int, str]] = []
    same(apply(prepared, model, progress=lambda *told: seen.append(told)), whole)
    assert max(model.sides) > 60  # it was tried
    assert min(model.sides) >= 30  # and not made smaller than was needed
    assert seen[-1][0] == seen[-1][1] == len(seen)
    assert all(done < total for done, total, _ in seen[:-1])


def test_memory_that_runs_out_on_the_way(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = apply(prepared)
    monkeypatch.setattr(application, "_LARGEST", 64)
    model = BlurModel()
    n_made = 0

    def shrink(done: int, total: int, stage: str) -> None:
        nonlocal n_made
        n_made += 1
        model.most = 60 if n_made == 5 else model.most

    same(apply(prepared, model, progress=shrink), whole)
    assert model.most == 60


def test_no_memory_at_all_is_an_error(prepared: Prepared) -> None:
    with pytest.raises(MemoryError, match="so many pixels"):
        apply(prepared, BlurModel(most=5))


def test_large_frames_lie_on_the_disk_and_come_out_the_same(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = apply(prepared)
    monkeypatch.setattr(scratch, "_LARGEST_HELD", 0)
    monkeypatch.setattr(application, "_LARGEST", 64)
    parts = apply(prepared)
    assert not parts.data.flags.owndata
    same(parts, whole)


def test_preparation_in_parts_differs_in_the_noise_of_bad_pixels_alone(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_PIXELS", 20 * 190)
    parts = prepare(prepared.frame, None, seed=0)
    good = ~prepared.frame.mask
    assert prepared.values is not None and parts.values is not None
    np.testing.assert_array_equal(parts.values[good], prepared.values[good])
    assert np.all(np.isfinite(parts.values))


def test_bad_pixels_are_filled_with_their_surroundings_and_noise() -> None:
    rng = np.random.default_rng(1)
    data = rng.normal(1000, 8, (300, 300)).astype(np.float32)
    mask = np.zeros(data.shape, bool)
    mask[60:240, 60:240] = True
    data[mask] = np.nan
    values = prepare(Frame(data, mask=mask), None, seed=3).values
    assert values is not None
    assert abs(values[mask].mean()) < 0.1
    assert values[mask].std() == pytest.approx(1, abs=0.1)
    again = prepare(Frame(data, mask=mask), None, seed=3).values
    other = prepare(Frame(data, mask=mask), None, seed=4).values
    np.testing.assert_array_equal(values, again)
    assert other is not None and not np.array_equal(values[mask], other[mask])
