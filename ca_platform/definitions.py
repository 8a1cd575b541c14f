"""The code location: the one place where Dagster finds the platform. It is built when ``defs`` is asked for."""

from typing import Any

import dagster as dg


def build_defs(overrides: dict[str, Any] | None = None) -> dg.Definitions:
    """The definitions of the shop that the settings describe; ``overrides`` replace arguments of ``Definitions``."""
    from ca_platform.defs.assemble import assemble
    from ca_platform.settings import load_settings

    return assemble(load_settings(), overrides)


def __getattr__(name: str) -> Any:
    if name != "defs":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault("defs", build_defs())


def __dir__() -> list[str]:
    return ["build_defs", "defs"]
