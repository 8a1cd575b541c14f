#!/usr/bin/env bash
# Makes .venv and installs the package with the extras given as arguments, in the versions of constraints.txt, and the
# neural networks unless DEEP=0. What is there and up to date is kept: a second call takes a moment.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(printf '%s\n' "$@" | sort -u | paste -sd, -)
stamp=.venv/installed
inputs=$(cat pyproject.toml constraints.txt | sha256sum | cut -c1-16)

# With the tools of development the networks may be large (see setup_deep.sh); a demo must not take that long.
networks() {
    [ "${DEEP:-1}" = 0 ] || case ",$wanted," in *,dev,*) scripts/setup_deep.sh large ;; *) scripts/setup_deep.sh ;; esac
}
works() { .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Extras that were installed earlier stay: a demo must not take the test tools away.
if [ -f "$stamp" ] && works; then
    read -r old_inputs old_extras <"$stamp" || true
    wanted=$(printf '%s,%s\n' "$wanted" "${old_extras:-}" | tr ',' '\n' | sed '/^$/d' | sort -u | paste -sd, -)
    if [ "$inputs $wanted" = "$old_inputs ${old_extras:-}" ]; then
        networks
        exit 0
    fi
fi

if ! works; then
    python=$(scripts/find_python.sh)
    echo "setup: making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
rm -f "$stamp"

target="."
[ -z "$wanted" ] || target=".[$wanted]"
echo "setup: installing ca-platform${wanted:+ with $wanted}"
# uv is ten times faster; where it cannot be had, pip does the same.
if .venv/bin/uv --version >/dev/null 2>&1 || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv; then
    # uv shows its progress on standard error; away from a terminal the list of 150 packages is left out.
    if [ -t 2 ]; then list=cat; else list="grep -v ^.[+~-]."; fi
    .venv/bin/uv pip install --python .venv/bin/python --constraint constraints.txt --editable "$target" 2> >($list >&2)
else
    echo "setup: without uv, with pip (slower)"
    .venv/bin/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable "$target"
fi
echo "$inputs $wanted" >"$stamp"
networks
