"""Pictures of the documentation that show what the program makes: charts of a report, and the figure of ``compare``.

Made by ``python -m benchmarks.quality.page_picture report.html -o docs/report_photometry.png``, which needs Chromium,
of the report of ``amsd-astro validate data_samples/galaxy_field_1.fits -o report.html``, and by ``python -m
benchmarks.quality.page_picture figure.png -o docs/compare.png`` of the figure of ``amsd-astro compare`` (of
galaxy_field_1, denoised by default).
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

_WIDTH = 1320  # pixels of a figure
_WINDOW = (1280, 900)
_MARGIN = 14
_CHARTS = """
body > *, main > *, #section-1 > * { display: none; }
main, #section-1, #section-1 .charts { display: block; }
#section-1 .charts { display: grid; margin: 0; }
#section-1 { margin: 0; }
.chart details { display: none; }
"""  # all but the charts of the first section, photometry, is left out


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="a report (.html) or a figure (.png)")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    picture = _charts(options.source) if options.source.suffix == ".html" else _smaller(options.source)
    # colours as near as can be: else the grays of a picture that has red and blue in it are tinted
    packed = picture.quantize(256, kmeans=3, dither=Image.Dither.NONE)
    packed.save(options.output, "PNG", optimize=True)


def _smaller(path: Path) -> Image.Image:
    with Image.open(path) as figure:
        size = (_WIDTH, round(figure.height * _WIDTH / figure.width))
        return figure.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _charts(report: Path) -> Image.Image:
    """The charts of a report's photometry, as Chromium shows them."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("there is no Chromium")
    page = report.read_text(encoding="utf-8")
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)  # it forbids styles of others
    with tempfile.TemporaryDirectory() as folder:
        copy, shot = Path(folder, "charts.html"), Path(folder, "charts.png")
        copy.write_text(page.replace("</style>", f"{_CHARTS}</style>", 1), encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--screenshot={shot}"]
        window = f"--window-size={_WINDOW[0]},{_WINDOW[1]}"
        subprocess.run(
            [chromium, *options, window, f"--user-data-dir={folder}/profile", copy.as_uri()],
            check=True,
            capture_output=True,
            timeout=120,
        )
        with Image.open(shot) as image:
            return _cropped(image.convert("RGB"))


def _cropped(image: Image.Image) -> Image.Image:
    """The picture without what is empty around it."""
    box = ImageChops.difference(image, Image.new("RGB", image.size, image.getpixel((0, 0)))).getbbox()
    if box is None:
        raise SystemExit("the report shows no charts")
    left, top, right, bottom = box
    return image.crop((max(left - _MARGIN, 0), max(top - _MARGIN, 0), right + _MARGIN, bottom + _MARGIN))


if __name__ == "__main__":
    main()
