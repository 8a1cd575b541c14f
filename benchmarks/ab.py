"""``ab``: the A/B tests on random splits of two public shops and of a simulated one, and the bootstrap against row resampling.

False positives: 1,000 random customers against 1,000 others of the same shop, of whom nothing differs, as often as the size
says; the share of p-values up to .05 with its Wilson interval, by test and metric. Tests that the calibration would
withhold are shown, too: rates of events take a customer's orders for independent, and amounts are no Gamma. Before and
after are windows of the same customers in the order of a coin; adjusted changes those of a random fifth against the rest.

Power: what finds a quarter more spending, on the same splits; ``capped`` is the adjusted test of amounts up to a cap, chosen
blind to the sides, and its truth what a quarter more is up to it. Looking daily: 28 looks at experiments without effect, with
customers who come in day by day, and with all there from the start. False discoveries: reports of 40 items, 4 of them real
(+35 %), in the design of the reports (the same customers before and after) and in that of an experiment (two groups).
Calendar: the last 20 days of every quiet stretch of Online Retail.

Calibrated: the same as the calibration report says of these shops, in the designs of the reports; what is withheld is no
verdict there. Traps: what the reports themselves find in simulated shops in which nothing has an effect, item by item and
as a whole; promotions and pairs of them also put on the orders of a shop anew, for more reports. Planted: a promotion with an effect among
others without, in shops of their own.

``ours`` and ``rival`` are seconds for the 1,000 resamples of each of 200 items with 1,000 customers: Poisson weights over
distinct values, and rows drawn in NumPy, in one thread each. Both must find the same intervals.

The closing table holds every mark against its figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from benchmarks.ab_marks import golden_marks, lines, marks, planted_mark
from benchmarks.churn import public_file
from benchmarks.clv_quality import public_files
from benchmarks.harness import Measured, Result, child, duel, seconds

DEFAULT, LARGE = 1_000, 10_000
GOAL = 0.2
ROUNDS = 2
# Rounds of 40 items each per split that is asked for.
_PER_ROUND = 25
# Splits asked for per simulated shop on whose orders items are put anew, and per four shops with a planted effect.
_PER_SHOP, _PER_PLANTED = 500, 800
_POPULATIONS, _PROCESSES = 3, 2
_ITEMS, _CUSTOMERS, _RESAMPLES = 200, 1_000, 1_000
Figures = dict[str, Any]


def run(size: int) -> Result:
    """``size`` is the number of random splits of each population."""
    ours, rival = duel(lambda: child("ab:our_bootstrap"), lambda: child("ab:rival_bootstrap"), ROUNDS)
    _compare(ours, rival)
    found, calibrated, calendar, traps, assigned, planted = _measured(size)
    rows: list[tuple[str, str]] = [
        (f"{_RESAMPLES:,} resamples of {_ITEMS} items, {_CUSTOMERS:,} customers each", seconds(ours.seconds)),
        ("rows drawn in NumPy", seconds(rival.seconds)),
    ]
    for shop in found:
        rows += _table(shop)
    rows += _calibrated(calibrated)
    rows.append(("Online Retail, quiet days and +20 % on 20 days", "false positives    found"))
    rows += [(f"  {name}", f"{_rate(quiet)}  {_rate(changed)}") for name, (quiet, changed) in calendar.items()]
    rows += _of_shops(traps, assigned, planted)
    golden = child("ab:golden", str(public_file("hillstrom/customers.parquet"))).value
    table = [*marks(found, calibrated, calendar, traps, assigned), *planted_mark(planted), *golden_marks(golden)]
    rows += lines(table)
    extra: dict[str, Any] = {
        "calibrated": calibrated,
        "calendar": calendar,
        "traps": traps,
        "assigned": assigned,
        "planted": planted,
        "golden": golden,
        "marks_not_reached": [mark.what for mark in table if mark.verdict.startswith("NOT")],
        "peak_memory_gb": ours.peak_gb,
    }
    extra |= {shop["name"]: {part: figures for part, figures in shop.items() if part != "name"} for shop in found}
    return Result("ab", size, ours.seconds, rival.seconds, GOAL, extra=extra, rows=tuple(rows))


def _measured(size: int) -> tuple[list[Figures], Figures, Figures, Figures, Figures, Figures]:
    """All figures, in two processes at a time; what takes longest begins first."""
    from benchmarks.ab_traps import TRAPS, shops

    files = [str(file) for file in public_files()]
    with ThreadPoolExecutor(_PROCESSES) as pool:

        def asked(function: str, *arguments: Any) -> Future[Any]:
            return pool.submit(lambda: child(f"ab:{function}", *arguments).value)

        planted = asked("planted", max(size // _PER_PLANTED, 1))
        traps = {name: asked("trap", name, shops(name, size)) for name in TRAPS}
        found = [asked("figures", *files, number, size) for number in range(_POPULATIONS)]
        assigned = asked("assigned", max(size // _PER_SHOP, 2))
        calibrated, calendar = asked("calibrated", *files), asked("calendar", *files)
        return (
            [population.result() for population in found],
            calibrated.result(),
            calendar.result(),
            {name: trap.result() for name, trap in traps.items()},
            assigned.result(),
            planted.result(),
        )


def _table(shop: Figures) -> Iterator[tuple[str, str]]:
    yield (
        f"{shop['name']}, {shop['weeks']} weeks",
        f"{shop['customers']:,} customers, {shop['without_order']:.0%} without an order",
    )
    for name, figures in shop["false_positives"].items():
        yield f"  false positives, {name}", _rate(figures)
    power, daily, discoveries = shop["power"], shop["daily"], shop["discoveries"]
    for name in ("welch", "cuped", "regression_adjusted", "capped"):
        off, covers = power[f"{name}, variance off"], power[f"{name}, covers"]
        yield f"  +25 % found, {name}", f"{power[name]:.3f}, {off:.0%} of the variance off, covers {covers:.1%}"
    yield "  +25 % found before/after", f"sign_flips {power['sign_flips']:.3f}, paired_t {power['paired_t']:.3f}"
    for design in ("arriving", "staying", "staying, up to a cap"):
        always, fixed, width = (daily[f"{design}, {what}"] for what in ("sequential", "fixed", "width"))
        yield (
            f"  looking daily, {design}",
            f"{always:.1%}, fixed {fixed:.1%}, width at the end {width:.2f} of the fixed",
        )
    for design, shares in discoveries.items():
        yield (
            f"  40 items, 4 real, {design}",
            f"{shares['false']:.1%} of the found are wrong, {shares['found']:.1%} found",
        )


def _calibrated(calibrated: Figures) -> Iterator[tuple[str, str]]:
    for name, found in calibrated.items():
        offered = [row for row in found if row["is_offered"]]
        yield f"{name}, calibration", f"{len(offered)} of {len(found)} tests offered"
        for row in found:
            said = "" if row["is_offered"] else ", withheld"
            yield f"  {row['test']}, {row['metric']}", f"{_rate(row['rate'])}{said}"


def _of_shops(traps: Figures, assigned: Figures, planted: Figures) -> Iterator[tuple[str, str]]:
    yield "shops without any effect", "items found    without adjustment    reports that find anything"
    for name, figures in traps.items():
        yield f"  {name}", "  ".join(_rate(figures[what]) for what in ("items", "raw", "reports"))
    for name, shares in assigned.items():
        yield (
            f"  put on orders anew: {name}",
            "  ".join(_rate(shares[what]) for what in ("items", "reports")),
        )
    yield "planted effects", f"intervals with the truth {_rate(planted['covers'])}"
    for row in planted["effects"]:
        found = f"truth {row['truth']:.3f}, found {row['mean']:.3f}, sign right {row['sign']:.0%}"
        yield (
            f"  x {row['effect']:g} in {row['usage']:.0%} of the orders, {row['metric']}",
            f"{found}, significant {row['significant']:.0%}",
        )


def _rate(figures: list[float]) -> str:
    share, low, high, count = figures
    return f"{share:6.2%} [{low:.2%}, {high:.2%}] of {count:,.0f}"


def _compare(ours: Measured, rival: Measured) -> None:
    # Both ends of 200 intervals, in standard errors: 1,000 resamples move each by some .08, ours together, because they
    # share weights.
    gap = max(abs(one - other) for one, other in zip(ours.value, rival.value, strict=True))
    if gap > 0.1:
        raise RuntimeError(f"the intervals differ by {gap:.3f} standard errors on average")


# ---- measured


def figures(cdnow: str, retail: str, number: int, splits: int) -> Callable[[], Any]:
    """Everything about one population."""
    from pathlib import Path

    from benchmarks import ab_quality
    from benchmarks.ab_discoveries import false_discoveries
    from benchmarks.ab_populations import described, populations
    from ca_platform.models.threads import one_thread

    people = populations(Path(cdnow), Path(retail))[number]

    def measured() -> Figures:
        with one_thread():
            return {
                "name": people.name,
                **described(people),
                "false_positives": ab_quality.false_positives(people, splits),
                "power": ab_quality.power(people, splits),
                "daily": ab_quality.looking_daily(people, splits),
                "discoveries": false_discoveries(people, max(splits // _PER_ROUND, 12)),
            }

    return measured


def calibrated(cdnow: str, retail: str) -> Callable[[], Any]:
    """What the calibration report says of each shop."""
    from pathlib import Path

    from benchmarks import ab_calibrated

    shops = ab_calibrated.shops(Path(cdnow), Path(retail))
    return lambda: {name: ab_calibrated.calibrated(*shop) for name, shop in shops.items()}


def calendar(cdnow: str, retail: str) -> Callable[[], Any]:
    """Quiet stretches of days, and the same with a lasting change."""
    from pathlib import Path

    from benchmarks.ab_calendar import quiet_days
    from benchmarks.clv_quality import holdouts

    orders = list(holdouts(Path(cdnow), Path(retail)).values())[1].orders
    return lambda: quiet_days(orders)


def trap(name: str, shops: int) -> Callable[[], Any]:
    """A trap of the reports, in so many shops."""
    from benchmarks.ab_traps import found

    return lambda: found(name, shops)


def assigned(shops: int) -> Callable[[], Any]:
    """Whole reports of promotions that do nothing, many of each shop."""
    from benchmarks.ab_assigned import found

    return lambda: found(shops)


def planted(shops: int) -> Callable[[], Any]:
    """Effects that the simulator has put in."""
    from benchmarks.ab_planted import found

    return lambda: found(shops)


def golden(file: str) -> Callable[[], Any]:
    """The experiment of Hillstrom."""
    from pathlib import Path

    from benchmarks.ab_golden import found

    return lambda: found(Path(file))


def our_bootstrap() -> Callable[[], Any]:
    import numpy as np

    from ca_platform.models.experiments import Values, bootstrap_mean

    changes = _changes()
    item = np.repeat(np.arange(_ITEMS), _CUSTOMERS)
    # What is imported when it is first used.
    bootstrap_mean(Values.of([1.0, 2.0]), 10)

    def measured() -> list[float]:
        found = bootstrap_mean(Values.of(changes.ravel(), item, _ITEMS), _RESAMPLES)
        return _ends(changes, found.low, found.high)

    return measured


def rival_bootstrap() -> Callable[[], Any]:
    import numpy as np

    changes = _changes()

    def measured() -> list[float]:
        dice = np.random.default_rng(1)
        ends = []
        for one in changes:
            drawn = one[dice.integers(0, _CUSTOMERS, (_RESAMPLES, _CUSTOMERS))]
            # Its own interval for each resample, which accept_ratio counts.
            means, errors = drawn.mean(axis=1), drawn.std(axis=1, ddof=1)
            ends.append([*np.quantile(means, [0.025, 0.975]), errors.mean()])
        low, high, _ = np.array(ends).T
        return _ends(changes, low, high)

    return measured


def _changes() -> Any:
    """Changes of amounts, half of them 0."""
    import numpy as np

    dice = np.random.default_rng(7)
    shape = (_ITEMS, _CUSTOMERS)
    change = np.round(dice.gamma(0.7, 40.0, shape) - dice.gamma(0.7, 36.0, shape), 2)
    return np.where(dice.random(shape) < 0.5, 0.0, change)


def _ends(changes: Any, low: Any, high: Any) -> list[float]:
    """Mean distance of both ends from the mean, in standard errors."""
    import numpy as np

    mean, error = changes.mean(axis=1), changes.std(axis=1, ddof=1) / np.sqrt(_CUSTOMERS)
    return [float(np.mean((end - mean) / error)) for end in (low, high)]
