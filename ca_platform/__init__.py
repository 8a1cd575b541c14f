"""Customer analytics for e-commerce: every report a Dagster asset, in Elasticsearch or on one machine.

``import ca_platform as ca`` reads nothing and starts nothing: each name below is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ca_platform.api import (
        collect_report,
        load,
        report_names,
        run,
        scan,
        settings,
    )
    from ca_platform.errors import CaPlatformError
    from ca_platform.info import ColumnInfo, ReportInfo, report_info
    from ca_platform.predecessor import (
        collect_data_source,
        create_connections,
        create_ElasticSearch_connection,
        create_schedule,
        create_user_interface,
        delete_schedule,
        kill_user_interface,
    )

_API = ("collect_report", "load", "report_names", "run", "scan")
_INFO = ("ColumnInfo", "ReportInfo", "report_info")
_PREDECESSOR = (
    "collect_data_source",
    "create_ElasticSearch_connection",
    "create_connections",
    "create_schedule",
    "create_user_interface",
    "delete_schedule",
    "kill_user_interface",
)
_MODULES = {
    **dict.fromkeys(_API, "ca_platform.api"),
    **dict.fromkeys(_INFO, "ca_platform.info"),
    **dict.fromkeys(_PREDECESSOR, "ca_platform.predecessor"),
    "CaPlatformError": "ca_platform.errors",
}

__all__ = [
    "CaPlatformError",
    "ColumnInfo",
    "ReportInfo",
    "collect_data_source",
    "collect_report",
    "create_ElasticSearch_connection",
    "create_connections",
    "create_schedule",
    "create_user_interface",
    "delete_schedule",
    "kill_user_interface",
    "load",
    "report_info",
    "report_names",
    "run",
    "scan",
    "settings",
]


def __getattr__(name: str) -> Any:
    if name == "settings":
        # The package of this name is callable: ``ca.settings()`` works whether or not somebody imported it before.
        return import_module("ca_platform.settings")
    if name == "__version__":
        return import_module("importlib.metadata").version("ca-platform")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
