#!/usr/bin/env bash
# Adds the neural networks (torch and Lightning) to .venv: torch's CPU build, a download of about 200 MB. Where that
# cannot be had, "large" takes the default build instead, on Linux the one for NVIDIA GPUs: 2.5 GB of download and 5.3 GB
# on disk. Without them everything else works, so nothing here ever fails: one line says what is missing.
set -uo pipefail
cd "$(dirname "$0")/.."

large=${1:-}
packages='("torch", "pytorch_lightning")'
installed() { .venv/bin/python -c "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, $packages)))"; }
if installed; then exit 0; fi

without() {
    echo "setup: WITHOUT NEURAL NETWORKS: $1; everything else works, and the models lstm and conv are left out." >&2
    exit 0
}
free_gb() { df -Pk .venv | awk 'NR == 2 { print int($4 / 1048576) }'; }
add() { # seconds, then options of uv
    local seconds=$1
    shift
    timeout "$seconds" env UV_HTTP_RETRIES=1 .venv/bin/uv pip install --quiet --python .venv/bin/python \
        --constraint constraints.txt "$@" --editable ".[deep]" >"$log" 2>&1
}

.venv/bin/uv --version >/dev/null 2>&1 || without "uv is not there, which finds torch's CPU build"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

[ "$(free_gb)" -ge 3 ] || without "$(free_gb) GB of disk are free, 3 are needed"
echo "setup: adding the neural networks (DEEP=0 leaves them out)"
if ! add 90 --torch-backend=cpu; then
    reason="torch's CPU build cannot be had here ($(tail -n 1 "$log" | sed "s,^ *[a-z]*: ,," | cut -c1-90))"
    [ -n "$large" ] || without "$reason; \`make setup\` tries the large build (2.5 GB of download)"
    [ "$(free_gb)" -ge 12 ] || without "$reason, and $(free_gb) GB of disk are free, the large build needs 12"
    echo "setup: $reason; taking the default build"
    add 300 || without "the default build of torch cannot be had either, or not within 300 s"
fi
# A build that does not suit the machine shows itself here, not in the middle of a training.
if ! .venv/bin/python -c 'import torch, pytorch_lightning' >"$log" 2>&1; then
    .venv/bin/uv pip uninstall --quiet --python .venv/bin/python torch pytorch-lightning >/dev/null 2>&1
    without "torch was installed but does not load ($(tail -n 1 "$log" | cut -c1-100))"
fi
