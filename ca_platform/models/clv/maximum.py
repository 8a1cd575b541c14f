"""Maximum likelihood over parameters that are positive and bounded, and how well the data determine them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.clv.records import Estimate, Floats
from ca_platform.models.threads import one_thread

# Log likelihood and its gradient by the logarithms of the parameters.
LogLikelihood = Callable[[Floats], tuple[float, Floats]]

# A parameter that ends this close to its bound, in logarithms, is at it.
_AT_BOUND = 1e-3

# The least curvature by a logarithm that tells a parameter: half a unit of likelihood over a factor of e³.
_LEAST_CURVATURE = 1 / 9

_STEP = 1e-4

# Newton steps by a rough curvature: how many at most, and their size in logarithms of the parameters.
_MOST_STEPS = 8
_LONGEST_STEP = 0.5
_SHORTEST_STEP = 1e-7


@dataclass(frozen=True, slots=True)
class Parameter:
    """A positive parameter and between which values it is looked for."""

    name: str
    unit: str
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a likelihood is largest.

    Attributes:
        flaws: why the data do not determine the parameters, in words; none where they do.
    """

    estimates: tuple[Estimate, ...]
    log_likelihood: float
    flaws: tuple[str, ...]

    @property
    def logs(self) -> Floats:
        return np.log([item.value for item in self.estimates])


def climb(likelihood: LogLikelihood, parameters: Sequence[Parameter], start: Floats, scale: float) -> Floats:
    """The logarithms of the parameters at which a likelihood is largest, from a start on.

    Args:
        scale: by which the likelihood is divided, about the number of observations, so that one tolerance fits all.
    """
    from scipy.optimize import minimize

    bounds = [(np.log(item.lower), np.log(item.upper)) for item in parameters]

    def falling(logs: Floats) -> tuple[float, Floats]:
        value, gradient = likelihood(logs)
        return -value / scale, -gradient / scale

    within = np.clip(start, [low for low, _ in bounds], [high for _, high in bounds])
    options = {"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500, "maxls": 40}
    # Steps of a handful of numbers.
    with one_thread():
        found: Floats = minimize(falling, within, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return found


def climb_by_rough(
    likelihood: LogLikelihood,
    rough: LogLikelihood,
    parameters: Sequence[Parameter],
    start: Floats,
    scale: float,
    rough_scale: float,
) -> Floats:
    """The same of a costly likelihood with the help of a cheap one that is nearly in proportion to it.

    From the cheap one's maximum a few Newton steps with its curvature lead to the costly one's. Where they do not, at a
    bound or on a ridge, it is climbed from there.

    Args:
        scale, rough_scale: the number of observations behind each.
    """
    top = climb(rough, parameters, start, rough_scale)
    low, high = (np.log([getattr(item, side) for item in parameters]) for side in ("lower", "upper"))
    inside = np.all((top > low + _AT_BOUND) & (top < high - _AT_BOUND))
    curvature = _curvature(rough, top) * (scale / rough_scale)
    if inside and np.linalg.eigvalsh(curvature)[0] > _LEAST_CURVATURE:
        logs = top
        for _ in range(_MOST_STEPS):
            step = np.linalg.solve(curvature, likelihood(logs)[1])
            logs = logs + step
            if np.abs(step).max() > _LONGEST_STEP or np.any((logs < low) | (logs > high)):
                break
            if np.abs(step).max() < _SHORTEST_STEP:
                return np.asarray(logs)
    return climb(likelihood, parameters, top, scale)


def maximum(likelihood: LogLikelihood, parameters: Sequence[Parameter], logs: Floats) -> Maximum:
    """The estimates at a maximum with their standard errors, by the curvature there (the delta method).

    A parameter at its bound is held fixed for the errors of the others and has none of its own.
    """
    value, _ = likelihood(logs)
    low, high = (np.log([getattr(item, side) for item in parameters]) for side in ("lower", "upper"))
    at_bound = (logs < low + _AT_BOUND) | (logs > high - _AT_BOUND)
    errors = _errors(_curvature(likelihood, logs), ~at_bound)
    estimates = tuple(
        Estimate(item.name, item.unit, float(np.exp(log)), float(np.exp(log) * error) if error else None, bool(bound))
        for item, log, error, bound in zip(parameters, logs, errors, at_bound, strict=True)
    )
    return Maximum(estimates, value, tuple(_flaws(estimates)))


def _curvature(likelihood: LogLikelihood, logs: Floats) -> Floats:
    """The observed information by the logarithms of the parameters: differences of the gradient."""
    here = likelihood(logs)[1]
    square = np.array([here - likelihood(logs + step)[1] for step in _STEP * np.eye(logs.size)]) / _STEP
    return np.asarray((square + square.T) / 2)


def _errors(curvature: Floats, free: np.ndarray) -> list[float | None]:
    """Standard errors of the logarithms; None for parameters that are fixed, or of which the data say nothing."""
    errors: list[float | None] = [None] * free.size
    places = np.flatnonzero(free)
    values, vectors = np.linalg.eigh(curvature[np.ix_(places, places)])
    told = values > _LEAST_CURVATURE
    for row, place in enumerate(places.tolist()):
        # A direction that the data do not tell spoils every parameter that has a part in it.
        if np.abs(vectors[row, ~told]).max(initial=0.0) < 0.1:
            errors[place] = float(np.sqrt(np.sum(vectors[row, told] ** 2 / values[told])))
    return errors


def _flaws(estimates: Sequence[Estimate]) -> list[str]:
    bound = [item.name for item in estimates if item.is_at_bound]
    blind = [item.name for item in estimates if item.standard_error is None and not item.is_at_bound]
    flaws = [f"the likelihood still rises where {_list(bound)} may go no further"] if bound else []
    return flaws + ([f"the orders do not tell {_list(blind)}"] if blind else [])


def _list(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
