"""Amounts up to a cap: for shops whose few largest orders make the tests of all that was paid wrong.

A sum over 300 customers of whom one in a thousand pays a hundred times as much as the others is far from normal, and its
own squares tell little of it: of promotions that do nothing for a wholesaler, 6.1 % were called significant, nine in ten of
them increases. With orders up to a cap it is 4.9 %, and what all customers do is seen more often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ca_platform.catalogue.ab_tests import CAPPED
from ca_platform.models.experiments.placebo import Measured

# The farthest that the share of false positives of plain amounts may be off alpha where a cap brings it closer.
_CLOSE = 0.005


def with_cap(
    plain: Sequence[Measured], alpha: float, capped: Callable[[], tuple[float, Sequence[Measured]]]
) -> list[Measured]:
    """The tests of before and after and, where they are better, those of amounts up to a cap in place of plain amounts.

    All tests of amounts go together, so that the amounts of a shop's reports are those of the same orders.

    Args:
        plain: false positives of the tests of orders and of amounts.
        alpha: of the tests.
        capped: gives the cap and the false positives of the same tests of amounts up to it; asked where a test of plain
            amounts is off alpha by more than half a hundredth.

    Returns:
        Those of ``plain``; those that others take the place of are not offered.
    """
    if _worst(plain, alpha) <= _CLOSE:
        return list(plain)
    most, found = capped()
    if _worst(found, alpha) >= _worst(plain, alpha):
        return list(plain)
    replaced = [
        replace(one, calibration=replace(one.calibration, is_offered=False)) if _is_amount(one) else one
        for one in plain
    ]
    return [*replaced, *(replace(one, test=CAPPED[one.test], cap=most) for one in found)]


def _is_amount(one: Measured) -> bool:
    return one.metric == "amount"


def _worst(found: Sequence[Measured], alpha: float) -> float:
    """The largest distance from alpha."""
    return max((abs(one.calibration.rejection_rate - alpha) for one in found if _is_amount(one)), default=0.0)
