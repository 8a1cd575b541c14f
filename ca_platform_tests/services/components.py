"""What happens when a component of the tests cannot be had: a loud skip at a developer's, a failure in CI."""

import os
import warnings
from typing import NoReturn

import pytest


class ComponentMissing(Exception):
    """A server or browser cannot be had on this machine; the message says why and what would help."""


def in_ci() -> bool:
    """True where ``CI=true`` is set: there a missing component is a failure, not a skip."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def give_up(name: str, reason: Exception) -> NoReturn:
    """Skip loudly (a warning in pytest's summary), or fail in CI."""
    message = f"{name} cannot be had: {reason} (scripts/install_test_services.sh installs what the tests need)"
    if in_ci():
        pytest.fail(message, pytrace=False)
    warnings.warn(f"SKIPPED COMPONENT: {message}", stacklevel=2)
    pytest.skip(message)
