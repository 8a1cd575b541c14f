"""Small drawings of what a training says of itself: images within Markdown, which Dagster shows as they are.

What belongs here: marks, axes and words of small pictures. What does not: which figures are drawn (``told``), and
the charts of the pages, which answer the mouse (``dash_app``).

A picture is SVG text in the address of the image, so nothing has to be kept or served beside the metadata. It stands on
white of its own, since Dagster may be dark.
"""

import base64
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _ROW = 640, 300, 26
_LEFT, _RIGHT, _TOP, _BOTTOM, _ACROSS = 64, 16, 40, 44, 360
_TICKS = 5
# By Okabe and Ito, to be told apart by everybody; ink and lines of the frame.
_STRONG, _OTHER, _INK, _FAINT = "#0072B2", "#D55E00", "#333a44", "#d6d9de"
# Width of a letter, in pixels: of most words.
_LETTER = 7.0


@dataclass(frozen=True, slots=True)
class Rival:
    """A candidate in a contest.

    Attributes:
        name: in words.
        values: of the metric, one for each origin at which it was judged.
    """

    name: str
    values: Sequence[float]
    is_served: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """The course of a training: losses by epoch, from epoch 0 on, which is before the first step.

    Attributes:
        training: not finite where an epoch has none.
    """

    training: Sequence[float]
    validation: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to pixels."""

    low: float
    high: float
    first: float
    last: float

    @staticmethod
    def of(values: Iterable[float], first: float, last: float, *, from_zero: bool = False) -> "_Scale":
        """Around all values, with a little room; never without width."""
        known = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = min(known), max(known)
        if from_zero:
            low, high = min(low, 0.0), max(high, 0.0)
        room = (high - low) * 0.06 or abs(high) * 0.06 or 1.0
        return _Scale(low if from_zero and low == 0 else low - room, high + room, first, last)

    def at(self, value: float) -> float:
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)

    def ticks(self) -> list[float]:
        """Round values within it, some five of them."""
        plain = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(plain))
        step = power * next(round_ for round_ in (1, 2, 5, 10) if round_ * power >= plain * (1 - 1e-9))
        count = math.floor(self.high / step + 1e-9) - math.ceil(self.low / step - 1e-9) + 1
        return [(math.ceil(self.low / step - 1e-9) + place) * step for place in range(count)]


def tenths(title: str, pairs: Sequence[tuple[float, float]]) -> str:
    """Two bars for each tenth of the customers: the mean of what was forecast, and of what came.

    Args:
        pairs: forecast and outcome, from the lowest forecast to the highest; empty without a back-test.
    """
    bottom = _HEIGHT - _BOTTOM
    scale = _Scale.of([value for pair in pairs for value in pair], bottom, _TOP, from_zero=True)
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(pairs), 1)
    marks = [_levels(scale), _legend((("forecast", _STRONG), ("came", _OTHER)))]
    for place, pair in enumerate(pairs):
        start = _LEFT + step * place
        for side, (value, colour) in enumerate(zip(pair, (_STRONG, _OTHER), strict=True)):
            ends = sorted((scale.at(0.0), scale.at(value)))
            marks.append(_box(start + step * (0.12 + 0.38 * side), ends[0], step * 0.36, ends[1] - ends[0], colour))
        marks.append(_words(start + step / 2, bottom + 16, str(place + 1), anchor="middle"))
    marks.append(_words(_WIDTH / 2, _HEIGHT - 8, "tenth of the customers, by forecast", anchor="middle"))
    return _picture(title, _HEIGHT, marks)


def rivals(title: str, found: Sequence[Rival]) -> str:
    """A row for each candidate: pale points are single origins, the strong one is their mean.

    A candidate without a value has an empty row.
    """
    height = _TOP + _ROW * max(len(found), 1) + _BOTTOM
    left = 28 + _LETTER * max((len(_named(rival)) for rival in found), default=0)
    scale = _Scale.of([value for rival in found for value in rival.values], left, left + _ACROSS)
    bottom = height - _BOTTOM
    marks = [
        _line(scale.at(tick), _TOP, scale.at(tick), bottom, _FAINT)
        + _words(scale.at(tick), bottom + 16, _short(tick), anchor="middle")
        for tick in scale.ticks()
    ]
    for place, rival in enumerate(found):
        middle = _TOP + _ROW * (place + 0.5)
        colour = _OTHER if rival.is_served else _STRONG
        marks.append(_words(left - 12, middle + 4, _named(rival), anchor="end", bold=rival.is_served))
        marks += [_dot(scale.at(value), middle, 3, colour, 0.3) for value in rival.values]
        if rival.values:
            marks.append(_dot(scale.at(sum(rival.values) / len(rival.values)), middle, 6, colour))
    marks.append(_words(left + _ACROSS / 2, height - 8, "strong: mean, pale: single tests", anchor="middle"))
    return _picture(title, height, marks, left + _ACROSS + _RIGHT)


def course(title: str, curves: Sequence[Curve]) -> str:
    """Losses by epoch, a line for each seed: of validation strong, of training thin; a point where validation is best."""
    bottom = _HEIGHT - _BOTTOM
    scale = _Scale.of([loss for curve in curves for loss in (*curve.training, *curve.validation)], bottom, _TOP)
    longest = max((len(curve.validation) for curve in curves), default=1)
    across = _Scale(0.0, float(max(longest - 1, 1)), _LEFT + 8, _WIDTH - _RIGHT - 8)
    marks = [_levels(scale), _legend((("validation", _STRONG), ("training", _OTHER)))]
    for curve in curves:
        for values, colour, thick in ((curve.training, _OTHER, 1.0), (curve.validation, _STRONG, 2.0)):
            points = [(across.at(place), scale.at(loss)) for place, loss in enumerate(values) if math.isfinite(loss)]
            marks.append(_path(points, colour, thick))
        best = min(range(len(curve.validation)), key=curve.validation.__getitem__)
        marks.append(_dot(across.at(best), scale.at(curve.validation[best]), 5, _STRONG))
    marks += [
        _words(across.at(tick), bottom + 16, _short(tick), anchor="middle")
        for tick in across.ticks()
        if tick == round(tick)
    ]
    marks.append(_words(_WIDTH / 2, _HEIGHT - 8, "epoch; a line for each seed, a point at its best", anchor="middle"))
    return _picture(title, _HEIGHT, marks)


def image(drawing: str, words: str) -> str:
    """A drawing as an image in Markdown.

    Args:
        words: what stands in its place where images are not shown.
    """
    return f"![{words}](data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()})"


def _named(rival: Rival) -> str:
    return f"{rival.name} (serves)" if rival.is_served else rival.name


def _levels(scale: _Scale) -> str:
    """Horizontal lines with their values."""
    return "".join(
        _line(_LEFT, scale.at(tick), _WIDTH - _RIGHT, scale.at(tick), _FAINT)
        + _words(_LEFT - 8, scale.at(tick) + 4, _short(tick), anchor="end")
        for tick in scale.ticks()
    )


def _legend(entries: Iterable[tuple[str, str]]) -> str:
    """Names with their colours, from the right upper corner to the left."""
    marks, right = [], float(_WIDTH - _RIGHT)
    for name, colour in reversed(list(entries)):
        marks.append(_words(right, 20, name, anchor="end"))
        right -= _LETTER * len(name) + 16
        marks.append(_box(right, 11, 10, 10, colour))
        right -= 14
    return "".join(marks)


def _short(value: float) -> str:
    """A tick in a few letters.

    >>> _short(1200000.0), _short(0.25), _short(0.0)
    ('1.2M', '0.25', '0')
    """
    for least, letter in ((1e6, "M"), (1e4, "k")):
        if abs(value) >= least:
            return f"{value / (1e6 if letter == 'M' else 1e3):.4g}{letter}"
    return f"{round(value, 9):.4g}"


def _picture(title: str, height: float, marks: Iterable[str], width: float = _WIDTH) -> str:
    head = _words(16, 20, title, bold=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"{head}{''.join(marks)}</svg>"
    )


def _words(x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}"{weight}>{escape(text)}</text>'


def _line(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}"/>'


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _dot(x: float, y: float, radius: float, colour: str, opacity: float = 1.0) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}" fill-opacity="{opacity:g}"/>'


def _path(points: Sequence[tuple[float, float]], colour: str, thick: float) -> str:
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="{thick:g}"/>'
