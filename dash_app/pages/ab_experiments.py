"""``/ab-tests/experiments``: declared randomised experiments, and what to do with their variants."""

from __future__ import annotations

from dash_app.figures import experiments as figures
from dash_app.filters import ExperimentFilters
from dash_app.pages.ab_tests import calibrated
from dash_app.records import LISTED, Card, Page, no_comparison
from dash_app.words import experiments as words
from dash_app.words.effect_subjects import OF_EXPERIMENTS

_NONE = "Nobody has been assigned to a variant yet."


AB_EXPERIMENTS = Page(
    "/ab-tests/experiments",
    (
        calibrated("ab-experiments-calibration", ("regression_adjusted",), OF_EXPERIMENTS),
        Card(
            id="ab-experiments-decisions",
            report="experiments",
            title="Experiments and decisions",
            reading=words.decisions,
            listing=words.decided,
            kind="list",
            height=LISTED,
            width="full",
            empty=_NONE,
        ),
        Card(
            id="ab-experiments-opened",
            report="experiments",
            title="One experiment: change against the control",
            reading=words.found,
            figure=figures.experiment,
            width="full",
            empty="No variant has enough customers for an interval yet.",
            is_empty=figures.without_figures,
            rows=words.chosen,
        ),
        Card(
            id="ab-experiments-figures",
            report="experiments",
            title="One experiment: all figures",
            reading=words.found,
            listing=words.figures,
            kind="list",
            height=LISTED,
            width="full",
            empty=_NONE,
            rows=words.chosen,
        ),
        Card(
            id="ab-experiments-required",
            report="experiments",
            title="What would have to be true of its goal",
            reading=words.required,
            listing=words.requirements,
            kind="list",
            height=LISTED,
            empty=_NONE,
            rows=words.chosen,
        ),
    ),
    ExperimentFilters,
    no_comparison,
)
