"""``python -m ca_platform.cli``: the same as ``ca-platform``."""

from __future__ import annotations

import sys

from ca_platform.cli import main

if __name__ == "__main__":
    sys.exit(main())
