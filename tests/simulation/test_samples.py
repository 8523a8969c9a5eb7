"""The sample files: their form, their noise, and that they are made again byte for byte."""

import hashlib
import itertools
import re
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from amsd_astro.errors import OutputError, OutputExistsError
from amsd_astro.simulation import sample_names, write_samples

STORED = Path(__file__).parents[2] / "data_samples"
FIELDS = ("galaxy_field", "star_cluster", "large_galaxy")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("samples") / "new"
    paths = write_samples(directory)
    assert [path.name for path in paths] == sample_names()
    assert sorted(path.name for path in directory.iterdir()) == sorted(sample_names())
    return directory


def _versions_are_the_recorded_ones() -> bool:
    text = (STORED / "README.md").read_text()
    recorded = dict(re.findall(r"^\| (numpy|scipy|astropy) \| ([0-9.]+) \|$", text, re.MULTILINE))
    assert set(recorded) == {"numpy", "scipy", "astropy"}
    return all(version(name) == number for name, number in recorded.items())


def test_stored_files_have_their_checksums() -> None:
    listed = dict(reversed(line.split()) for line in (STORED / "SHA256SUMS").read_text().splitlines())
    assert sorted(listed) == sorted(sample_names())
    for name, digest in listed.items():
        assert hashlib.sha256((STORED / name).read_bytes()).hexdigest() == digest
    assert sum((STORED / name).stat().st_size for name in listed) < 12e6


@pytest.mark.slow
@pytest.mark.parametrize("name", sample_names())
def test_stored_files_are_made_again(made: Path, name: str) -> None:
    if _versions_are_the_recorded_ones():
        assert (made / name).read_bytes() == (STORED / name).read_bytes()
        return
    with fits.open(made / name) as new, fits.open(STORED / name) as old:
        a, b = new[0].data.astype(float), old[0].data.astype(float)
        # Other versions may draw other noise, never another truth.
        if name.endswith("_truth.fits"):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=0.02)
        else:
            assert abs(np.median(a - b)) < 1.0


@pytest.mark.parametrize("name", sample_names())
def test_files_are_valid_fits(made: Path, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(made / name, checksum=True) as hdus:
            hdus.verify("exception")
            header = hdus[0].header
            assert hdus[0].data.shape == (512, 512)
            assert hdus[0].data.dtype.kind + str(hdus[0].data.dtype.itemsize) == ("f4" if "truth" in name else "u2")
            assert "DATE" not in header
            assert header["BUNIT"] == "adu"
            for hdu in hdus:
                assert {"CHECKSUM", "DATASUM"} <= set(hdu.header)
        # SIP distortion of some tenths of a pixel, undone by the inverse.
        wcs = WCS(header)
    assert list(wcs.wcs.ctype) == ["RA---TAN-SIP", "DEC--TAN-SIP"]
    corners = np.array([[0.0, 0.0], [511.0, 0.0], [0.0, 511.0], [511.0, 511.0], [100.0, 300.0]])
    moved = wcs.sip_pix2foc(corners, 0) - (corners - 255.5)
    assert 0.2 < np.abs(moved).max() < 2.0
    straight = wcs.sip_foc2pix(wcs.sip_pix2foc(corners, 1), 1)
    np.testing.assert_allclose(straight, corners, atol=2e-3)
    scale = np.sqrt(np.abs(np.linalg.det(wcs.pixel_scale_matrix))) * 3600.0
    assert scale == pytest.approx(header["PIXSCALE"], rel=1e-6)
    assert wcs.pixel_to_world_values(255.5, 255.5) == pytest.approx((header["RA"], header["DEC"]))


@pytest.mark.parametrize("field", FIELDS)
def test_exposures_are_the_truth_and_the_noise_of_their_headers(made: Path, field: str) -> None:
    truth = fits.getdata(made / f"{field}_truth.fits").astype(float)
    data, masks = [], []
    for number in (1, 2):
        with fits.open(made / f"{field}_{number}.fits") as hdus:
            header = hdus[0].header.copy()
            data.append(hdus[0].data.astype(float))
            masks.append(hdus["MASK"].data.copy())
        assert (data[-1][masks[-1] == 0] < header["SATURATE"]).all()
        for bit, least in ((1, 100), (2, 50), (4, 50)):
            assert (masks[-1] & bit > 0).sum() >= least
        assert (masks[-1] > 0).mean() < 0.02
    assert np.array_equal(masks[0] & 1, masks[1] & 1)
    assert not np.array_equal(masks[0] & 2, masks[1] & 2)
    good = (masks[0] | masks[1]) == 0
    gain = header["GAIN"]
    variance = (truth - header["PEDESTAL"]) / gain + (header["RDNOISE"] / gain) ** 2 + 1.0 / 12.0
    pull = (data[0] - data[1]) / np.sqrt(2.0 * variance)
    error = (0.5 * (data[0] + data[1]) - truth) / np.sqrt(0.5 * variance)
    edges = np.quantile(truth[good], [0.0, 0.5, 0.75, 0.95, 0.99, 1.0])
    for low, high in itertools.pairwise(edges):
        inside = good & (truth >= low) & (truth <= high)
        n = int(inside.sum())
        assert pull[inside].std() == pytest.approx(1.0, abs=4.0 / np.sqrt(2.0 * n))
        assert abs(error[inside].mean()) < 4.0 / np.sqrt(n)


def test_existing_files_are_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "large_galaxy_2.fits"
    target.write_text("mine")
    with pytest.raises(OutputExistsError, match=re.escape(str(target))):
        write_samples(tmp_path)
    assert target.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [target]
    target.unlink()
    target.symlink_to("nowhere")
    with pytest.raises(OutputExistsError, match=re.escape(str(target))):
        write_samples(tmp_path)
    assert list(tmp_path.iterdir()) == [target]


def test_a_directory_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        write_samples(tmp_path / "file" / "below")


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seed must not be negative"):
        write_samples(tmp_path, seed=-1)
