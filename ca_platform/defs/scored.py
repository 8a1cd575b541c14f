"""A back-test in Markdown: a table of all figures, and drawings of the contest and of what serves by tenths.

What belongs here: from the scores of any kind of model to texts that Dagster shows. What does not: what scores mean and
which of them count for a kind of model (``told``), how a picture is drawn (``drawn``).
"""

from collections.abc import Mapping, Sequence

from ca_platform.catalogue.value_classes import VALUE_CLASSES
from ca_platform.defs.drawn import Rival, image, rivals, tenths
from ca_platform.training.frames import Score

Scores = Sequence[Score]

_NOTHING = "No back-test was possible."


def figures(scores: Scores, metrics: Sequence[str], titles: Mapping[str, str]) -> str:
    """Mean of each metric over the origins, as a table."""
    rows = []
    for model, is_served in _models(scores).items():
        means = (_mean(_values(scores, model, metric)) for metric in metrics)
        cells = ("–" if mean is None else f"{mean:.4f}" for mean in means)
        rows.append((f"{titles[model]}{' (serves)' if is_served else ''}", *cells))
    return table(("model", *metrics), rows)


def served_means(scores: Scores, metrics: Sequence[str]) -> dict[str, float]:
    """Mean of each metric of what serves, as numbers: Dagster draws their course over the trainings."""
    served = [model for model, is_served in _models(scores).items() if is_served]
    means = {metric: _mean(_values(scores, model, metric)) for model in served for metric in metrics}
    return {metric: mean for metric, mean in means.items() if mean is not None}


def contest(scores: Scores, metric: str, titles: Mapping[str, str], words: str) -> str:
    """One metric of every candidate at every origin, drawn.

    Args:
        words: what the metric is, and whether more of it is better.
    """
    found = [
        Rival(titles[model], _values(scores, model, metric), is_served) for model, is_served in _models(scores).items()
    ]
    return image(rivals(words, found), words) if found else _NOTHING


def calibration(scores: Scores, measure: str, words: str) -> str:
    """Forecast and outcome by tenths of the customers at the newest origin, of what serves: drawn, and as a table.

    Args:
        measure: what the names of these metrics begin with.
        words: what is forecast of a customer.
    """
    own = _newest(scores)
    names = [[f"{measure}{side}_decile_{place}" for side in ("forecast", "observed")] for place in range(1, 11)]
    pairs = [(own[said], own[came]) for said, came in names if said in own and came in own]
    if not pairs:
        return _NOTHING
    rows = [(str(place), *(f"{value:.3f}" for value in pair)) for place, pair in enumerate(pairs, 1)]
    return f"{image(tenths(words, pairs), f'{words}, by tenths')}\n\n{table(('decile', 'forecast', 'observed'), rows)}"


def confusion(scores: Scores) -> str:
    """Of those who came to be in a class at the newest origin, the share of whom each was said, by what serves."""
    own = _newest(scores)
    rows = []
    for came in VALUE_CLASSES:
        shares = [own.get(f"{came}_said_{said}") for said in VALUE_CLASSES]
        rows.append((came, *("–" if share is None else f"{share:.3f}" for share in shares)))
    return table(("came", *(f"said {name}" for name in VALUE_CLASSES)), rows)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _models(scores: Scores) -> dict[str, bool]:
    """The candidates, and whether each serves."""
    return {score.model: score.is_served for score in scores}


def _values(scores: Scores, model: str, metric: str) -> list[float]:
    own = (score.value for score in scores if (score.model, score.metric) == (model, metric))
    return [value for value in own if value is not None]


def _newest(scores: Scores) -> dict[str, float]:
    """What is known by metric of what serves at the newest origin."""
    newest = max((score.origin for score in scores), default=0)
    own = (score for score in scores if score.origin == newest and score.is_served)
    return {score.metric: score.value for score in own if score.value is not None}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
