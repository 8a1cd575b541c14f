"""What each customer is forecast to be worth over a horizon, from a fitted model of orders and one of amounts."""

from __future__ import annotations

from dataclasses import dataclass

from ca_platform.models.clv.customers import Buyers
from ca_platform.models.clv.gamma_gamma import expected_amount, fit_amounts
from ca_platform.models.clv.intervals import forecast_revenue
from ca_platform.models.clv.orders import fit, future
from ca_platform.models.clv.records import Fit, Floats

_WEEK = 7.0


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


@dataclass(frozen=True, slots=True)
class ValueModel:
    """Fits of orders and of amounts, and what orders and revenue are multiplied by (see ``level``)."""

    orders: Fit
    amounts: Fit
    orders_level: float = 1.0
    revenue_level: float = 1.0

    @property
    def degenerate(self) -> bool:
        """Whether the orders do not determine the parameters of their model."""
        return self.orders.degenerate

    def forecast(self, buyers: Buyers, days: float, share: float = 0.8) -> ValueForecast:
        """Forecast so many days of customers, who may be others than those of the fits, or the same later on."""
        small, place = buyers.summary.distinct()
        coming = future(self.orders, small)
        purchases = coming.expected(days / _WEEK)[place]
        amount = expected_amount(self.amounts, buyers.purchase_days, buyers.mean_amount)
        revenue = forecast_revenue(self.orders, self.amounts, buyers.summary, buyers.mean_amount, days / _WEEK, share)
        return ValueForecast(
            self.orders_level * purchases * buyers.orders_per_day,
            amount / buyers.orders_per_day * (self.revenue_level / self.orders_level),
            self.revenue_level * revenue.expected,
            self.revenue_level * revenue.low,
            self.revenue_level * revenue.high,
            coming.alive[place],
            coming.no_order(days / _WEEK)[place],
            coming.waiting_weeks()[place] * _WEEK,
        )


def fit_value(model: str, buyers: Buyers) -> ValueModel:
    """Fit a model of orders and the model of amounts to the same customers."""
    return ValueModel(fit(model, buyers.summary), fit_amounts(buyers.purchase_days, buyers.mean_amount))
