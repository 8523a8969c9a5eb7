"""Files that others made: those installed with astropy, and the folder of real and odd exposures, where it is."""

from __future__ import annotations

from pathlib import Path

import astropy

PACKAGE = Path(astropy.__file__).parent
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_FOLDERS = ("awkward", "single", "study", "repeats", "exposures", "truth")
_FITS, _WCS = "io/fits/tests/data", "wcs/tests/data"
_NO_IMAGE = "no HDU holds an image of two axes"

OF_ASTROPY: dict[str, tuple[int, str]] = {
    f"{_FITS}/checksum.fits": (0, ""),
    f"{_FITS}/checksum_false.fits": (0, ""),
    f"{_FITS}/comp.fits": (1, ""),
    f"{_FITS}/compressed_image.fits": (1, ""),
    f"{_FITS}/double_ext.fits": (1, ""),
    f"{_FITS}/fixed-1890.fits": (0, ""),
    f"{_FITS}/scale.fits": (0, ""),
    f"{_FITS}/o4sp040b0_raw.fits": (4, "SCI,2"),
    f"{_FITS}/test0.fits": (3, "sci,3"),
    f"{_FITS}/test1.fits": (2, "2"),
    f"{_WCS}/dist_lookup.fits.gz": (1, ""),
    f"{_WCS}/dss.14.29.56-62.41.05.fits.gz": (0, ""),
    f"{_WCS}/header_newlines.fits": (0, ""),
    f"{_WCS}/j94f05bgq_flt.fits": (1, "SCI,1"),
    f"{_WCS}/tab-time-last-axis.fits": (0, ""),
}
"""HDU of the image, and how it is named on the command line, where it has to be."""

REFUSED_OF_ASTROPY = {
    f"{_FITS}/arange.fits": "cube",
    f"{_FITS}/blank.fits": "no valid pixel",
    f"{_FITS}/compressed_float_bzero.fits": "two axes",
    f"{_FITS}/group.fits": "random groups",
    f"{_FITS}/random_groups.fits": "random groups",
    f"{_FITS}/lzw.fits.Z": "unpack it first",
    f"{_FITS}/o4sp040b0_raw.fits": "choose one",
    f"{_FITS}/test0.fits": "choose one",
    f"{_FITS}/test1.fits": "choose one",
    f"{_FITS}/zerowidth.fits": "no length",
    f"{_WCS}/dist.fits": "two axes",
    f"{_WCS}/header_with_time.fits": "SIMPLE must be T",
    f"{_WCS}/header_with_time_wcslib71.fits": "SIMPLE must be T",
    f"{_WCS}/ie6d07ujq_wcs.fits": "choose one",
    f"{_WCS}/j94f05bgq_flt.fits": "choose one",
    f"{_WCS}/unit.hdr": "data are cut",
    f"{_WCS}/validate.txt": "plain text",
    f"{_WCS}/maps/1904-66_TAN.hdr": "header is cut",
    **dict.fromkeys(
        [
            *(f"{_FITS}/{name}.fits" for name in ("ascii", "ascii_i4-i20", "btable", "chandra_time", "history_header")),
            *(f"{_FITS}/{name}.fits" for name in ("invalid/group_invalid", "logical_null", "memtest", "stddata")),
            *(
                f"{_FITS}/{name}.fits"
                for name in ("table", "tb", "tdim", "theap-gap", "variable_length_table", "verify")
            ),
            *(f"{_FITS}/vla_logical_{name}.fits" for name in ("all_zero", "null", "pre_fix")),
            *(f"{_WCS}/{name}.fits" for name in ("sip", "sip2", "validate")),
        ],
        _NO_IMAGE,
    ),
}
"""Why a file cannot be denoised, or not without saying which image is meant."""

REFUSED_OF_SHARED = {
    "3019103101985-R22-S11-det094.fits": "plain text",
    "color16bits.fits": "cube",
    "cube.fits": "cube",
    "MASK.fits": "as codes of bad pixels are",
    "decals_grz_mef.fits": "choose one",
    "example_4d_tab.fits": _NO_IMAGE,
    "example_cube.fits": "cube",
    "longstrn.fits": _NO_IMAGE,
    "real_galaxy_PSF_images_extension.fits": "choose one",
    "real_galaxy_catalog_26_extension_example.fits": _NO_IMAGE,
    "real_galaxy_images_extension.fits": "choose one",
    "tpv_truncated_made_here.fits": "data are cut",
    "tst0002.mt": "cube",
    "tst0004.mt": "pixels must be linear in the light",
    "zero_size.fits": "it is empty",
    **dict.fromkeys([f"xdf_hst_wfc3ir_60mas_f{band}w_rms.fits" for band in (105, 160)], "no plane that belongs to one"),
    **dict.fromkeys([f"Light_{i}.fits" for i in (1069, 1114, 1171, 1254, 1264, 1283)], "mosaic of a colour camera"),
}
CHOSEN_OF_SHARED = {
    "HSC-0908120-056-small.fits": (1, "1"),
    "decals_grz_mef.fits": (1, "1"),
    "real_galaxy_PSF_images_extension.fits": (5, "5"),
}


def find_shared() -> list[Path]:
    """Return the real and odd files that astropy does not bring; of one night's frames, which are alike, a few do."""
    found = [path for folder in _FOLDERS for path in sorted((SHARED / folder).rglob("*")) if path.is_file()]
    installed = {Path(name).name for name in (*OF_ASTROPY, *REFUSED_OF_ASTROPY) if (PACKAGE / name).exists()}
    found = [path for path in found if path.suffix not in (".npz", ".py", ".md") and path.name not in installed]
    return [path for path in found if "hatp32_41frames" not in path.parts or path.stem.endswith("0612")]
