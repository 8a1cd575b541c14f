"""Names of steps, figures and dimension values as they stand in sentences and on axes."""

from __future__ import annotations

from collections.abc import Iterable

NO_VALUE = "(no value)"
_LONGEST = 80
_AN = tuple("aeio")
_STEPS = {
    "session_start": "session start",
    "purchase": "purchase",
    "download": "download",
    "signup": "sign-up",
    "first_session": "first session",
    "first_purchase": "first purchase",
}
_ORDER = {"download": 0, "signup": 1, "first_session": 3, "first_purchase": 4}
_METRICS = {"mean_order_value": "order value", "conversion_rate": "conversion"}


def step(name: str) -> str:
    """A step or milestone: ``session_start`` is session start."""
    return _STEPS.get(name, _spaced(name))


def step_in_text(name: str) -> str:
    """A step inside a sentence: ours with its article, a declared action in quotes.

    >>> step_in_text("first_purchase"), step_in_text("has_basket")
    ('the first purchase', '“has basket”')
    """
    return f"the {_STEPS[name]}" if name in _STEPS else f"“{_spaced(name)}”"


def milestones(steps: Iterable[str]) -> list[str]:
    """Milestones in the order in which customers tend to reach them; declared actions between ours, by name.

    >>> milestones(["first_login", "first_purchase", "first_session", "signup"])
    ['signup', 'first_login', 'first_session', 'first_purchase']
    """
    return sorted(steps, key=lambda name: (_ORDER.get(name, 2), name))


def metric(name: str) -> str:
    """A key figure: ``new_customers`` is new customers."""
    return _METRICS.get(name, _spaced(name))


def value(text: str | None) -> str:
    """A dimension's value, as it is; the null value has a name of its own."""
    return NO_VALUE if text is None else text


def quoted(text: str | None) -> str:
    """A name from the data inside a sentence, where quotes show what belongs to it; of a very long one the beginning."""
    if text is None:
        return "no value"
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"


def without(dimension: str) -> str:
    """What has no value of a dimension, or no category: the words after orders or sessions.

    >>> without("country"), without("age_group")
    ('without a country', 'without an age group')
    """
    named = _spaced(dimension)
    return f"without {'an' if named[:1].casefold() in _AN else 'a'} {named}"


def of_dimension(value: str | None, dimension: str) -> str:
    """A value with the name of its dimension, or that there is none.

    >>> of_dimension("EU", "sales_region"), of_dimension(None, "sales_region")
    ('sales region “EU”', 'without a sales region')
    """
    return without(dimension) if value is None else f"{_spaced(dimension)} {quoted(value)}"


def capital(text: str) -> str:
    """The text with a capital first letter, all others as they are."""
    return text[:1].upper() + text[1:]


def _spaced(name: str) -> str:
    return name.replace("_", " ").strip() or name
