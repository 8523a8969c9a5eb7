"""The notebooks run, each in a fresh kernel and without a network, and say what their texts say."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest
from execute import HERE, execute, tidied
from nbformat import NotebookNode
from stored_notebooks import problems

pytestmark = pytest.mark.slow


def run(name: str, wanted: str, changed: dict[str, str] | None = None) -> tuple[NotebookNode, dict[str, Any]]:
    """Run a notebook; return it and the values of variables or expressions, separated by commas."""
    last = f"import json\nprint(json.dumps({wanted}, default=float))"
    notebook = execute(HERE / f"{name}.ipynb", network=False, changed=changed, last=last)
    return notebook, json.loads(notebook.cells.pop().outputs[0].text)


def printed(notebook: NotebookNode, name: str) -> str:
    cell = next(cell for cell in notebook.cells if cell.id == name)
    return "".join(output.get("text", "") for output in cell.outputs)


def test_first_denoise() -> None:
    wanted = """{
        "before": error_before, "after": error_after, "width": width, "risk": result.header["AMSDRISK"],
        "same": np.array_equal(again.data, result.data, equal_nan=True), "verdict": report.verdict,
        "flagged": np.count_nonzero(result.flags & 1), "masked": exposure.mask.sum(),
    }"""
    notebook, found = run("first_denoise", wanted)
    assert found["before"] == pytest.approx(1, abs=0.02)
    assert found["after"] < 0.3
    assert 0.7 < found["width"] < 1.4
    assert found["risk"] ** 0.5 == pytest.approx(found["after"], rel=0.5)
    assert found["same"]
    assert found["verdict"] == "passed"
    assert found["flagged"] == found["masked"] > 0
    assert list(problems(tidied(notebook))) == []


def test_cluster_photometry() -> None:
    wanted = "[[*key, *map(float, value)] for key, value in summary.items()]"
    found = {tuple(row[:3]): row[3:] for row in run("cluster_photometry", wanted)[1]}
    bright, faint, invisible = dict.fromkeys(group for group, _, _ in found)
    ring, known, fit = dict.fromkeys(way for _, way, _ in found)
    for way in (ring, known, fit):
        (_, before), (bias, after) = found[bright, way, "exposure"], found[bright, way, "denoised"]
        assert after == pytest.approx(before, rel=0.25)  # nothing to be gained
        assert abs(bias) < 0.5
    (bias_before, before), (bias_after, after) = found[faint, ring, "exposure"], found[faint, ring, "denoised"]
    assert after < before
    assert abs(bias_after) < abs(bias_before)
    for way in (known, fit):
        assert abs(found[faint, way, "exposure"][0]) < 2
        assert found[faint, way, "denoised"][1] == pytest.approx(found[faint, way, "exposure"][1], rel=0.25)
        (_, before), (bias, after) = found[invisible, way, "exposure"], found[invisible, way, "denoised"]
        assert after < before
        assert bias < -20  # wrong, however small the scatter


def test_faint_galaxies() -> None:
    wanted = """{
        "purity": [one["purity"] for one in searches.values()],
        "shares": [[*key, *share.value] for key, share in shares.items()],
        "gain": [[*key, value] for key, value in gain.items()],
    }"""
    found = run("faint_galaxies", wanted)[1]
    assert all(0.9 <= purity < 0.95 for purity in found["purity"])
    for kind, name, *share in found["shares"]:
        assert share[-1] > 0.95, (kind, name)
        assert share[0] < share[3] + 0.1, (kind, name)
    assert len(found["gain"]) == 4
    assert all(-0.3 < value < 1.0 for *_, value in found["gain"])  # tenths of a magnitude


def test_several_exposures() -> None:
    wanted = """{
        "one": rms(one.data, first), "mean": rms(deep.combination.mean), "of denoised": rms(mean_of_denoised),
        "combined": rms(deep.data), "claimed": claimed, "variables": len(deep.combination.variables),
        "sky": deep.header["AMSDXSKY"], "sky_error": deep.header["AMSDXSKE"], "factor": deep.header["AMSDXFAC"],
    }"""
    found = run("several_exposures", wanted)[1]
    assert found["combined"] < found["of denoised"] < min(found["mean"], found["one"])
    assert found["claimed"] == pytest.approx(found["combined"], rel=0.3)
    assert 0 < found["sky_error"] < found["sky"] < 0.05
    assert found["factor"] == pytest.approx(1, abs=0.5)
    assert found["variables"] == 1


def test_thesis_recipe() -> None:
    wanted = """{
        "noisy": rms_noisy, "target": rms_target, "shape": packed.noisy_shape, "ssim": [v[1] for v in scores.values()],
        "rms": rms, "unit": str(result.unit), "recipe": result.header["AMSDRCP"],
    }"""
    found = run("thesis_recipe", wanted)[1]
    assert all(target < noisy for noisy, target in zip(found["noisy"], found["target"], strict=True))
    assert found["shape"][0] % 3 == 0
    assert found["shape"][1:] == [24, 24, 1]
    assert found["ssim"][1] > found["ssim"][0] + 0.05
    assert found["rms"]["denoised"] < found["rms"]["frame"]
    assert (found["unit"], found["recipe"]) == ("adu", "thesis")


@pytest.mark.parametrize("installed", [True, False], ids=["ccdproc", "numpy"])
def test_pipeline(installed: bool) -> None:
    if installed and importlib.util.find_spec("ccdproc") is None:
        pytest.skip("ccdproc is not installed")
    missing = {"    import ccdproc": "    raise ImportError", "    from reproject import": "    raise ImportError  #"}
    wanted = """{
        "rms": rms, "faint": rms_faint, "agreement": [noise.agreement, wrong.agreement],
        "slope": noise.slope * camera.gain, "source": noise.source, "scale": scale,
        "place": [place.ra.deg, place.dec.deg], "expected": WCS(header).pixel_to_world_values(column, row),
        "reprojected": reproject_interp is not None,
    }"""
    notebook, found = run("pipeline", wanted, None if installed else missing)
    assert found["rms"]["denoised"] < 0.8 * found["rms"]["reduced"]
    assert found["faint"]["denoised"] < 0.3 * found["faint"]["reduced"]
    assert found["agreement"][0] == pytest.approx(1, abs=0.08)
    assert found["agreement"][1] < 0.5
    assert (found["slope"], found["source"]) == (pytest.approx(1), "caller")
    assert found["scale"] == pytest.approx(1, abs=0.12)
    assert found["place"] == pytest.approx(found["expected"], abs=1e-6)
    assert found["reprojected"] is installed
    assert ("numpy reduces" in printed(notebook, "setup")) is not installed


def test_real_frame() -> None:
    pytest.importorskip("ccdproc")
    wanted = """{
        "shape": exposure.shape, "read_noise": read_noise, "agreement": agreement, "left": left,
        "rays": rays.mask.sum(), "risk": [risk, risk_error],
        "checks": {check.name: [check.value, check.verdict] for check in report.checks},
        "verdict": report.verdict, "unstriped": result.header.get("AMSDPROW", 0.0),
    }"""
    found = run("real_frame", wanted)[1]
    assert found["shape"] == [512, 512]
    assert 0 < found["rays"] < 300
    assert found["read_noise"] == pytest.approx(5.8, abs=0.2)
    assert found["agreement"]["overscan"] == pytest.approx(1, abs=0.02)
    assert found["agreement"]["header"] < 0.98
    assert found["unstriped"] < 0.1  # a smooth overscan writes no stripes
    half, denoised = found["left"]["as it is"], found["left"]["denoised"]
    assert half[0] == pytest.approx(1, abs=0.02)
    assert abs(denoised[0]) < 0.015 and denoised[2] < 0.2
    assert all(left[0] > 0.03 and left[2] > 1 for name, left in found["left"].items() if name.startswith("smoothed"))
    assert abs(found["risk"][0] - denoised[0]) < 4 * found["risk"][1] + 0.01
    assert found["verdict"] == "inconclusive"
    assert "failed" not in [verdict for _, verdict in found["checks"].values()]
    assert abs(found["checks"]["psf_flux_bright"][0]) < 0.5


def test_night() -> None:
    wanted = """{
        "records": [[r["kind"], r["status"], r.get("risk")] for r in records], "outputs": len(outputs),
        "stack": against_stack, "truth": against_truth, "unseen": unseen, "steps": frames[0].header["AMSDSTEP"],
    }"""
    notebook, found = run("night", wanted)
    assert [kind for kind, _, _ in found["records"]] == ["skipped"] * 2 + ["denoised"] * 4 + ["input"]
    assert [status for _, status, _ in found["records"]] == [0] * 6 + [65]
    assert all(0 < risk < 0.6 for _, _, risk in found["records"][2:6])
    assert found["outputs"] == 6
    assert found["steps"] > 0  # something was learned, and is of use
    assert found["unseen"]["camera"] < found["unseen"]["packaged"]
    assert found["truth"]["denoised"] < 0.6
    assert found["stack"]["denoised"] == pytest.approx(found["truth"]["denoised"], abs=0.1)
    assert printed(notebook, "first-part") == "exit status 0\n"
    assert printed(notebook, "whole-night") == "exit status 1\n"
