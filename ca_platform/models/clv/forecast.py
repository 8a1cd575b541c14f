"""What each customer is forecast to be worth over a horizon, from a fitted model of orders and one of amounts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ca_platform.models.clv.customers import Buyers
from ca_platform.models.clv.gamma_gamma import expected_amount
from ca_platform.models.clv.intervals import forecast_revenue
from ca_platform.models.clv.orders import future
from ca_platform.models.clv.record import Parameters, fit_from, fit_parameters
from ca_platform.models.clv.records import Fit, Floats

# Customers change in ways that no model knows, the more the farther ahead. Of 24 forecasts of four shops, made at earlier
# days for up to six times the horizon that their back-tests could try, intervals that ask for 80 % held 74 to 85 % of the
# customers, in the mean of a shop and horizon; by this power of the longer horizon 76 to 86 %.
_FARTHER = 1 / 8


@dataclass(frozen=True, slots=True, eq=False)
class ValueForecast:
    """What is forecast of customers, a value each.

    Attributes:
        orders: mean number, orders of a day each counted.
        amount: mean of an order, in the shop's currency.
        revenue: mean, in the shop's currency.
        low, high: the shortest interval of revenue that holds the share asked for, no order included.
        alive: probability that the customer has not left.
        no_order: probability of no order within the horizon.
        next_order_days: median days to the next order of a customer who has not left; may be infinite in the naive model.
    """

    orders: Floats
    amount: Floats
    revenue: Floats
    low: Floats
    high: Floats
    alive: Floats
    no_order: Floats
    next_order_days: Floats


def levelled(forecast: ValueForecast, orders: float, revenue: float) -> ValueForecast:
    """The same forecast with all orders, and all revenue, multiplied by a factor each (see ``level``)."""
    return replace(
        forecast,
        orders=forecast.orders * orders,
        amount=forecast.amount * (revenue / orders),
        revenue=forecast.revenue * revenue,
        low=forecast.low * revenue,
        high=forecast.high * revenue,
    )


def share_to_ask(share: float, days: float, tested_days: float) -> float:
    """The share to ask of a model for intervals that hold ``share`` of customers so many days ahead.

    Args:
        tested_days: the horizon at which the intervals of the back-test held; 0 where there was none.

    >>> [round(share_to_ask(0.8, days, 91), 3) for days in (28, 91, 364)]
    [0.8, 0.8, 0.832]
    """
    longer = max(days / tested_days, 1.0) if tested_days else 1.0
    return float(1 - (1 - share) / longer**_FARTHER)


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """The means of a forecast, which cost far less than its intervals; as in ``ValueForecast``."""

    orders: Floats
    revenue: Floats
    alive: Floats
    no_order: Floats


@dataclass(frozen=True, slots=True)
class ValueModel:
    """Fits of orders and of amounts."""

    orders: Fit
    amounts: Fit

    @property
    def degenerate(self) -> bool:
        """Whether the orders do not determine the parameters of their model."""
        return self.orders.degenerate

    @property
    def reason(self) -> str:
        """Why it is degenerate, in words; empty where it is not."""
        return self.orders.reason

    def forecast(self, buyers: Buyers, days: float, share: float = 0.8) -> ValueForecast:
        """Forecast so many days of customers, who may be others than those of the fits, or the same later on."""
        small, place = buyers.summary.distinct()
        weeks = buyers.weeks_ahead(days)
        coming = future(self.orders, small)
        purchases = coming.expected(weeks)[place]
        amount = expected_amount(self.amounts, buyers.purchase_days, buyers.mean_amount)
        revenue = forecast_revenue(self.orders, self.amounts, buyers.summary, buyers.mean_amount, weeks, share)
        return ValueForecast(
            purchases * buyers.orders_per_day,
            amount / buyers.orders_per_day,
            revenue.expected,
            revenue.low,
            revenue.high,
            coming.alive[place],
            coming.no_order(weeks)[place],
            buyers.days_ahead(coming.waiting_weeks()[place]),
        )

    def next_order_days(self, buyers: Buyers) -> Floats:
        """Median days to the next order of customers who have not left, as in a forecast."""
        small, place = buyers.summary.distinct()
        return buyers.days_ahead(future(self.orders, small).waiting_weeks()[place])

    def expect(self, buyers: Buyers, days: float) -> Expected:
        """The means of the forecast alone."""
        small, place = buyers.summary.distinct()
        weeks = buyers.weeks_ahead(days)
        coming = future(self.orders, small)
        purchases = coming.expected(weeks)[place]
        amount = expected_amount(self.amounts, buyers.purchase_days, buyers.mean_amount)
        no_order = coming.no_order(weeks)[place]
        return Expected(purchases * buyers.orders_per_day, purchases * amount, coming.alive[place], no_order)

    def to_parameters(self) -> Parameters:
        """All numbers of both fits; ``from_parameters`` makes the same model of them."""
        return fit_parameters(self.orders) | fit_parameters(self.amounts, "amounts.")

    @staticmethod
    def from_parameters(model: str, parameters: Parameters) -> ValueModel:
        """The model of orders of this name, and the one of amounts, of which these are the numbers."""
        return ValueModel(fit_from(model, parameters), fit_from("gamma_gamma", parameters, "amounts."))
