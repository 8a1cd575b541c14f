"""What a simulated shop is made of: every number that the other modules of this folder use.

Records with defaults and nothing else. All of them are copied into the shop's ``truth.json``, so that an estimate
can be held against the value that made the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ca_platform.errors import ConfigurationError

DEFAULT_START = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column that splits the sessions, whose values behave differently.

    Attributes:
        shares: how often each value is a customer's home value; sums to 1.
        conversion: factor of each value on the probability of a purchase.
        spend: factor of each value on the amount of an order.
        stickiness: probability that a session has its customer's home value instead of a fresh draw.
        missing: share of sessions where the value is empty.
    """

    name: str
    values: tuple[str, ...]
    shares: tuple[float, ...]
    conversion: tuple[float, ...]
    spend: tuple[float, ...]
    stickiness: float = 1.0
    missing: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """An action of a session, with the instant at which it happens.

    Attributes:
        reach: probability that a session which will not buy takes this step after the one before.
        skip: probability that the step is left out although a later one happens (deep links, express checkout).
        mean_seconds: mean time since the step before.
    """

    name: str
    reach: float
    skip: float
    mean_seconds: float


@dataclass(frozen=True, slots=True)
class Promotion:
    """A coupon.

    Attributes:
        discount: share of the amount that it takes off.
        usage: probability that an order placed while it runs carries it.
        effect: factor on the customer's session rate on the seven days after use; 1 is a promotion without effect.
        every_days, active_days: it runs on the first ``active_days`` days of every ``every_days`` days.
        first_order_only: only a customer's first order may carry it.
    """

    promotion_id: str
    discount: float
    usage: float
    effect: float
    every_days: int = 1
    active_days: int = 1
    first_order_only: bool = False

    def runs_on(self, day_index: int) -> bool:
        return day_index % self.every_days < self.active_days


@dataclass(frozen=True, slots=True)
class Experiment:
    """A randomised experiment over customers, control first; ``conversion`` are the factors of the variants.

    Attributes:
        begins, ends: shares of the shop's days; it runs on the days between.
    """

    name: str
    variants: tuple[str, ...]
    conversion: tuple[float, ...]
    begins: float = 0.3
    ends: float = 0.8

    def days(self, days: int) -> tuple[int, int]:
        """Indices of its first and last day in a shop of so many days; the last lies before the first where it has none.

        >>> Experiment("page", ("old", "new"), (1.0, 1.1)).days(10)
        (3, 7)
        """
        inside = [index for index in range(days) if self.runs_on(index, days)]
        return (inside[0], inside[-1]) if inside else (days, days - 1)

    def runs_on(self, index: int, days: int) -> bool:
        """Whether it runs on a day of a shop of so many days."""
        return self.begins <= index / days < self.ends


DIMENSIONS = (
    Dimension(
        "country",
        ("England", "Scotland", "Wales", "Northern Ireland"),
        (0.62, 0.19, 0.12, 0.07),
        (1.0, 1.08, 0.92, 0.85),
        (1.0, 0.95, 0.9, 1.1),
    ),
    Dimension(
        "channel",
        ("organic", "direct", "paid search", "email", "social"),
        (0.34, 0.24, 0.2, 0.13, 0.09),
        (1.0, 1.25, 0.9, 1.4, 0.55),
        (1.0, 1.05, 0.97, 1.0, 0.88),
        stickiness=0.3,
        missing=0.015,
    ),
    Dimension(
        "device",
        ("mobile", "desktop", "tablet"),
        (0.58, 0.34, 0.08),
        (0.85, 1.25, 1.0),
        (0.93, 1.12, 1.0),
        stickiness=0.8,
    ),
)

STEPS = (
    Step("product_view", 0.82, 0.03, 45.0),
    Step("has_basket", 0.42, 0.015, 150.0),
    Step("order_screen", 0.45, 0.04, 90.0),
)

PROMOTIONS = (
    Promotion("WELCOME10", 0.10, 0.30, 1.0, first_order_only=True),
    Promotion("SEASON15", 0.15, 0.25, 1.6, every_days=45, active_days=10),
    Promotion("FREESHIP", 0.05, 0.08, 1.0),
    Promotion("LOYAL5", 0.05, 0.05, 1.35),
)


@dataclass(frozen=True, slots=True)
class ShopParameters:
    """A whole shop. Rates are per week, amounts in the currency, times in the unit of their name.

    Customers are those of the Pareto/NBD world with beta thinning: a customer's session rate is
    Gamma(``conversion_a + conversion_b``), the share of sessions that become orders Beta(``conversion_a``,
    ``conversion_b``), so that the rate of orders is Gamma(``conversion_a``) before seasons and factors; the lifetime
    is exponential with a Gamma(``lifetime_shape``) rate; the amount of an order is log-normal around the customer's
    own log mean, which is normal.

    Attributes:
        sessions: number of sessions in place of a Poisson number that follows from the rates; exact unless an incident
            takes away the sessions of a dimension value, or bots add theirs.
        baskets: also write lines and deliveries.
        experiment: a column of the sessions; its variants act on the conversion.
        idle_experiment: assignments in a file of their own; it has no effect, so what is found of it is chance.
    """

    days: int = 180
    customers: int = 5_000
    seed: int = 1
    start: date = DEFAULT_START
    time_zone: str = "Europe/London"
    currency: str = "GBP"
    sessions: int | None = None
    baskets: bool = True

    sessions_per_week: float = 1.4
    conversion_a: float = 0.9
    conversion_b: float = 2.7
    lifetime_shape: float = 1.5
    lifetime_mean_weeks: float = 40.0
    spend_log_mean: float = 3.4
    spend_log_deviation_between: float = 0.45
    spend_log_deviation_within: float = 0.4

    initial_share: float = 0.35
    growth_per_year: float = 0.5
    dormant_share: float = 0.03
    unknown_share: float = 0.004
    signup_share: float = 0.8
    first_login_share: float = 0.6

    weekday_factors: tuple[float, ...] = (0.94, 0.9, 0.93, 0.98, 1.12, 1.2, 0.93)
    year_amplitude: float = 0.12
    holiday_factor: float = 0.6
    peak_factor: float = 1.7

    dimensions: tuple[Dimension, ...] = DIMENSIONS
    steps: tuple[Step, ...] = STEPS
    out_of_order: float = 0.02
    promotions: tuple[Promotion, ...] = PROMOTIONS
    experiment: Experiment | None = Experiment("homepage_variant", ("control", "large_picture"), (1.0, 1.12))
    idle_experiment: Experiment | None = Experiment(
        "newsletter_layout", ("one_column", "two_columns"), (1.0, 1.0), 0.4, 0.9
    )
    incidents_per_30_days: float = 1.0

    products: int = 160
    extra_lines: float = 1.1
    affinities: int = 12
    affinity_strength: float = 0.35
    favourite_share: float = 0.35

    delivered_share: float = 0.85
    prepare_minutes: float = 14.0
    kilometres_per_hour: float = 17.0
    abnormal_delivery_share: float = 0.006

    def __post_init__(self) -> None:
        for name, least in (("days", 1), ("customers", 1), ("seed", 0)):
            if getattr(self, name) < least:
                message = f"A shop cannot be simulated with {name} = {getattr(self, name)}: give {least} or more."
                raise ConfigurationError(message)
        if self.lifetime_shape <= 1:
            raise ConfigurationError(f"lifetime_shape = {self.lifetime_shape} has no mean lifetime: give more than 1.")
        if self.sessions is not None and self.sessions < 0:
            raise ConfigurationError(f"A shop cannot be simulated with sessions = {self.sessions}: give 0 or more.")

    def with_(self, **changes: object) -> ShopParameters:
        """The same shop with some parameters replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]


def numbered_dimension(name: str, count: int) -> Dimension:
    """A dimension of ``count`` values whose shares fall like 1/rank and whose behaviour spreads evenly."""
    weights = [1.0 / (rank + 1) for rank in range(count)]
    spread = [0.7 + 0.6 * ((rank * 7 + count // 2) % count) / count for rank in range(count)]
    return Dimension(
        name,
        tuple(f"{name}-{rank:02d}" for rank in range(count)),
        tuple(weight / sum(weights) for weight in weights),
        tuple(spread),
        tuple(reversed(spread)),
        stickiness=0.7,
    )


def volume_shop(
    sessions: int,
    days: int = 365,
    customers: int | None = None,
    dimensions: tuple[int, ...] = (20, 20, 20),
    seed: int = 1,
) -> ShopParameters:
    """A shop for volume tests: exactly ``sessions`` sessions, customers, and nothing else.

    ``dimensions`` are the numbers of values of the dimensions ``d1``, ``d2``, …; ten sessions per customer unless
    ``customers`` is given.
    """
    return ShopParameters(
        days=days,
        customers=customers if customers is not None else max(sessions // 10, 1),
        seed=seed,
        sessions=sessions,
        baskets=False,
        dimensions=tuple(numbered_dimension(f"d{number}", count) for number, count in enumerate(dimensions, start=1)),
        experiment=None,
        idle_experiment=None,
        incidents_per_30_days=0.0,
    )
