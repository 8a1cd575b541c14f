"""``make dashboards`` and ``make dev``: one of the two servers alone, with the settings that are at hand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ca_platform.errors import CaPlatformError
from scripts.serving import ROOT, SITES, ServingError, say, serve


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make", description=__doc__)
    parser.add_argument("site", choices=sorted(SITES))
    parser.add_argument("--settings", type=Path, help="the settings file")
    asked = parser.parse_args(arguments)
    from ca_platform.settings import load_settings

    try:
        settings = load_settings(asked.settings or _at_hand())
        say(f"Settings: {settings.file or 'none, the built-in defaults hold'}")
        serve(settings, (SITES[asked.site],))
    except (CaPlatformError, ServingError) as error:
        sys.stderr.write(f"{asked.site}: {error}\n")
        return getattr(error, "exit_code", 1)
    except KeyboardInterrupt:
        return 130
    return 0


def _at_hand() -> Path | None:
    """The demo's settings where there are no others; None: what CA_SETTINGS or the working directory says."""
    import os

    from ca_platform.settings.load import DEFAULT_NAME, VARIABLE

    demo = ROOT / "demo" / DEFAULT_NAME
    if os.environ.get(VARIABLE) or (ROOT / DEFAULT_NAME).exists() or not demo.exists():
        return None
    return demo


if __name__ == "__main__":
    sys.exit(main())
