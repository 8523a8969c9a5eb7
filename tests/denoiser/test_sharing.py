"""A denoiser in several threads, copied, pickled, and in processes that were forked or spawned."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from astropy.io import fits
from small_fields import expose, true_scene

from amsd_astro import Denoiser, Frame
from amsd_astro.frames.noise import measure_noise
from amsd_astro.network import forked_process

pytestmark = pytest.mark.usefixtures("small_recipe")

WAIT = 240  # seconds, for a process that hangs


def unlike_frames() -> list[np.ndarray]:
    """Eight frames of different sizes, skies, noise and crowding, some with bad pixels."""
    rng = np.random.default_rng(7)
    frames = []
    for k, (shape, sky) in enumerate(
        [((128, 120), 30), ((96, 160), 200), ((150, 96), 5000), ((64, 64), 12), ((110, 130), 800), ((140, 90), 60),
         ((72, 200), 20000), ((128, 128), 3)]
    ):  # fmt: skip
        frame = expose(true_scene(shape, sky=float(sky)), seed=k)
        if k % 3 == 0:
            frame[rng.random(shape) < 0.02] = np.nan
        frames.append(frame * np.float32(10.0 ** (k - 4)))
    return frames


def contents(frame: Frame) -> tuple[object, ...]:
    """All that a result says."""
    return (
        frame.data.tobytes(),
        frame.uncertainty.array.tobytes(),
        frame.flags.tobytes(),
        frame.header.tostring(),
    )


@pytest.mark.parametrize("steps", [0, None])
def test_threads_that_share_a_denoiser_get_what_they_would_get_alone(fitted: Denoiser, steps: int | None) -> None:
    denoiser = copy.copy(fitted)
    denoiser.steps, denoiser._as_it_is = steps, steps == 0
    frames = unlike_frames()
    alone = [contents(denoiser.denoise(frame)) for frame in frames]
    assert len({one[3] for one in alone}) == len(alone)  # unlike indeed
    for _ in range(2):
        with ThreadPoolExecutor(3) as pool:
            together = list(pool.map(lambda frame: contents(denoiser.denoise(frame)), frames))
        assert together == alone


def test_threads_may_be_the_first_to_use_a_denoiser(fitted: Denoiser) -> None:
    fresh = pickle.loads(pickle.dumps(fitted))
    frames = unlike_frames()[:3]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda frame: contents(fresh.denoise(frame)), frames))
    assert together == [contents(fitted.denoise(frame)) for frame in frames]


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_used_denoiser_can_be_copied_and_pickled(fitted: Denoiser, exposure: np.ndarray, twin: object) -> None:
    before = contents(fitted.denoise(exposure))
    other = twin(fitted)  # type: ignore[operator]
    assert vars(other).keys() == vars(fitted).keys()
    for name in ("recipe", "steps", "seed", "n_threads", "n_orientations", "flux_tolerance", "adaptation", "_seen"):
        assert getattr(other, name) == getattr(fitted, name)
    assert contents(other.denoise(exposure)) == before
    assert other._has_seen(Frame(exposure))
    other.fit(unlike_frames()[1])  # what one learns is not the other's
    assert not fitted._has_seen(Frame(unlike_frames()[1]))
    assert contents(fitted.denoise(exposure)) == before


def test_a_denoiser_without_a_network_travels_too() -> None:
    for other in (copy.deepcopy(Denoiser(seed=3)), pickle.loads(pickle.dumps(Denoiser(seed=3)))):
        assert other.seed == 3 and other._model is None


@pytest.mark.slow
def test_a_worker_that_was_spawned_denoises(fitted: Denoiser, exposure: np.ndarray) -> None:
    denoiser = copy.copy(fitted)
    denoiser.n_orientations = 2  # over there the recipe is what it always is
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as pool:
        made = pool.submit(_denoised_bytes, pickle.dumps(denoiser), exposure).result(timeout=WAIT)
    assert made == denoiser.denoise(exposure).data.tobytes()


def _denoised_bytes(pickled: bytes, exposure: np.ndarray) -> bytes:
    denoiser: Denoiser = pickle.loads(pickled)
    return denoiser.denoise(exposure).data.tobytes()


_FORKED = """
import os, pickle, sys
import numpy as np
from amsd_astro import Denoiser, Frame, denoise, read_frame
from amsd_astro.frames.noise import measure_noise

exposure = np.random.default_rng(0).normal(100, 5, (40, 48)).astype(np.float32)
denoiser = Denoiser(steps=0)
before = denoiser.denoise(exposure)
child = os.fork()
if not child:
    status = 1
    try:
        for call in (
            lambda: denoiser.denoise(exposure),
            lambda: denoise(exposure, steps=0),
            lambda: Denoiser().fit(exposure),
            lambda: Denoiser.load(sys.argv[1]),
            lambda: denoiser.save(sys.argv[3]),
            lambda: pickle.dumps(denoiser),
        ):
            try:
                call()
            except RuntimeError as error:
                assert "'spawn'" in str(error), error
            else:
                raise AssertionError("no error")
        assert measure_noise(Frame(exposure)).sky_variance > 0
        before.write(sys.argv[2])
        np.testing.assert_array_equal(read_frame(sys.argv[2]).data, before.data)
        status = 0
    finally:
        os._exit(status)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
np.testing.assert_array_equal(denoiser.denoise(exposure).data, before.data)
print("as it should be")
"""


@pytest.mark.slow
def test_a_process_that_was_forked_is_told_and_does_not_hang(fitted: Denoiser, tmp_path: os.PathLike[str]) -> None:
    model, out, saved = (os.path.join(tmp_path, name) for name in ("model.npz", "out.fits", "saved.npz"))
    fitted.save(model)
    command = [sys.executable, "-c", _FORKED, model, out, saved]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "as it should be\n"
    with fits.open(out) as hdus:
        assert "AMSD_SIGMA" in hdus
    assert not os.path.exists(saved)


def test_a_process_that_was_forked_before_runs_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked_process, "_ran_in", None)
    forked_process.claim_process()
    forked_process.claim_process()
    monkeypatch.setattr(forked_process, "_ran_in", os.getpid() + 1)
    with pytest.raises(RuntimeError, match="spawn"):
        forked_process.claim_process()
    assert measure_noise(Frame(np.random.default_rng(0).normal(size=(40, 40)))).sky_variance > 0
