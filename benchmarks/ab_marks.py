"""The closing table of ``ab``: each mark, the figure that was measured, and whether it is reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Figures = dict[str, Any]
_Rate = list[float]

# False positives of tests that are offered, and of reports.
OFFERED = (0.045, 0.055)
_REPORTED = (0.04, 0.06)
_MOST = 0.06
# Standard errors of half a 95 % interval.
_HALF = 1.96


class Mark(NamedTuple):
    """One line of the table.

    Attributes:
        verdict: ``reached``; ``within chance`` where the 95 % interval of a share reaches the mark and the share does not;
            else ``NOT reached``.
    """

    what: str
    mark: str
    figure: str
    verdict: str


def marks(
    shops: list[Figures], calibrated: Figures, calendar: Figures, traps: Figures, assigned: Figures
) -> list[Mark]:
    """The marks of random splits, the calendar and shops without effect."""
    return [
        *_offered(calibrated),
        *(_between(f"trap: {name}", found["items"], *_REPORTED) for name, found in traps.items()),
        *_assigned(assigned),
        *(mark for shop in shops for mark in _of_population(shop)),
        *_calendar(calendar),
    ]


def planted_mark(planted: Figures) -> list[Mark]:
    """The marks of effects that the simulator has put in."""
    wrong = [f"x {row['effect']:g}, {row['metric']}" for row in planted["effects"] if row["truth"] * row["mean"] <= 0]
    return [
        _between("planted effects: intervals with the truth", planted["covers"], 0.92, 0.98),
        Mark("planted effects: sign", "right", ", ".join(wrong) or "right", _verdict(is_reached=not wrong)),
    ]


def golden_marks(golden: Figures) -> list[Mark]:
    """The marks of Hillstrom's experiment."""
    off, effect = golden["off"], f"{golden['effect']:.5f} [{golden['low']:.5f}, {golden['high']:.5f}]"
    told = "all" if golden["published"] else "not all"
    return [
        Mark("Hillstrom: means as published", "to the digits", told, _verdict(is_reached=golden["published"])),
        Mark(
            "Hillstrom: men's mail on conversion",
            "significant",
            effect,
            _verdict(is_reached=golden["low"] > 0),
        ),
        Mark(
            "statsmodels, SciPy, gbstats: largest distance", "<= 1e-9", f"{off:.1e}", _verdict(is_reached=off <= 1e-9)
        ),
    ]


def lines(table: list[Mark]) -> Iterator[tuple[str, str]]:
    """The rows that are printed."""
    yield "MARKS", "mark | figure | reached"
    for one in table:
        yield f"  {one.what}", f"{one.mark} | {one.figure} | {one.verdict}"


def _offered(calibrated: Figures) -> Iterator[Mark]:
    for name, found in calibrated.items():
        offered = [row for row in found if row["is_offered"]]
        inside = [row for row in offered if OFFERED[0] <= row["rate"][0] <= OFFERED[1]]
        rates = [row["rate"][0] for row in offered]
        yield Mark(
            f"{name}: tests offered that are right",
            f"all {OFFERED[0]:.1%} to {OFFERED[1]:.1%}",
            f"{len(inside)} of {len(offered)}, {min(rates):.2%} to {max(rates):.2%}; {len(found) - len(offered)} withheld",
            _verdict(
                is_reached=len(inside) == len(offered),
                may_be=all(row["rate"][1] <= OFFERED[1] and row["rate"][2] >= OFFERED[0] for row in offered),
            ),
        )


def _assigned(assigned: Figures) -> Iterator[Mark]:
    for name, found in assigned.items():
        yield _between(f"put on orders anew: {name}, items", found["items"], *_REPORTED)
        yield _at_most(f"put on orders anew: {name}, reports that find anything", found["reports"])


def _of_population(shop: Figures) -> Iterator[Mark]:
    name, power, daily = shop["name"], shop["power"], shop["daily"]
    gain = power["capped"] - power["cuped"]
    yield _least(f"{name}: +25 % found, adjusted and up to a cap", power["capped"], 0.42)
    yield _least(f"{name}: more than plain CUPED on the same splits", gain, 0.02)
    yield _least(f"{name}: +25 % before/after, of a paired t", power["sign_flips"] / power["paired_t"], 0.85)
    for design in ("arriving", "staying", "staying, up to a cap"):
        always, width = daily[f"{design}, sequential"], daily[f"{design}, width"]
        yield Mark(
            f"{name}: looking on 28 days, {design}",
            "<= 5 %, width <= 1.35",
            f"{always:.1%}, {width:.2f}",
            _verdict(is_reached=always <= 0.05 and width <= 1.35),
        )
    # The designs of the reports: an experiment is decided by amounts up to a cap.
    for design in ("before/after", "two groups, up to a cap"):
        yield _discoveries(f"{name}: 40 items of which 4 are real, {design}", shop["discoveries"][design])


def _discoveries(what: str, shares: Figures) -> Mark:
    wrong, error, is_found = shares["false"], shares["false_error"], shares["found"] >= 0.15
    return Mark(
        what,
        "<= 5 % wrong, >= .15 found",
        f"{wrong:.1%} +- {_HALF * error:.1%} wrong, {shares['found']:.3f} found",
        _verdict(is_reached=is_found and wrong <= 0.05, may_be=is_found and wrong - _HALF * error <= 0.05),
    )


def _calendar(calendar: Figures) -> Iterator[Mark]:
    quiet, changed = calendar["block_permutation, control"]
    yield _at_most("quiet days of Online Retail", quiet)
    yield _least("+20 % on 20 days found", changed[0], 0.8)


def _least(what: str, figure: float, least: float) -> Mark:
    return Mark(what, f">= {least:g}", f"{figure:.3f}", _verdict(is_reached=figure >= least))


def _at_most(what: str, rate: _Rate) -> Mark:
    share, low, _, _ = rate
    return Mark(what, f"<= {_MOST:.0%}", _told(rate), _verdict(is_reached=share <= _MOST, may_be=low <= _MOST))


def _between(what: str, rate: _Rate, low: float, high: float) -> Mark:
    share, least, most, _ = rate
    verdict = _verdict(is_reached=low <= share <= high, may_be=least <= high and most >= low)
    return Mark(what, f"{low:.0%} to {high:.0%}", _told(rate), verdict)


def _told(rate: _Rate) -> str:
    share, low, high, count = rate
    return f"{share:.2%} [{low:.2%}, {high:.2%}] of {count:,.0f}"


def _verdict(*, is_reached: bool, may_be: bool = False) -> str:
    return "reached" if is_reached else "within chance" if may_be else "NOT reached"
