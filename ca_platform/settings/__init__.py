"""The settings: one YAML file, overridable by environment, checked once and handed around as frozen models.

What belongs here: reading, checking and writing that file. What does not: what a setting does. Nothing else in the
platform reads the file or the environment.
"""

import sys
from types import ModuleType

from ca_platform.settings.edit import write_settings
from ca_platform.settings.load import load_settings
from ca_platform.settings.models import (
    Business,
    DocumentStoreSettings,
    LakeSettings,
    Notifications,
    Schedule,
    Settings,
    Sources,
)
from ca_platform.settings.reports import ReportSettings
from ca_platform.settings.sources import SourceSettings
from ca_platform.settings.template import template

__all__ = [
    "Business",
    "DocumentStoreSettings",
    "LakeSettings",
    "Notifications",
    "ReportSettings",
    "Schedule",
    "Settings",
    "SourceSettings",
    "Sources",
    "load_settings",
    "template",
    "write_settings",
]


class _CallablePackage(ModuleType):
    """Lets ``ca_platform.settings()`` give the settings, although the package of that name is bound to that name."""

    def __call__(self) -> Settings:
        return load_settings()


sys.modules[__name__].__class__ = _CallablePackage
