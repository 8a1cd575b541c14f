"""A Dash page with ready figures in its layout and nothing else: the rival of ``page``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import dash
from dash import dcc, html


def create(figures: Path) -> dash.Dash:
    """One graph per figure of the file."""
    app = dash.Dash(__name__)
    graphs = [dcc.Graph(figure=figure) for figure in json.loads(figures.read_text())]
    app.layout = html.Div([html.H1("Funnels"), *graphs])
    return app


if "BENCHMARK_FIGURES" in os.environ:
    server = create(Path(os.environ["BENCHMARK_FIGURES"])).server
