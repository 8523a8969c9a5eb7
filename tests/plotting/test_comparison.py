"""The panels side by side, of the whole frame and of a part."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from astropy.visualization import SqrtStretch
from astropy.visualization.wcsaxes import WCSAxes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from amsd_astro.frames import Frame
from amsd_astro.graphics.smoothing import smoothed_residual
from amsd_astro.noise.model import NoiseModel
from amsd_astro.plotting import plot_comparison
from amsd_astro.plotting.axes import MASKED_COLOUR, TAKEN, usable_wcs
from amsd_astro.plotting.norms import brightness_norm, uncertainty_norm
from amsd_astro.plotting.pair import match
from amsd_astro.plotting.regions import choose_region

SKY, SIGMA = 200.0, 4.0  # of the scene


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def drawn(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


@pytest.fixture(scope="module")
def figure(scene: Any) -> Figure:
    return plot_comparison(scene.before, scene.after)


def test_axes_have_the_world_coordinates_of_the_frame(scene: Any, figure: Figure) -> None:
    for axes in figure.axes[:8]:
        assert isinstance(axes, WCSAxes)
        assert np.allclose(axes.wcs.wcs.crval, scene.before.wcs.wcs.crval)
        assert np.allclose(axes.wcs.wcs.crpix, scene.before.wcs.wcs.crpix)


def test_a_frame_without_world_coordinates_has_axes_of_pixels(scene: Any) -> None:
    before, after = Frame(scene.before.data), Frame(scene.after.data)
    assert not any(isinstance(axes, WCSAxes) for axes in plot_comparison(before, after).axes)


def test_an_odd_wcs_is_no_obstacle(scene: Any) -> None:
    for odd in ({"CDELT1": 0.0, "CDELT2": 0.0}, {"CTYPE1": "", "CTYPE2": ""}, {"CRVAL2": 1e300}):
        header = scene.before.header.copy()
        header.update(odd)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert usable_wcs(Frame(scene.before.data, header=header)) is None
    assert usable_wcs(scene.before) is scene.before.wcs


def test_a_wcs_that_fails_when_it_is_used_is_not_used(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("no solution")

    frame = scene.before.copy()
    monkeypatch.setattr(frame.wcs, "pixel_to_world_values", fail)
    assert usable_wcs(frame) is None


def test_before_and_after_share_stretch_and_limits(figure: Figure) -> None:
    before, after = (figure.axes[k].images[0].norm for k in (0, 1))
    assert before is after
    assert before.vmin == pytest.approx(SKY - 3 * SIGMA, abs=0.3 * SIGMA)
    assert all(figure.axes[k].images[0].norm is before for k in (4, 5))
    limits = [(figure.axes[k].images[0].norm.vmin, figure.axes[k].images[0].norm.vmax) for k in (2, 3, 6)]
    assert limits == [(-3, 3)] * 3


def test_limits_are_those_of_the_sky_whatever_bad_pixels_and_stars_hold(make_scene: Any) -> None:
    scene = make_scene((120, 120))
    scene.before.mask = np.zeros((120, 120), bool)  # columns of 60000 adu are left as they are
    scene.before.mask[:, :10] = True
    pixels = scene.before.data
    pixels[100, 100], pixels[101, 101] = np.nan, 1e9
    norm = plot_comparison(scene.before, scene.after).axes[0].images[0].norm
    assert norm.vmin == pytest.approx(SKY - 3 * SIGMA, abs=0.3 * SIGMA)
    assert SKY + 10 * SIGMA <= norm.vmax < SKY + 400 * SIGMA


def test_panels_hold_what_they_say(scene: Any, figure: Figure) -> None:
    good = ~scene.before.mask
    before, after, taken, smoothed = (axes.images[0].get_array() for axes in figure.axes[:4])
    assert np.array_equal(before.data[good], scene.before.data[good])
    assert np.array_equal(after.data[good], scene.after.data[good])
    assert np.allclose(taken.data[good], ((scene.before.data - scene.after.data) / SIGMA)[good])
    wanted = smoothed_residual(np.where(good, taken.data, np.nan), scene.after.noise.correlation)
    assert np.allclose(smoothed.data[good], wanted[good])
    near = choose_region(match(scene.before, scene.after))
    assert np.allclose(figure.axes[7].images[0].get_array().data[good[near]], SIGMA / 10)


def test_masked_pixels_have_their_own_colour(scene: Any, figure: Figure) -> None:
    for axes in figure.axes[:4]:
        image = axes.images[0]
        assert np.array_equal(np.ma.getmaskarray(image.get_array()), scene.before.mask)
        colours = image.cmap(image.norm(image.get_array()))
        assert np.allclose(colours[scene.before.mask], to_rgba(MASKED_COLOUR), atol=0.01)
        assert not np.any(np.all(np.isclose(colours[~scene.before.mask], to_rgba(MASKED_COLOUR), atol=0.05), axis=-1))
    (legend,) = figure.legends
    assert legend.get_texts()[0].get_text() == f"masked, {100 * scene.before.mask.mean():.3g} % of the pixels"


def test_a_bad_column_is_seen_at_any_size(make_scene: Any) -> None:
    scene = make_scene((300, 900))
    scene.before.mask = scene.after.mask = np.zeros((300, 900), bool)
    scene.before.data[:] = scene.after.data  # nothing was taken: its panels are white
    scene.before.mask[:, 333] = True
    picture = drawn(plot_comparison(scene.before, scene.after, region=(slice(0, 20), slice(0, 20))))[..., :3]
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    reddish = (red > green + 40) & (red > blue + 40)
    columns = np.flatnonzero(reddish[80:].sum(axis=0) > 60)
    assert len(columns) <= 12
    assert len(np.split(columns, np.flatnonzero(np.diff(columns) > 5) + 1)) == 4  # once in each panel


def test_the_region_is_shown_from_near(scene: Any) -> None:
    figure = plot_comparison(scene.before, scene.after, region=(slice(10, 25), slice(-30, None)))
    near = figure.axes[4]
    assert near.get_xlim() == (33.5, 63.5)
    assert near.get_ylim() == (9.5, 24.5)
    assert np.array_equal(near.images[0].get_array().data, scene.before.data[10:25, 34:64])
    outline = figure.axes[0].patches[0]
    assert (*outline.get_xy(), outline.get_width(), outline.get_height()) == (33.5, 9.5, 30, 15)


@pytest.mark.parametrize(
    "region", [(slice(3, 3), slice(0, 5)), (slice(0, 9, 2), slice(0, 9)), slice(0, 5), (slice(90, 99), slice(0, 5))]
)
def test_a_region_without_pixels_is_refused(scene: Any, region: Any) -> None:
    with pytest.raises(ValueError, match="region must be two slices"):
        plot_comparison(scene.before, scene.after, region=region)


def test_the_region_is_the_brightest_one(make_scene: Any) -> None:
    scene = make_scene((300, 300))
    rows, columns = np.mgrid[:300, :300]
    for frame in (scene.before, scene.after):
        frame.data[24:36, 34:46] = SKY  # the bright star goes elsewhere, faint ones beside it
        frame.data += SIGMA * 100 * np.exp(-((rows - 200) ** 2 + (columns - 220) ** 2) / 20)
        for shift in (-20, 20):
            frame.data += SIGMA * 4 * np.exp(-((rows - 200) ** 2 + (columns - 220 - shift) ** 2) / 40)
    near_rows, near_columns = choose_region(match(scene.before, scene.after))
    assert near_rows.start < 190 < 210 < near_rows.stop
    assert near_columns.start < 200 < 240 < near_columns.stop


def test_the_background_does_not_count_as_bright() -> None:
    rng = np.random.default_rng(2)
    rows, columns = np.mgrid[:300, :300]
    glow = SKY + SIGMA * 0.5 * columns  # a gradient much brighter than the source at its far end
    source = SIGMA * 30 * np.exp(-((rows - 150) ** 2 + (columns - 60) ** 2) / 200)
    noise = NoiseModel(0.0, SIGMA**2, SKY, SIGMA**2)
    after = Frame(glow + source, noise=noise)
    near_rows, near_columns = choose_region(match(Frame(after.data + rng.normal(0, SIGMA, glow.shape)), after))
    assert near_rows.start < 150 < near_rows.stop
    assert near_columns.start < 60 < near_columns.stop


def test_the_region_of_an_empty_frame_is_its_middle() -> None:
    empty = Frame(np.zeros((90, 300)))
    rows, columns = choose_region(match(empty, empty))
    assert abs(rows.start + rows.stop - 90) <= 2 and abs(columns.start + columns.stop - 300) <= 2


def test_the_header_is_told_above(figure: Figure) -> None:
    title, facts = texts(figure)
    assert title == "A field"
    assert facts == (
        "recipe amsd, 240 steps; estimated rms error left 0.19 of the noise (AMSDRISK 0.0361 ± 0.0012); "
        "flux of faint sources -0.5 ± 0.2 %"
    )


def test_text_of_a_header_is_no_formula(scene: Any) -> None:
    before = scene.before.copy()
    before.header["OBJECT"] = "$\\frac{$"
    figure = plot_comparison(before, scene.after)
    drawn(figure)
    assert texts(figure)[0] == "$\\frac{$"


def test_colour_bars_tell_units(scene: Any, figure: Figure) -> None:
    labels = [axes.get_xlabel() for axes in figure.axes[8:]]
    assert labels == ["noise sigma; red: taken away, blue: added", "exposure and denoised, adu", "1 sigma, adu"]
    ticks = [float(text.get_text().replace("\N{MINUS SIGN}", "-")) for text in figure.axes[8].get_xticklabels()]
    assert ticks == [-3, -2, -1, 0, 1, 2, 3]


def test_colour_bars_have_round_ticks(figure: Figure) -> None:
    for axes in figure.axes[9:]:
        texts_of_ticks = [text.get_text() for text in axes.get_xticklabels()]
        assert len(texts_of_ticks) >= 3
        assert all(len(text.strip("0.")) <= 3 for text in texts_of_ticks), texts_of_ticks


def test_small_differences_of_small_errors_are_not_blown_up() -> None:
    sigma = np.r_[np.linspace(1.0, 1.2, 9000), np.full(1000, 40.0)]
    shades = uncertainty_norm(sigma)(sigma[:9000])
    assert np.ptp(shades) < 0.05
    assert uncertainty_norm(sigma).vmin == 0


def test_taken_and_added_differ_in_colour_and_zero_is_white() -> None:
    added, none, taken = (np.array(TAKEN(share)[:3]) for share in (0.2, 0.5, 0.8))
    assert np.all(none > 0.98)
    assert taken[0] - taken[2] > 0.3  # red
    assert added[2] - added[0] > 0.3  # blue


def test_stretches(scene: Any) -> None:
    values = {}
    pair = match(scene.before, scene.after)
    for stretch in ("asinh", "linear", "log", "sqrt", SqrtStretch()):
        norm = brightness_norm(pair, stretch)
        values[str(stretch)[:6]] = float(norm((norm.vmin + norm.vmax) / 2)[0])
    assert values["linear"] == pytest.approx(0.5)
    assert values["sqrt"] == pytest.approx(np.sqrt(0.5)) == values["<astro"]
    assert values["asinh"] > 0.5 and values["log"] > 0.5
    with pytest.raises(ValueError, match="stretch must be one of asinh, linear, log, sqrt"):
        plot_comparison(scene.before, scene.after, stretch="cubic")


def test_limits_in_sigma_above_the_sky(scene: Any) -> None:
    pair = match(scene.before, scene.after)
    norm = brightness_norm(pair, "linear", limits=(-1, 2))
    assert norm.vmin == pytest.approx(pair.noise.sky - pair.sky_sigma)
    assert norm.vmax == pytest.approx(pair.noise.sky + 2 * pair.sky_sigma)
    drawn = plot_comparison(scene.before, scene.after, stretch="linear", limits=(-1, 2)).axes[0].images[0].norm
    assert (drawn.vmin, drawn.vmax) == (norm.vmin, norm.vmax)
    for wrong in ((2, 1), (0, np.nan)):
        with pytest.raises(ValueError, match="limits must be two numbers"):
            plot_comparison(scene.before, scene.after, limits=wrong)


def test_without_a_sigma_map_its_panel_says_so(scene: Any) -> None:
    figure = plot_comparison(scene.before, Frame(scene.after.data, unit="adu"))
    empty = figure.axes[7]
    assert [text.get_text() for text in empty.texts] == ["none given"]
    assert len(empty.images) == 0
    assert len(figure.axes) == 8 + 2


def test_a_given_figure_is_drawn_in(scene: Any) -> None:
    own = Figure(figsize=(10, 7))
    assert plot_comparison(scene.before, scene.after, figure=own) is own
    assert len(own.axes) == 11


def test_frames_of_different_shapes_are_refused(scene: Any) -> None:
    with pytest.raises(ValueError, match=r"same shape. Received: \(48, 64\) and \(48, 60\)"):
        plot_comparison(scene.before, scene.after[:, :60])


def test_no_frame_is_changed(make_scene: Any) -> None:
    scene, same = make_scene(), make_scene()
    plot_comparison(scene.before, scene.after)
    for frame, other in ((scene.before, same.before), (scene.after, same.after)):
        assert np.array_equal(frame.data, other.data) and np.array_equal(frame.mask, other.mask)
        assert frame.header == other.header
