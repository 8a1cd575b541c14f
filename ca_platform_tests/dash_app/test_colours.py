"""Colours that every reader can tell apart and texts that every reader can read."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from dash_app.figures.colours import BLACK, CIVIDIS, DARK, LIGHT, OKABE_ITO, OTHER, Scheme, cividis, ink, series_colour
from dash_app.figures.colours import WHITE as WHITE_INK
from dash_app.figures.maps import written
from dash_app.figures.segments import COLOURS

# Machado, Oliveira and Fernandes 2009, table 1, severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
PLOTLY = ("#636EFA", "#EF553B", "#00CC96", "#AB63FA")


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: np.ndarray) -> np.ndarray:
    ratio = TO_XYZ @ np.clip(vision @ linear(colour), 0, 1) / WHITE
    bent = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])


def nearest(colours: tuple[str, ...], vision: np.ndarray) -> float:
    points = [lab(colour, vision) for colour in colours]
    return min(float(np.linalg.norm(one - other)) for one, other in combinations(points, 2))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float(linear(colour) @ TO_XYZ[1]) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", VISION)
def test_series_are_told_apart_under_every_colour_vision(vision: str) -> None:
    assert nearest(OKABE_ITO[:4], VISION[vision]) > 15
    assert nearest(OKABE_ITO, VISION[vision]) > 9


def test_the_measure_finds_palettes_that_fail() -> None:
    assert min(nearest(PLOTLY, vision) for vision in VISION.values()) < 9


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_have_contrast_on_their_ground(scheme: Scheme) -> None:
    assert contrast(scheme.text, scheme.ground) >= 7
    assert contrast(scheme.muted, scheme.ground) >= 4.5
    assert contrast(scheme.muted, scheme.pale) >= 4.5
    assert all(contrast(colour, scheme.ground) >= 2.9 for colour in (*OKABE_ITO[:4], OTHER))


def test_cividis_grows_lighter_all_the_way() -> None:
    brightness = [float(linear(colour) @ TO_XYZ[1]) for _, colour in CIVIDIS]
    assert brightness == sorted(brightness)
    assert (CIVIDIS[0][0], CIVIDIS[-1][0]) == (0.0, 1.0)


def test_series_past_the_palette_are_grey() -> None:
    assert [series_colour(index) for index in (0, 5, 6, 60)] == [OKABE_ITO[0], OKABE_ITO[5], OTHER, OTHER]


def test_texts_in_cells_are_read_on_every_colour_of_the_scale() -> None:
    on_scale = [cividis(place / 200) for place in range(201)]
    colours = [*on_scale, *COLOURS.values()]
    assert min(contrast(ink(colour), colour) for colour in colours) >= 4.5
    # Black on the dark end would not be read, nor white on the light one.
    assert min(contrast(BLACK, colour) for colour in on_scale) < 2 > min(contrast(WHITE_INK, one) for one in on_scale)


def test_each_text_of_a_heat_map_is_in_the_layer_of_its_ink() -> None:
    heat = {"type": "heatmap", "z": [[0.0, 1.0]], "yaxis": "y"}
    dark, light = written(heat, [["0", "100"]], [[0.0, 1.0]])
    assert (dark["text"], dark["textfont"]["color"]) == ([["0", "\u00a0" * 3]], WHITE_INK)
    assert (light["text"], light["textfont"]["color"], light["hoverinfo"]) == ([["\u00a0", "100"]], BLACK, "skip")
    assert light["z"] == [[None, 0]]
    assert len(written(heat, [["0", "1"]], [[0.0, 0.1]])) == 1
