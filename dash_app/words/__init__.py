"""Numbers and dates as people write them, and one sentence that reads each report aloud.

What belongs here: functions that give text, from frames or numbers. What does not: drawing (``figures``) and
components (``cards``). Text from data is left as it is: who draws it escapes it.
"""

from __future__ import annotations

from dash_app.words.formats import Formats, formats

__all__ = ["Formats", "formats"]
