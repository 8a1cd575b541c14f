"""What is kept of the items of A/B tests for the time when one of them is opened."""

from __future__ import annotations

from ca_platform.catalogue.ab_tests import figure
from ca_platform.catalogue.columns import flag, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

MOST_OPENED = 300
"""Items of one report whose distributions are kept."""

MOST_CUSTOMERS = 2_000_000
"""Customers of pairs of promotions up to which further pairs are looked at customer by customer."""
SIDES = ("before", "after")


def opened_reports(
    name: str,
    items: str,
    named: tuple[Column, ...],
    *,
    sides: tuple[str, str] = SIDES,
    limit: str = "",
    facts: tuple[str, ...],
    page: str,
    requires: tuple[str, ...] = (),
) -> tuple[ReportSpec, ReportSpec]:
    """The reports of fitted families and of distributions.

    Args:
        name: what their names begin with.
        items: what is compared, in the plural.
        named: the columns that name it.
        sides: names of both sides.
        limit: which of the items alone are looked at, where not all are.
    """
    columns = (*named, text("metric", "orders or amount."))
    keys = tuple(column.name for column in columns)
    every = f"Of all {items} with enough customers{limit}"
    a, b = sides
    families = ReportSpec(
        name=f"{name}_families",
        family="ab_tests",
        title=f"Fitted distributions of compared {items}",
        grain="item × metric × family",
        description=(
            f"{every}, the families of distributions whose support holds all "
            "outcomes, fitted by maximum likelihood to both sides together, blind to which is which. They describe and do "
            "not choose the test. An amount that is 0 for many customers is none of them: the Gaussian is then the only "
            "one left, and its goodness of fit says how bad it is."
        ),
        columns=(
            *columns,
            text("family", "poisson, binomial, gaussian, gamma or beta."),
            text("parameters", "Names and values, in the unit of the outcome or without one."),
            Column(
                "aic", Kind.FLOAT, "Akaike's criterion: 2 parameters − 2 log likelihood; smaller is better.", "nats"
            ),
            Column(
                "goodness_of_fit",
                Kind.FLOAT,
                "Largest gap between the distribution function of the outcomes and the fitted one (Kolmogorov), 0 is best. "
                "It has no p-value, as the parameters are fitted to the same outcomes.",
                "share",
            ),
            flag("is_best", "The family with the smallest criterion."),
        ),
        key=(*keys, "family"),
        facts=facts,
        page=page,
        requires=requires,
    )
    distributions = ReportSpec(
        name=f"{name}_distributions",
        family="ab_tests",
        title=f"Distributions of compared {items}",
        grain="item × metric × series × bin",
        description=(
            f"{every}, of each kind and metric those {MOST_OPENED} with the smallest p-values: how many customers ordered "
            f"how much ({a} and {b}), what the best family has of these bins (fitted), and how many of the 1,000 resamples "
            "have which difference (bootstrap). The last bin of the first three is up to the largest outcome."
        ),
        columns=(
            *columns,
            text("series", f"{a}, {b}, fitted or bootstrap."),
            Column("low", Kind.FLOAT, "Low end of the bin, included.", "by metric"),
            Column("high", Kind.FLOAT, "High end of the bin, not included but in the last one.", "by metric"),
            figure("share", "Share of the customers, or of the resamples, in the bin.", "share"),
        ),
        key=(*keys, "series", "low"),
        facts=facts,
        page=page,
        requires=requires,
    )
    return families, distributions
