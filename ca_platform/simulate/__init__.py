"""A simulated shop with known truth, for the demo and for volume tests. Stands alone: imports only our errors."""

from __future__ import annotations

from ca_platform.simulate.parameters import ShopParameters, volume_shop
from ca_platform.simulate.shop import simulate_shop
from ca_platform.simulate.truth import Truth

__all__ = ["ShopParameters", "Truth", "simulate_shop", "volume_shop"]
