#!/usr/bin/env bash
# Installs what the tests start: Maven and JDKs for Elasticsearch, PostgreSQL, Chromium. Debian or Ubuntu, root or sudo.
# Running it again costs nothing: it looks first. Without apt or without rights it says what is missing and ends with 0,
# because the tests then skip those components loudly (with CI=true it ends with 1, as they fail there).
set -euo pipefail

give_up() {
    echo "test services: $1" >&2
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

has_jdk() { # a JDK of this version or newer
    local home number
    for home in "${JAVA_HOME:-/nonexistent}" /usr/lib/jvm/*; do
        [ -x "$home/bin/java" ] || continue
        number=$("$home/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
        if [ "${number:-0}" -ge "$1" ]; then return 0; fi
    done
    return 1
}

known() { apt-cache show "$1" >/dev/null 2>&1; }

first_known() {
    local package
    for package in "$@"; do
        if known "$package"; then echo "$package"; return; fi
    done
}

missing() {
    command -v mvn >/dev/null || echo maven
    command -v setpriv >/dev/null || echo util-linux
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || echo postgresql
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
        || echo chromium
    # Elasticsearch 8 runs on 17; Elasticsearch 9 needs 21, which not every release has: it is taken where there is one.
    has_jdk 17 || echo jdk17
    has_jdk 21 || echo jdk21
}

wanted=$(missing)
# Only the newer JDK: worth a package where the release has one, not worth a word where it has none.
[ -n "$wanted" ] || exit 0

command -v apt-get >/dev/null || give_up "no apt-get here; install by hand: $wanted"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || give_up "neither root nor sudo; ask an administrator to install: $wanted"
    as_root=(sudo)
fi
quietly() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@"; }

if [ "$wanted" != jdk21 ] || ! known maven; then
    echo "test services: installing $(echo $wanted)"
    quietly apt-get update -qq || give_up "apt-get update failed; is the network there?"
fi
packages=()
for name in $wanted; do
    case $name in
        jdk17) package=$(first_known openjdk-17-jdk-headless openjdk-21-jdk-headless openjdk-25-jdk-headless) ;;
        jdk21) package=$(first_known openjdk-21-jdk-headless openjdk-25-jdk-headless temurin-21-jdk temurin-25-jdk) ;;
        *) package=$name ;;
    esac
    [ -z "$package" ] || packages+=("$package")
done
[ ${#packages[@]} -gt 0 ] || exit 0

quietly apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "${packages[@]}" >/dev/null \
    || give_up "apt-get install ${packages[*]} failed"
echo "test services: installed ${packages[*]}"
