"""A/B tests that tell the truth: comparisons of two sides, calibrated so that on nothing they find nothing.

Plain functions on sufficient statistics (``Moments``) and distinct values (``Values``) of thousands of items at once, which
add up; they return small records of arrays (``Comparison``). B is always held against A: after against before, variant
against control. Which test is right for which design says each function; which is offered, the calibration on the shop's
own customers. Nothing here knows reports, settings or the lake.
"""

from ca_platform.models.experiments.adjustment import (
    cuped,
    history_covariates,
    regression_adjusted,
    variance_reduction,
    with_missing,
)
from ca_platform.models.experiments.bootstrap import Bootstrap, bootstrap_difference, bootstrap_mean
from ca_platform.models.experiments.calibration import Calibration, calibrate, moments_of, random_sides
from ca_platform.models.experiments.capping import cap, capped
from ca_platform.models.experiments.families import FamilyFit, best_family, fit_families
from ca_platform.models.experiments.likelihood import beta_means, gamma_means
from ca_platform.models.experiments.matched import Matched, difference_in_differences
from ca_platform.models.experiments.means import paired_t, welch
from ca_platform.models.experiments.permutations import permutation, sign_flip
from ca_platform.models.experiments.proportions import boschloo, proportions, wilson
from ca_platform.models.experiments.rates import negative_binomial, poisson_rates
from ca_platform.models.experiments.records import Comparison, Moments, Values
from ca_platform.models.experiments.saddlepoint import sign_flips
from ca_platform.models.experiments.sequential import asymptotic_sequence, planned_boundary, sequential
from ca_platform.models.experiments.series import DailySeries, block_permutation, daily_series, newey_west
from ca_platform.models.experiments.shop_change import ShopChange, beyond_shop
from ca_platform.models.experiments.skewed import welch_skewed
from ca_platform.models.experiments.verdicts import (
    adjusted,
    customers_needed,
    detectable,
    is_enough,
    power,
    sample_ratio,
)

__all__ = [
    "Bootstrap",
    "Calibration",
    "Comparison",
    "DailySeries",
    "FamilyFit",
    "Matched",
    "Moments",
    "ShopChange",
    "Values",
    "adjusted",
    "asymptotic_sequence",
    "best_family",
    "beta_means",
    "beyond_shop",
    "block_permutation",
    "bootstrap_difference",
    "bootstrap_mean",
    "boschloo",
    "calibrate",
    "cap",
    "capped",
    "cuped",
    "customers_needed",
    "daily_series",
    "detectable",
    "difference_in_differences",
    "fit_families",
    "gamma_means",
    "history_covariates",
    "is_enough",
    "moments_of",
    "negative_binomial",
    "newey_west",
    "paired_t",
    "permutation",
    "planned_boundary",
    "poisson_rates",
    "power",
    "proportions",
    "random_sides",
    "regression_adjusted",
    "sample_ratio",
    "sequential",
    "sign_flip",
    "sign_flips",
    "variance_reduction",
    "welch",
    "welch_skewed",
    "wilson",
    "with_missing",
]
