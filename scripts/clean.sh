#!/usr/bin/env bash
# Deletes what the Makefile's commands have made inside the checkout, and says so first. At a terminal it asks.
set -euo pipefail
cd "$(dirname "$0")/.."

made=()
for path in demo .services .dagster .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage ./*.egg-info; do
    [ ! -e "$path" ] || made+=("$path")
done
mapfile -t -O "${#made[@]}" made < <(find . -path ./.venv -prune -o -name __pycache__ -type d -print -prune)
if [ ${#made[@]} -eq 0 ]; then
    echo "clean: there is nothing to delete"
    exit 0
fi

echo "clean deletes (your settings files and data/ stay):"
du -sh --total "${made[@]}" 2>/dev/null | grep -v __pycache__ | sed 's/^/  /'
if [ -t 0 ]; then
    read -r -p "Enter to delete, Ctrl-C to keep: "
fi
rm -rf "${made[@]}"
