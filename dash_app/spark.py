"""A spark line as a small picture: a plotly chart for each would cost 25 to 100 ms of the page."""

from __future__ import annotations

from urllib.parse import quote

_WIDTH, _HEIGHT, _PAD = 120.0, 32.0, 3.0
_COLOUR = {False: "#0072B2", True: "#56B4E9"}
_POINTS = 60


def spark(values: tuple[float | None, ...], *, dark: bool) -> str:
    """The last 60 values as the address of an SVG picture; a missing value leaves a gap."""
    shown = values[-_POINTS:]
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    path = _path(shown, min(known), max(known))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none">'
        f'<path d="{path}" fill="none" stroke="{_COLOUR[dark]}" stroke-width="1.75" stroke-linejoin="round" '
        f'stroke-linecap="round" vector-effect="non-scaling-stroke"/></svg>'
    )
    return f"data:image/svg+xml,{quote(svg)}"


def _path(values: tuple[float | None, ...], low: float, high: float) -> str:
    across = (_WIDTH - 2 * _PAD) / max(len(values) - 1, 1)
    up = (_HEIGHT - 2 * _PAD) / (high - low) if high > low else 0.0
    parts, pen = [], "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        height = _HEIGHT - _PAD - (value - low) * up if up else _HEIGHT / 2
        parts.append(f"{pen}{_PAD + place * across:.1f} {height:.1f}")
        pen = "L"
    return "".join(parts)
