"""Writing: nothing but the pixels changes."""

from __future__ import annotations

import bz2
import gzip
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import ODD_CARDS, image_cards, raw_file
from written_files import as_denoised, checksums_hold

from amsd_astro.errors import AmsdWarning, FrameError
from amsd_astro.fits.scanning import scan
from amsd_astro.frames import read_frame, write_frame


def test_odd_cards_survive_and_scaling_goes(odd_file: Path, tmp_path: Path) -> None:
    frame = as_denoised(read_frame(odd_file))
    frame.header.add_history("denoised")
    out = tmp_path / "out.fits"
    write_frame(frame, out)
    old, new = scan(odd_file), scan(out)
    cards = new.hdus[0].cards
    for card in ODD_CARDS:
        wanted = card.ljust(80)
        assert cards.count(wanted) == old.hdus[0].cards.count(wanted)
    for keyword in (b"BSCALE", b"BZERO", b"BLANK"):
        assert not any(card.startswith(keyword) for card in cards)
    assert b"BITPIX  =                  -32 / bits".ljust(80) in cards
    assert not any(b"stale" in card for card in cards)
    header = fits.Header.fromstring(b"".join(cards).decode("latin-1"))
    assert header["DATAMIN"] == pytest.approx(frame.data.min()) and header.comments["DATAMIN"] == "least"
    assert header["EXTEND"] is True and header["BUNIT"] == "ADU"
    old_body, new_body = odd_file.read_bytes(), out.read_bytes()
    for a, b in zip(old.hdus[1:], new.hdus[1:3], strict=True):
        assert old_body[a.header_offset : a.end] == new_body[b.header_offset : b.end]
    assert [hdu.name for hdu in new.hdus[3:]] == ["AMSD_SIGMA", "AMSD_FLAGS"]
    assert any(card.startswith(b"BUNIT   = 'ADU") for card in new.hdus[3].cards)
    assert checksums_hold(out)
    with warnings.catch_warnings(), fits.open(out) as hdus:
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(hdus[0].data, frame.data)
        assert hdus["AMSD_SIGMA"].data.dtype == ">f4" and hdus["AMSD_FLAGS"].data.dtype == np.uint8


def test_nothing_of_ours_without_our_card(odd_file: Path, tmp_path: Path) -> None:
    frame = read_frame(odd_file)
    frame.uncertainty = StdDevUncertainty(np.ones(frame.data.shape))
    write_frame(frame, tmp_path / "out.fits")
    assert len(scan(tmp_path / "out.fits").hdus) == 3
    assert b"EXTEND" not in (tmp_path / "out.fits").read_bytes()[:2880]


def test_special_values_come_back(tmp_path: Path) -> None:
    data = np.array([[1, np.nan, np.inf], [-np.inf, -0.0, 3e38]], ">f4")
    data.view(">u4")[0, 1] = 0x7FC12345  # a NaN with a payload
    (tmp_path / "in.fits").write_bytes(raw_file([(image_cards(-32, (1, 1, 2, 3)), data.tobytes())]))
    write_frame(read_frame(tmp_path / "in.fits"), tmp_path / "out.fits")
    hdu = scan(tmp_path / "out.fits").hdus[0]
    assert hdu.shape == (1, 1, 2, 3)
    assert (tmp_path / "out.fits").read_bytes()[2880 : 2880 + 24] == data.tobytes()


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["u1", ">i2", ">i4", ">f4", ">f8"]),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(0, 2),
    st.booleans(),
    st.lists(st.sampled_from(ODD_CARDS), max_size=30),
)
def test_any_image_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    shape: tuple[int, int],
    place: int,
    ours: bool,
    odd: list[bytes],
) -> None:
    folder = tmp_path_factory.mktemp("any")
    data = np.random.default_rng(sum(shape)).integers(0, 200, shape).astype(kind)
    bitpix = 8 * data.itemsize * (-1 if data.dtype.kind == "f" else 1)
    other = (image_cards(16, (3, 3), extension=True) + ODD_CARDS, bytes(18))
    hdus = [(image_cards(8, ()), b""), other, other]
    hdus[place] = (image_cards(bitpix, shape, extension=place > 0) + odd, data.tobytes())
    (folder / "in.fits").write_bytes(raw_file(hdus))
    frame = read_frame(folder / "in.fits", ext=place)
    if ours:
        as_denoised(frame)
    write_frame(frame, folder / "out.fits")
    before, after = scan(folder / "in.fits"), scan(folder / "out.fits")
    added = 2 if ours else 0
    assert len(after.hdus) == 3 + added
    assert checksums_hold(folder / "out.fits")
    again = read_frame(folder / "out.fits", ext=place)
    np.testing.assert_array_equal(again.data, frame.data)
    skipped = (b"BITPIX", b"CHECKSUM", b"DATASUM", b"AMSDVERS", b"EXTEND")
    kept = [[c for c in hdu.cards if not c.startswith(skipped)] for hdu in (before.hdus[place], after.hdus[place])]
    assert kept[0] == kept[1]


def test_the_counts_of_extensions_follow(tmp_path: Path, pixels: np.ndarray) -> None:
    hdus = fits.HDUList(
        [fits.PrimaryHDU(), fits.ImageHDU(pixels, name="SCI"), fits.ImageHDU(pixels, name="SCI", ver=2)]
    )
    hdus[0].header["EXTEND"] = True
    hdus[0].header["NEXTEND"] = (2, "number of extensions")
    hdus.writeto(tmp_path / "in.fits", checksum=True)
    body = (tmp_path / "in.fits").read_bytes()
    (tmp_path / "in.fits").write_bytes(
        body.replace(b"EXTEND  =                    T", b"EXTEND  =                    F")
    )
    write_frame(as_denoised(read_frame(tmp_path / "in.fits", ext=1)), tmp_path / "one.fits")
    write_frame(as_denoised(read_frame(tmp_path / "one.fits", ext=("SCI", 2))), tmp_path / "two.fits")
    # Denoised again: our planes of that chip are replaced, those of the other stay.
    write_frame(as_denoised(read_frame(tmp_path / "two.fits", ext=("SCI", 1))), tmp_path / "three.fits")
    for name, n in [("one", 4), ("two", 6), ("three", 6)]:
        with fits.open(tmp_path / f"{name}.fits", checksum=True) as out:
            assert out[0].header["NEXTEND"] == n == len(out) - 1 and out[0].header["EXTEND"] is True
            versions = sorted((hdu.name, hdu.ver) for hdu in out if hdu.name.startswith("AMSD"))
            expected = [(key, 1 + i) for key in ("AMSD_FLAGS", "AMSD_SIGMA") for i in range((n - 2) // 2)]
            assert versions == expected
        assert checksums_hold(tmp_path / f"{name}.fits")


def test_chips_without_versions_keep_their_own_planes(
    make_mef: Callable[..., Path], pixels: np.ndarray, tmp_path: Path
) -> None:
    path = make_mef(N1=pixels, S1=pixels)
    body = path.read_bytes().replace(b"EXTVER  ", b"COMMENT ")
    path.write_bytes(body)
    write_frame(as_denoised(read_frame(path, ext="N1")), tmp_path / "one.fits")
    frame = as_denoised(read_frame(tmp_path / "one.fits", ext="S1"))
    frame.uncertainty = StdDevUncertainty(np.full(pixels.shape, 9.0))
    write_frame(frame, tmp_path / "two.fits")
    for name, level in [("N1", 3), ("S1", 9)]:
        again = read_frame(tmp_path / "two.fits", ext=name)
        assert again.uncertainty is not None and np.all(again.uncertainty.array == level)


def test_padding_and_junk(tmp_path: Path, pixels: np.ndarray) -> None:
    table = [b"XTENSION= 'BINTABLE'", b"BITPIX  =                    8", b"NAXIS   =                    2"]
    table += [b"NAXIS1  =                    4", b"NAXIS2  =                    1", b"PCOUNT  =                    0"]
    table += [b"GCOUNT  =                    1", b"TFIELDS =                    0"]
    body = raw_file([(image_cards(8, (2, 2)), b"abcd"), (table, b"1234")])
    (tmp_path / "cut.fits").write_bytes(body[: -2880 + 4])
    (tmp_path / "junk.fits").write_bytes(body + b"junk" * 99)
    for name, tail in [("cut.fits", b""), ("junk.fits", b"junk" * 99)]:
        with pytest.warns(AmsdWarning, match="padding|no HDU"):
            frame = read_frame(tmp_path / name)
        write_frame(as_denoised(frame), tmp_path / f"out_{name}")
        file = scan(tmp_path / f"out_{name}", warn=False)
        out = (tmp_path / f"out_{name}").read_bytes()
        assert len(file.hdus) == 4
        assert out[file.hdus[1].header_offset : file.hdus[1].end] == body[5760:]
        assert out[file.hdus[-1].end :] == tail


def test_a_header_without_padding_at_the_end(tmp_path: Path) -> None:
    body = raw_file([(image_cards(8, (2, 2)), b"abcd"), (image_cards(8, (), extension=True), b"")])
    cut = body[: body.rindex(b"END") + 3]
    (tmp_path / "in.fits").write_bytes(cut)
    with pytest.warns(AmsdWarning, match="padding"):
        frame = read_frame(tmp_path / "in.fits")
    write_frame(frame, tmp_path / "out.fits")
    assert (tmp_path / "out.fits").read_bytes()[5760:] == body[5760:]


def test_edited_structure_is_ignored(odd_file: Path, tmp_path: Path) -> None:
    frame = read_frame(odd_file)
    frame.header["NAXIS1"] = 999
    frame.header["BITPIX"] = 8
    del frame.header["SIMPLE"]
    write_frame(frame, tmp_path / "out.fits")
    assert scan(tmp_path / "out.fits").hdus[0].shape == (12, 17)


def test_wrong_shapes(odd_file: Path, tmp_path: Path) -> None:
    frame = read_frame(odd_file)
    frame.data = np.zeros((3, 3), np.float32)
    with pytest.raises(FrameError, match="shape of the image"):
        write_frame(frame, tmp_path / "out.fits")


def test_packed_output_repeats(odd_file: Path, tmp_path: Path) -> None:
    frame = read_frame(odd_file)
    write_frame(frame, tmp_path / "plain.fits")
    for ending, unpack in [(".gz", gzip.decompress), (".bz2", bz2.decompress)]:
        write_frame(frame, tmp_path / f"a.fits{ending}")
        write_frame(frame, tmp_path / f"b.fits{ending}")
        assert (tmp_path / f"a.fits{ending}").read_bytes() == (tmp_path / f"b.fits{ending}").read_bytes()
        assert unpack((tmp_path / f"a.fits{ending}").read_bytes()) == (tmp_path / "plain.fits").read_bytes()
    assert (tmp_path / "a.fits.gz").read_bytes()[3:8] == bytes(5), "flags of a name, and a time"


def test_memory_does_not_grow_with_the_other_hdus(tmp_path: Path) -> None:
    path = tmp_path / "big.fits"
    size = 200 * 2**20
    with open(path, "wb") as file:
        file.write(
            raw_file(
                [(image_cards(8, (4, 4)), bytes(16)), (image_cards(8, (size // 2**10, 2**10), extension=True), b"")]
            )
        )
        file.truncate(5760 + 2880 + -(-size // 2880) * 2880)
    code = (
        "import sys, resource; from amsd_astro.frames import *\n"
        "a = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "read_frame(sys.argv[1], ext=0).write(sys.argv[2])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - a)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "out.fits")],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert int(done.stdout) < 60 * 1024
    assert (tmp_path / "out.fits").stat().st_size == path.stat().st_size


def test_an_extension_of_our_name_that_is_not_ours_stays(tmp_path: Path, pixels: np.ndarray) -> None:
    foreign = fits.ImageHDU(np.arange(6.0).reshape(2, 3), name="AMSD_SIGMA")
    fits.HDUList([fits.PrimaryHDU(pixels), foreign]).writeto(tmp_path / "in.fits")
    frame = read_frame(tmp_path / "in.fits", ext=0)
    frame.header["AMSDVERS"] = "0"
    frame.uncertainty = StdDevUncertainty(np.ones(pixels.shape, np.float32))
    write_frame(frame, tmp_path / "out.fits")
    with fits.open(tmp_path / "out.fits") as hdus:
        assert [(hdu.name, hdu.ver) for hdu in hdus[1:]] == [("AMSD_SIGMA", 1), ("AMSD_SIGMA", 2)]
        np.testing.assert_array_equal(hdus[1].data, foreign.data)
    again = read_frame(tmp_path / "out.fits", ext=0)
    assert again.uncertainty is not None and np.all(again.uncertainty.array == 1)
