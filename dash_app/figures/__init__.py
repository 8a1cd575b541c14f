"""Charts: pure functions from a report's frame to a plotly figure.

What belongs here: what is drawn, and nothing else: ``figure(frame, look)`` gives a plain dict that can be cached and
sent as it is. Its arrays are encoded as plotly.js reads them (``encode``), so no plotly object is made: a figure of
a year takes 0.2 to 4 ms this way, and the checks of ``graph_objects`` would add 2 to 6 (two busy cores); the tests run
them on every figure. What does not: sentences (``words``), loading, components.

Rules that hold for every figure:
    - text that comes from data is escaped (``labels.escape``) and never part of a hover template;
    - colours of series are told apart by every reader (``colours``), and no meaning hangs on colour alone;
    - an unfinished period is dashed or hatched; what is compared with is dotted;
    - no outer size, no title: the card has them. It is readable at a width of 340 pixels.
"""

from __future__ import annotations
