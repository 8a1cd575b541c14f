"""What is known about a simulated shop: its parameters, everything planted, and what was written.

The record that ``simulate_shop`` returns and that lies as ``truth.json`` beside the data.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from ca_platform.simulate.clock import black_friday, holidays
from ca_platform.simulate.deliveries import AbnormalDelivery
from ca_platform.simulate.incidents import Incident
from ca_platform.simulate.parameters import ShopParameters


@dataclass(frozen=True, slots=True)
class Affinity:
    """Two products: an order with ``product`` gets ``partner`` as well with probability ``strength``."""

    product: str
    partner: str
    strength: float


@dataclass(slots=True)
class Counts:
    """Rows that were written; money in the shop's currency."""

    sessions: int = 0
    orders: int = 0
    revenue: Decimal = Decimal(0)
    customers: int = 0
    lines: int = 0
    deliveries: int = 0
    open_deliveries: int = 0
    assignments: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """What made the data.

    Attributes:
        parameters: all numbers of the shop; its promotions carry their true effect (1: none).
        incidents: planted deviations.
        special_days: public holidays and the like, with the factor on traffic.
        affinities: planted product pairs.
        abnormal_deliveries: planted slow deliveries.
        clients_without_row: customers that ``customers.csv`` does not have.
    """

    parameters: ShopParameters
    incidents: tuple[Incident, ...] = ()
    affinities: tuple[Affinity, ...] = ()
    abnormal_deliveries: list[AbnormalDelivery] = field(default_factory=list)
    clients_without_row: tuple[str, ...] = ()
    counts: Counts = field(default_factory=Counts)

    @property
    def first_day(self) -> date:
        return self.parameters.start

    @property
    def last_day(self) -> date:
        return self.parameters.start + timedelta(days=self.parameters.days - 1)

    @property
    def special_days(self) -> dict[date, str]:
        """Public holidays and Black Fridays among the simulated days."""
        years = range(self.first_day.year, self.last_day.year + 1)
        known = {day: name for year in years for day, name in holidays(year).items()}
        known |= {black_friday(year): "Black Friday" for year in years}
        return {day: name for day, name in sorted(known.items()) if self.first_day <= day <= self.last_day}

    @property
    def experiments(self) -> list[dict[str, object]]:
        """Every experiment with its days, its control, and the factor of each variant on the conversion (1: no effect)."""
        places = {"sessions": self.parameters.experiment, "assignments": self.parameters.idle_experiment}
        return [
            {
                "experiment": planted.name,
                "source": source,
                "control": planted.variants[0],
                "conversion": dict(zip(planted.variants, planted.conversion, strict=True)),
                "first_day": self.first_day + timedelta(days=planted.days(self.parameters.days)[0]),
                "last_day": self.first_day + timedelta(days=planted.days(self.parameters.days)[1]),
            }
            for source, planted in places.items()
            if planted is not None
        ]

    def to_json(self) -> str:
        """The record as JSON text: days as ISO text, money as text."""
        record = {
            "simulated": True,
            "first_day": self.first_day,
            "last_day": self.last_day,
            "counts": asdict(self.counts),
            "parameters": asdict(self.parameters),
            "experiments": self.experiments,
            "incidents": [asdict(incident) for incident in self.incidents],
            "special_days": [{"day": day, "name": name} for day, name in self.special_days.items()],
            "affinities": [asdict(affinity) for affinity in self.affinities],
            "abnormal_deliveries": [asdict(delivery) for delivery in self.abnormal_deliveries],
            "clients_without_row": list(self.clients_without_row),
        }
        return json.dumps(record, indent=1, default=str, ensure_ascii=False) + "\n"
