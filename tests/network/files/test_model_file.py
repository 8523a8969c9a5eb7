"""Model files: what was saved comes back, and nothing else gets in."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import re
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amsd_astro.errors import ModelError
from amsd_astro.network.amsd.model import MultiscaleModel
from amsd_astro.network.architectures import AmsdArchitecture, ThesisArchitecture
from amsd_astro.network.digests import digest_arrays
from amsd_astro.network.files import model_file, saved_networks
from amsd_astro.network.files.array_archive import LARGEST_FILE, Archive
from amsd_astro.network.files.model_file import load_model, save_model
from amsd_astro.network.files.saved_networks import NETWORKS
from amsd_astro.network.thesis.model import ThesisModel
from amsd_astro.version import __version__

SETTINGS = {"recipe": "amsd", "seed": 5, "steps": 7, "note": "of two nights"}
SMALL = AmsdArchitecture((4, 8), 4)
SECONDS, BYTES = 1.0, 2**20  # no file may cost more, its own size aside

Members = dict[str, bytes]
Weights = list[np.ndarray]
Build = Callable[[AmsdArchitecture, dict[str, Any], Weights], MultiscaleModel]


@pytest.fixture(scope="module")
def model() -> MultiscaleModel:
    """A small network with weights that look random and are the same everywhere."""
    made = MultiscaleModel(SMALL)
    weights = [
        (((np.arange(w.size) * 7 + 13 * k) % 29 - 14) / 29 * np.sqrt(24 * w.shape[-1] / w.size)).reshape(w.shape)
        for k, w in enumerate(made.get_weights())
    ]
    made = MultiscaleModel(SMALL, weights=[weight.astype(np.float32) for weight in weights], is_trained=True)
    return made.replaced(variance_scale=1.3)


@pytest.fixture(scope="module")
def content(model: MultiscaleModel) -> bytes:
    return saved(model)


@pytest.fixture
def members(content: bytes) -> Members:
    return unzipped(content)


@pytest.fixture(scope="module")
def spare() -> MultiscaleModel:
    """A second network, because building one takes a quarter of a second."""
    return MultiscaleModel(SMALL)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(architecture: AmsdArchitecture, settings: dict[str, Any], weights: Weights) -> MultiscaleModel:
        raise AssertionError(f"a network was built: {architecture}")

    build_with(build, monkeypatch)


def build_with(build: Build, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(NETWORKS, "amsd", dataclasses.replace(NETWORKS["amsd"], build=build))


def putting(spare: MultiscaleModel, change: Callable[[Weights], Weights] = list) -> Build:
    """Return what puts weights into a network that is there already."""

    def build(architecture: AmsdArchitecture, settings: dict[str, Any], weights: Weights) -> MultiscaleModel:
        spare.network.set_weights(change(weights))
        return spare

    return build


def saved(model: MultiscaleModel, **changes: Any) -> bytes:
    file = io.BytesIO()
    save_model(file, model, {**SETTINGS, **changes})
    return file.getvalue()


def load(content: bytes) -> tuple[MultiscaleModel, dict[str, Any]]:
    return load_model(io.BytesIO(content), name="night.npz")


def refused(content: bytes, message: str) -> None:
    """Make sure that a file is refused in one short sentence that names it, at little cost."""
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(ModelError, match=message) as caught:
            load(content)
        seconds, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert re.fullmatch(r"night\.npz: .*\. Received: .*", str(caught.value))
    assert len(str(caught.value)) < 400
    assert seconds < SECONDS
    assert peak < BYTES + 2 * len(content)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def array_of(member: bytes) -> np.ndarray:
    array: np.ndarray = np.load(io.BytesIO(member))
    return array


def zipped(members: Members) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return file.getvalue()


def unzipped(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_text(members: Members, text: bytes) -> bytes:
    return zipped({**members, "settings.npy": npy(np.frombuffer(text, np.uint8))})


def stated(members: Members) -> dict[str, Any]:
    return dict(json.loads(array_of(members["settings.npy"]).tobytes()))


def with_settings(members: Members, **changes: Any) -> bytes:
    return with_text(members, json.dumps({**stated(members), **changes}).encode())


def swapped(weights: Weights) -> Weights:
    """Return the weights with the two layers of one shape in each module in each other's place."""
    other = list(weights)
    for one, two in ((2, 8), (12, 18), (22, 28)):
        assert weights[one].shape == weights[two].shape
        other[one : one + 2], other[two : two + 2] = weights[two : two + 2], weights[one : one + 2]
    return other


def test_a_model_comes_back_as_it_was(model: MultiscaleModel, content: bytes) -> None:
    loaded, settings = load(content)
    assert loaded.architecture == SMALL and loaded.variance_scale == 1.3
    for one, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert SETTINGS.items() <= settings.items()
    assert settings["version"] == __version__
    assert settings["sha256"].startswith(model.fingerprint())
    assert saved(loaded) == content


def test_weights_are_float16_where_nothing_is_lost(model: MultiscaleModel, content: bytes) -> None:
    halves = [weight.astype(np.float16).astype(np.float32) for weight in model.get_weights()]
    half = MultiscaleModel(SMALL, weights=halves, is_trained=True)
    stored = saved(half, weights="float32")  # what was said of another file does not count
    loaded, settings = load(stored)
    assert settings["weights"] == "float16"
    assert len(content) - len(stored) == pytest.approx(2 * sum(weight.size for weight in halves), abs=20)
    for one, other in zip(loaded.get_weights(), halves, strict=True):
        np.testing.assert_array_equal(one, other)
    assert loaded.fingerprint() == half.fingerprint() and saved(loaded) == saved(half)
    refused(with_settings(unzipped(stored), weights="float32"), "weight 0 must be float32")
    refused(with_settings(unzipped(stored), weights="float64"), "weights must be float32 or float16")


def test_the_same_model_gives_the_same_bytes(model: MultiscaleModel, content: bytes) -> None:
    assert saved(model) == content
    assert saved(model, steps=8) != content


def test_numpy_reads_and_writes_model_files(
    model: MultiscaleModel, content: bytes, spare: MultiscaleModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with np.load(path) as stored:
        arrays = dict(stored)
    assert json.loads(bytes(arrays["settings"]))["note"] == "of two nights"
    np.testing.assert_array_equal(arrays["w001"], model.get_weights()[1])
    np.savez(path, **arrays)
    build_with(putting(spare), monkeypatch)
    assert load(path.read_bytes())[0].fingerprint() == model.fingerprint()
    np.savez_compressed(path, **arrays)
    refused(path.read_bytes(), "without compression")


def test_a_model_is_written_from_front_to_back(model: MultiscaleModel, content: bytes) -> None:
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        save_model(file, model, SETTINGS)  # type: ignore[arg-type]
    assert gzip.decompress(packed.getvalue()) == content


def test_keras_is_loaded_only_for_files_that_are_sound(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "good.npz").write_bytes(content)
    (tmp_path / "bad.npz").write_bytes(content[:-1])
    code = (
        "import sys\n"
        "from amsd_astro.errors import ModelError\n"
        "from amsd_astro.network.files.model_file import load_model\n"
        "def start(): print('started', 'keras' in sys.modules); raise SystemExit\n"
        "for name in ('bad.npz', 'good.npz'):\n"
        "    try: load_model(open(name, 'rb'), name=name, start=start)\n"
        "    except ModelError as error: print(error, 'keras' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    first, second = done.stdout.splitlines()
    assert first.startswith("bad.npz: ") and first.endswith(" False")
    assert second == "started False"


@pytest.mark.parametrize(("n_channels", "n_groups"), [(1, 1), (3, 4)])
def test_shapes_are_those_of_the_thesis_network(n_channels: int, n_groups: int) -> None:
    architecture = ThesisArchitecture(n_channels, n_groups)
    built = [weight.shape for weight in ThesisModel(architecture).get_weights()]
    assert NETWORKS["thesis"].shapes(architecture) == built


@pytest.mark.parametrize(
    ("widths", "residuals"), [((6,), ()), ((6,), (2,)), ((9, 5, 14), (1,)), ((9, 5, 14), (0, 1, 3))]
)
def test_shapes_are_those_of_the_network(widths: tuple[int, ...], residuals: tuple[int, ...]) -> None:
    architecture = AmsdArchitecture(widths, 7, residuals)
    built = [weight.shape for weight in MultiscaleModel(architecture).get_weights()]
    assert NETWORKS["amsd"].shapes(architecture) == built


def test_the_largest_network_fits_into_a_file() -> None:
    n, width = saved_networks._MOST_WIDTHS, max(saved_networks._WIDTHS)
    largest = AmsdArchitecture((width,) * n, width)
    assert sum(4 * np.prod(shape) + 1000 for shape in NETWORKS["amsd"].shapes(largest)) < LARGEST_FILE


def test_the_network_of_this_format_answers_as_ever(model: MultiscaleModel) -> None:
    # Files of this format hold weights for exactly this network: where this fails, the format needs a new number.
    assert model_file._FORMAT == 5
    np.testing.assert_allclose(
        model_file._probe(model.network, model.architecture)[:4], [0.747150, -0.805805, 1.628938, -0.796084], rtol=1e-3
    )


def test_weights_that_would_go_to_other_layers_are_refused(
    model: MultiscaleModel, content: bytes, spare: MultiscaleModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_with(putting(spare), monkeypatch)
    assert load(content)[0].network is spare.network
    with monkeypatch.context() as patch:  # as if Keras sorted the layers otherwise
        build_with(putting(spare, swapped), patch)
        with pytest.raises(ModelError, match="may have another order"):
            load(content)
    assert load(content)[0].network is spare.network


def test_more_frames_than_a_file_can_name_do_not_hinder_it(model: MultiscaleModel) -> None:
    file = io.BytesIO()
    keys = [f"{k:016x}" for k in range(2500)]
    save_model(file, model, {**SETTINGS, "frames": keys})
    assert load(file.getvalue())[1]["frames"] == keys[:2000]


def test_what_could_not_be_loaded_is_not_saved(model: MultiscaleModel, spare: MultiscaleModel) -> None:
    for changes, message in (
        ({"steps": "many"}, "steps"),
        ({"recipe": "soup"}, "recipe"),
        ({"frames": ["soup"]}, "frames"),
        ({"note": "x" * 100_000}, "settings"),
        ({"note": float("nan")}, "JSON"),
    ):
        file = io.BytesIO()
        with pytest.raises(ValueError, match=message):
            save_model(file, model, {**SETTINGS, **changes})
        assert file.getvalue() == b""
    spare.network.set_weights([weight + np.float32("inf") for weight in model.get_weights()])
    with pytest.raises(ModelError, match="finite"):
        saved(spare)


@pytest.mark.usefixtures("no_network")
def test_no_more_of_an_endless_file_is_read_than_a_model_may_have() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            assert 0 < size < 2 * LARGEST_FILE
            return b"PK\x03\x04" + bytes(size - 4)

    with pytest.raises(ModelError, match=r"endless: .*at most"):
        load_model(Endless(), name="endless")  # type: ignore[arg-type]


@pytest.mark.usefixtures("no_network")
def test_files_that_are_no_models_are_refused(content: bytes) -> None:
    for foreign, message in (
        (b"", "empty file"),
        (b"not a model", "begins with"),
        (content[:-1], "cut short"),
        (zipped({"arr_0.npy": npy(np.zeros(3))}), "named settings.*arr_0"),
    ):
        refused(foreign, message)


@pytest.mark.usefixtures("no_network")
def test_members_are_those_of_the_network(members: Members) -> None:
    for name in ("w040.npy", "../w004.npy", "/etc/w004.npy", "w004", "W004.NPY", "é.npy", "x" * 100):
        refused(zipped({**members, name: members["w004.npy"]}), "Received: also '")
    refused(zipped({name: member for name, member in members.items() if name != "w004.npy"}), "no w004")


@pytest.mark.usefixtures("no_network")
def test_sizes_are_checked_before_weights_are_read(members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    weight = array_of(members["w014.npy"])
    odd = [weight.astype(np.float64), weight[..., :0], np.zeros(2**20, np.float32), weight.astype(object)]
    read = Archive.read

    def read_settings_only(archive: Archive, member: str, *rest: Any, **more: Any) -> np.ndarray:
        assert member == "settings.npy"
        return read(archive, member, *rest, **more)

    monkeypatch.setattr(Archive, "read", read_settings_only)
    for array in odd:
        refused(zipped({**members, "w014.npy": npy(array)}), "weight 14 must be float32 of shape .*a header")


@pytest.mark.usefixtures("no_network")
def test_weights_are_finite_and_those_that_were_saved(members: Members) -> None:
    weight = array_of(members["w004.npy"])
    for spoil, message in (
        (weight * np.float32("nan"), "weight 4 must be finite"),
        (np.where(weight == weight.max(), np.float32("-inf"), weight), "weight 4 must be finite"),
        (np.nextafter(weight, np.float32(9)), "SHA-256"),
        (weight[::-1].copy(), "SHA-256"),
        (np.asfortranarray(weight), "Fortran order"),
        (weight.astype(">f4"), "float32 .<f4.*Received: >f4"),
    ):
        refused(zipped({**members, "w004.npy": npy(spoil)}), message)
    refused(zipped({**members, "w002.npy": members["w008.npy"], "w008.npy": members["w002.npy"]}), "SHA-256")


def test_a_digest_that_fits_does_not_help_weights_in_another_order(
    members: Members, spare: MultiscaleModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(members)[1:]
    weights = swapped([array_of(members[name]) for name in names])
    others = {name: npy(weight) for name, weight in zip(names, weights, strict=True)}
    build_with(putting(spare), monkeypatch)
    refused(with_settings({**members, **others}, sha256=digest_arrays(weights)), "may have another order")


Damage = tuple[str, float, bytes]
DAMAGES = st.lists(
    st.tuples(st.sampled_from(["flip", "set", "insert", "delete", "cut"]), st.floats(0, 1), st.binary(min_size=1)),
    min_size=1,
    max_size=3,
)


def damaged(content: bytes, damages: list[Damage]) -> bytes:
    for kind, where, data in damages:
        place = int(where * len(content))
        before, at, after = content[:place], content[place : place + 1], content[place + 1 :]
        if kind == "flip" and at:
            content = before + bytes([at[0] ^ (data[0] or 1)]) + after
        elif kind == "set":
            content = before + data + content[place + len(data) :]
        elif kind == "insert":
            content = before + data + content[place:]
        elif kind == "delete":
            content = before + content[place + len(data) :]
        elif kind == "cut":
            content = before
    return content


@given(damages=DAMAGES)
@settings(max_examples=300, deadline=None)
def test_a_damaged_file_is_refused_or_loads_as_it_was(
    damages: list[Damage], model: MultiscaleModel, content: bytes, spare: MultiscaleModel
) -> None:
    spoiled = damaged(content, damages)
    with pytest.MonkeyPatch.context() as patch:
        build_with(putting(spare), patch)
        tracemalloc.start()
        start = time.process_time()
        try:
            loaded, settings = load(spoiled)
        except ModelError:
            settings = {}
        finally:
            seconds, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert seconds < SECONDS
    assert peak < BYTES + 2 * len(spoiled)
    if settings:
        assert SETTINGS.items() <= settings.items()
        assert (loaded.fingerprint(), loaded.variance_scale) == (model.fingerprint(), 1.3)
