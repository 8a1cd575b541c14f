"""Countries of the settings: what is kept of their calendars is what the installed package has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ca_platform.settings.country import FILE, checked_country, kept_lines


def test_kept_codes_are_those_of_the_installed_calendars() -> None:
    assert FILE.read_text(encoding="utf-8").splitlines() == list(kept_lines()), "run python -m scripts.calendars"


@pytest.mark.parametrize("code", ["GB", "GB-ENG", "DE-BY", "GBR", "GBR-ENG"])
def test_code_with_a_calendar_is_taken_as_it_stands(code: str) -> None:
    assert checked_country(code) == code


def test_checking_a_kept_code_loads_no_calendar() -> None:
    script = (
        "import sys; from ca_platform.settings.country import checked_country; "
        "checked_country('GB-ENG'); sys.exit('holidays' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
