#!/usr/bin/env bash
# Writes constraints.txt: one version of each package, for every supported Python and system. Run it after a change of
# the dependencies in pyproject.toml, or with --upgrade for newer versions.
set -euo pipefail
cd "$(dirname "$0")/.."
new=$(mktemp)
trap 'rm -f "$new"' EXIT
cp constraints.txt "$new" 2>/dev/null || true # what is locked stays unless --upgrade is given
# "fewest": a package that is split by Python version would need conditions, which constraints are kept free of.
.venv/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest \
    --no-header --no-annotate --no-emit-index-url --quiet --output-file "$new" "$@"
sed 's/ *;.*//' "$new" | sort --unique >constraints.txt
doubled=$(cut -d= -f1 constraints.txt | uniq -d)
[ -z "$doubled" ] || { echo "lock: two versions of $doubled" >&2; exit 1; }
echo "constraints.txt: $(wc -l <constraints.txt) packages"
