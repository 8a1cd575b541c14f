"""A fit as named numbers and texts, and back: what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ca_platform.models.clv import gamma_gamma
from ca_platform.models.clv.maximum import Parameter
from ca_platform.models.clv.orders import MODELS
from ca_platform.models.clv.records import Estimate, Fit

Parameters: TypeAlias = dict[str, ArrayLike | str]
"""What is kept of a model, by name: numbers, columns of numbers, texts. A number that is not known is NaN."""

ERROR = ".error"
_AT_BOUND = ".at_bound"


def fit_parameters(fitted: Fit, prefix: str = "") -> Parameters:
    """Everything that a fit consists of, its names behind a prefix."""
    found: Parameters = {
        "log_likelihood": fitted.log_likelihood,
        "degenerate": float(fitted.degenerate),
        "reason": fitted.reason,
        "customers": fitted.customers,
        "regularity": float(fitted.regularity),
    }
    for item in fitted.estimates:
        error = np.nan if item.standard_error is None else item.standard_error
        found |= {item.name: item.value, item.name + ERROR: error, item.name + _AT_BOUND: float(item.is_at_bound)}
    return {prefix + name: value for name, value in found.items()}


def fit_from(model: str, parameters: Mapping[str, ArrayLike | str], prefix: str = "") -> Fit:
    """The fit of which these are the numbers.

    Args:
        model: a name of ``MODELS``, or ``gamma_gamma``.
    """
    known = gamma_gamma.PARAMETERS if model == "gamma_gamma" else MODELS[model].parameters
    return Fit(
        model,
        tuple(_estimate(item, parameters, prefix) for item in known),
        _number(parameters[f"{prefix}log_likelihood"]),
        bool(_number(parameters[f"{prefix}degenerate"])),
        str(parameters[f"{prefix}reason"]),
        _number(parameters[f"{prefix}customers"]),
        int(_number(parameters[f"{prefix}regularity"])),
    )


def columns_from(parameters: Mapping[str, ArrayLike | str], prefix: str) -> dict[str, NDArray[np.float64]]:
    """The columns of numbers whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): np.atleast_1d(np.asarray(value, np.float64))
        for name, value in parameters.items()
        if name.startswith(prefix) and not isinstance(value, str)
    }


def _estimate(item: Parameter, parameters: Mapping[str, ArrayLike | str], prefix: str) -> Estimate:
    value, error, at_bound = (_number(parameters[prefix + item.name + end]) for end in ("", ERROR, _AT_BOUND))
    return Estimate(item.name, item.unit, value, None if np.isnan(error) else error, bool(at_bound))


def _number(value: ArrayLike | str) -> float:
    return float(np.ravel(np.asarray(value, np.float64))[0])
