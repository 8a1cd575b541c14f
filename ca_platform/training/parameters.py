"""What is kept of models whose numbers go with texts, as rows of a table, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from ca_platform.models.clv.level import Level
from ca_platform.models.clv.record import Parameters

KEPT: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "model": pl.String(),
    "parameter": pl.String(),
    "place": pl.Int64(),
    "value": pl.Float64(),
    "text": pl.String(),
}


def rows_of(day: date, model: str, parameters: Parameters) -> pl.DataFrame:
    """The numbers and texts of a model below each other; a number that is not known is null."""
    names, places, values, texts = [], [], [], []
    for name, value in parameters.items():
        text = value if isinstance(value, str) else None
        numbers = np.array([np.nan]) if text is not None else np.ravel(np.asarray(value, np.float64))
        names += [name] * numbers.size
        places.append(np.arange(numbers.size))
        values.append(numbers)
        texts += [text] * numbers.size
    rows = {
        "day": pl.repeat(day, len(names), dtype=pl.Date(), eager=True),
        "model": pl.repeat(model, len(names), eager=True),
        "parameter": names,
        "place": np.concatenate(places),
        "value": pl.Series(np.concatenate(values)).fill_nan(None),
        "text": texts,
    }
    return pl.DataFrame(rows, schema=KEPT)


def parameters_of(rows: pl.DataFrame) -> Parameters:
    """What ``rows_of`` made rows of."""
    found: Parameters = {}
    for (name,), own in rows.sort("place").group_by(["parameter"], maintain_order=True):
        text = own["text"][0]
        found[str(name)] = own["value"].fill_null(np.nan).to_numpy() if text is None else text
    return found


def level_parameters(name: str, level: Level) -> Parameters:
    """What is kept of a level, under a name."""
    return {
        f"{name}.factor": level.factor,
        f"{name}.method": level.method,
        f"{name}.log_error": np.nan if level.log_error is None else level.log_error,
        f"{name}.origins": float(level.origins),
        f"{name}.horizon_weeks": level.horizon_weeks,
        f"{name}.reason": level.reason,
    }


def level_of(whole: Mapping[str, object], name: str) -> Level:
    """The level that was kept under a name."""
    error = number_of(whole[f"{name}.log_error"])
    return Level(
        number_of(whole[f"{name}.factor"]),
        str(whole[f"{name}.method"]),
        None if np.isnan(error) else error,
        int(number_of(whole[f"{name}.origins"])),
        number_of(whole[f"{name}.horizon_weeks"]),
        str(whole[f"{name}.reason"]),
    )


def number_of(value: object) -> float:
    """The first number of a column of them."""
    return float(np.ravel(np.asarray(value, np.float64))[0])
