"""RFM: recency, frequency and amount of customers, their scores, and the segments that follow from them."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, flag, money, share, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_FACTS = ("customer_orders", "dimension_values", "client_numbers")
_RECENCY = "the time from the last order to the end of the day"
_FREQUENCY = (
    "the mean time between consecutive orders; orders within an hour of the first of them count once, at its instant"
)
_MONETARY = "the mean amount of an order"
_SCORES = (
    "Scores go from 1 to 5, and 5 is the best: most recent, shortest time between orders, highest amount. They are the "
    "clusters of a one-dimensional K-Means with five clusters, the exact optimum, on hours since the last order and on "
    "the logarithm of gap and amount; or groups of about equal size (reports.rfm.scoring: quantile). Fewer clusters "
    "are spread over the scores, so that the best is 5. The borders of gap and amount are those of the last month's "
    "end; before anybody has come again by a month's end, those of the day itself. Those of recency are fitted each "
    "day. A customer without a gap has the frequency score 1."
)
_SEGMENTS = (
    "A customer with exactly one order, no longer ago than the mean time between consecutive orders of all customers, "
    "is a newcomer; all others are placed by their three scores, with the table reports.rfm.segments of the settings."
)
_SEGMENT = text("segment", "Name of the segment.")


def _hours(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.FLOAT, description, "hours", nullable=nullable)


def _score(name: str, description: str) -> Column:
    return Column(name, Kind.INTEGER, description, "1 to 5, 5 is best")


def _bin(name: str, of: str, *, nullable: bool = False) -> Column:
    missing = "; null for customers without a gap" if nullable else ""
    return Column(name, Kind.INTEGER, f"Number of the bin of {of}, from 0{missing}.", "number", nullable=nullable)


def _report(
    name: str, title: str, grain: str, description: str, columns: tuple[Column, ...], key: tuple[str, ...], page: str
) -> ReportSpec:
    return ReportSpec(
        name=name,
        family="rfm",
        title=title,
        grain=grain,
        description=description,
        columns=columns,
        key=key,
        facts=_FACTS,
        page=page,
    )


def _ends(name: str) -> tuple[Column, Column]:
    """A measure of a point, or of a bin from one value to another."""
    if name == "monetary":
        return money(name, "Mean amount of an order, or where the bin begins."), money(
            "monetary_to", "Where the bin ends; the same without bins."
        )
    what = "Time since the last order" if name == "recency_hours" else "Mean time between orders"
    null = name == "frequency_hours"
    missing = "; null for customers without a gap" if null else ""
    return (
        _hours(name, f"{what}, or where the bin begins{missing}.", nullable=null),
        _hours(f"{name}_to", f"Where the bin ends; the same without bins{missing}.", nullable=null),
    )


def _view(name: str, title: str, first: str, second: str) -> ReportSpec:
    return _report(
        name,
        title,
        "point, or bin",
        "Customers by two measures, one row for each pair of values, amounts to the minor unit. Of more than 5,000 "
        "customers one row for each of 48 × 48 bins that hold any; bins are equally wide on the scale of the scores.",
        (
            *_ends(first),
            *_ends(second),
            count("customers", "Customers with these values, or in the bin."),
            flag("is_binned", "The row is a bin."),
        ),
        (first, second),
        "/rfm",
    )


def _clusters(name: str, title: str, what: str) -> ReportSpec:
    is_money, null = name == "monetary", name == "frequency"

    def measure(column: str, description: str) -> Column:
        return (money if is_money else _hours)(column, description, nullable=null)

    once = " Customers without a gap have a row of their own, with score 1 and nothing else." if null else ""
    return _report(
        f"{name}_clusters",
        title,
        "cluster × bar of its histogram",
        f"The clusters behind the scores of {name}: {what}. Each has a histogram of ten bars of equal width, and its own "
        f"columns are the same in each of its rows.{once} {_SCORES}",
        (
            _score("score", "Score of its customers."),
            _bin("bin_index", "the histogram", nullable=null),
            count("customers", "Customers of the cluster."),
            measure("min", "Smallest value of its customers."),
            measure("max", "Largest value of its customers."),
            measure("mean", "Mean of its customers."),
            measure("center", "Center of the cluster when its borders were found, on the scale of the scores."),
            measure("bin_start", "Where the bar begins."),
            measure("bin_end", "Where the bar ends; the last one holds that value too."),
            count("bin_customers", "Customers of the bar."),
        ),
        ("score", "bin_index"),
        "/rfm",
    )


RFM = (
    ReportSpec(
        name="rfm",
        family="rfm",
        title="RFM of customers",
        grain="customer",
        description=(
            f"Recency, {_RECENCY}; frequency, {_FREQUENCY}; and {_MONETARY}, of every customer with an order, with "
            f"scores and segment. {_SCORES} {_SEGMENTS}"
        ),
        columns=(
            text("client", "The customer."),
            _hours("recency_hours", "Time from the last order to the end of the day."),
            _hours("frequency_hours", "Mean time between consecutive orders; null without one.", nullable=True),
            count("orders", "Orders."),
            money("monetary", "Mean amount of an order."),
            money("revenue", "Sum of what was paid for all orders."),
            _score("recency_score", "Score of the recency."),
            _score("frequency_score", "Score of the gap; 1 without one."),
            _score("monetary_score", "Score of the mean amount."),
            _SEGMENT,
            day("borders_as_of", "The day whose borders of gap and amount are used."),
        ),
        key=("client",),
        facts=_FACTS,
        page="/rfm",
        by_dimension=False,
        storage="lake",
    ),
    _report(
        "rfm_bins",
        "Customers by recency, frequency and amount",
        "segment × bin of recency × bin of frequency × bin of amount",
        "Customers in 16 bins of each of the three measures, by segment. Bins are equally wide on the scale of the "
        "scores, from the smallest to the largest value of any customer.",
        (
            _SEGMENT,
            _bin("recency_bin", "the recency"),
            _bin("frequency_bin", "the mean gap", nullable=True),
            _bin("monetary_bin", "the mean amount"),
            _hours("recency_start", "Where the bin of the recency begins."),
            _hours("recency_end", "Where it ends."),
            _hours("frequency_start", "Where the bin of the mean gap begins; null without one.", nullable=True),
            _hours("frequency_end", "Where it ends; null without one.", nullable=True),
            money("monetary_start", "Where the bin of the mean amount begins."),
            money("monetary_end", "Where it ends."),
            count("customers", "Customers of the segment in these bins."),
        ),
        ("segment", "recency_bin", "frequency_bin", "monetary_bin"),
        "/rfm",
    ),
    _view("frequency_recency", "Frequency and recency", "frequency_hours", "recency_hours"),
    _view("monetary_frequency", "Amount and frequency", "monetary", "frequency_hours"),
    _view("recency_monetary", "Recency and amount", "recency_hours", "monetary"),
    _clusters("recency", "Clusters of recency", _RECENCY),
    _clusters("frequency", "Clusters of frequency", _FREQUENCY),
    _clusters("monetary", "Clusters of amounts", _MONETARY),
    _report(
        "segmentation",
        "Segments",
        "segment",
        f"Customers and revenue of each of the eleven segments, also of those that nobody is in. {_SEGMENTS}",
        (
            _SEGMENT,
            count("customers", "Customers of the segment."),
            share("share", "customers over all customers with an order."),
            money("revenue", "Sum of what they have paid for all their orders."),
            share("revenue_share", "revenue over that of all customers."),
        ),
        ("segment",),
        "/segments",
    ),
    _report(
        "segment_transitions",
        "Changes of segments",
        "segment 30 days ago × segment now",
        "Customers by their segment 30 days before, as the report of that day has it, and their segment at the end of "
        "the day. Only pairs that occur have a row.",
        (
            text("segment_before", "Segment 30 days before; null: no order by then.", nullable=True),
            _SEGMENT,
            count("customers", "Customers who made this change, or stayed."),
            share("share_of_before", "customers over all who were in that segment 30 days before."),
        ),
        ("segment_before", "segment"),
        "/segments",
    ),
)
