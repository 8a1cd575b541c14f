#!/usr/bin/env bash
# Prints a Python of version 3.11 or newer that works and can make virtual environments; PYTHON names another one.
# Candidates are really run: the shims of version managers exist also for versions that are not installed.
set -euo pipefail

without_venv=
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
    version=$("$candidate" -c '
import sys
if (3, 11) <= sys.version_info[:2] < (3, 15): print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    [ -n "$version" ] || continue
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        exec "$candidate" -c 'import sys; print(sys.executable)'
    fi
    without_venv=${without_venv:-$version}
done

if [ -n "$without_venv" ]; then
    echo "Python $without_venv is here, but its venv module is missing. Install it and run make again:" >&2
    echo "    sudo apt-get install -y python$without_venv-venv" >&2
else
    echo "No Python 3.11 or newer (up to 3.14) is here. Install it and run make again:" >&2
    echo "    sudo apt-get install -y python3 python3-venv" >&2
    echo "(on a release whose python3 is older: python3.11 and python3.11-venv from its backports, or PYTHON=/path/to/python)" >&2
fi
exit 1
