"""Secrets: refused where they stand in the file, and put in from the environment where ``${NAME}`` asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ca_platform.settings.problems import Document, KeyPath

SECRET_KEYS = frozenset({"password", "api_key"})
# Not secret as a whole, but never shown in a message.
HIDDEN_KEYS = SECRET_KEYS | {"dsn", "manifest", "webhook", "hosts"}

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"\$\{{({_NAME})\}}")
_TOKEN = re.compile(rf"\$\$|\$\{{({_NAME})\}}|\$\{{[^}}]*\}}?")
_PASSWORDS = (
    re.compile(r"://[^/?#@\s:]*:([^/\s]*)@"),
    # A / ends the user's part of an address, so that a password with one is none to those who read it; it is for us.
    # What looks like a port followed by a path, on the web, or by a query, is one.
    re.compile(r"(?i)\bhttps?://[^/?#@\s:]*:(?!\d{1,5}/)([^/\s@]*/\S*)@"),
    re.compile(r"(?i)(?<!http)(?<!https)://[^/?#@\s:]*:(?!\d{1,5}/[^@\s]*[?#])([^/\s@]*/\S*)@"),
    re.compile(r"(?i)[?&](?:password|sslpassword|token|sig)=([^&\s]+)"),
    re.compile(r"(?i)(?:^|\s)password\s*=\s*('[^']*'|[^\s&]+)"),
)


def passwords(address: str) -> list[str]:
    """The passwords inside an address (``scheme://user:password@host``, ``?password=…``, ``password=…``)."""
    return [address[start:end].strip("'") for start, end in _password_spans(address)]


def resolve(document: Document, environment: Mapping[str, str]) -> None:
    """Check that secrets are references and replace every reference by its value, in place."""
    document.values = _resolve(document, document.values, (), environment)


def _resolve(document: Document, value: Any, path: KeyPath, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(document, item, (*path, key), environment) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(document, item, (*path, index), environment) for index, item in enumerate(value)]
    for problem in _literal_secrets(value, path):
        document.add_problem(path, problem)
    return _substitute(document, value, path, environment) if isinstance(value, str) else value


def _literal_secrets(value: Any, path: KeyPath) -> Iterator[str]:
    key = path[-1]
    if _is_secret(path):
        if not isinstance(value, str) or _REFERENCE.fullmatch(value) is None:
            name = f"CA_{'_'.join(map(str, path[-2:]))}".upper()
            yield (
                "a secret must not stand in the file: write a reference such as "
                f"`{key}: ${{{name}}}` and set that environment variable"
            )
    elif isinstance(value, str) and ("://" in value or key == "dsn") and _has_literal_password(value):
        yield (
            "a password stands inside this address: write a reference such as ${PG_PASSWORD} in its place "
            "and set that environment variable"
        )


def _has_literal_password(address: str) -> bool:
    return any(found and _REFERENCE.fullmatch(found) is None for found in passwords(address))


def _is_secret(path: KeyPath) -> bool:
    # A column or a constant may well be called "password".
    return path[-1] in SECRET_KEYS and not {"columns", "constants"} & set(path[:-1])


def _substitute(document: Document, text: str, path: KeyPath, environment: Mapping[str, str]) -> str:
    spans = _password_spans(text) if "://" in text else []

    def replacement(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name = match[1]
        if name is None:
            document.add_problem(
                path, "this is no reference to an environment variable: write ${NAME}, or $$ for a dollar sign"
            )
            return ""
        if not environment.get(name):
            document.add_problem(path, f"the environment variable {name} is not set: set it, or take the reference out")
            return ""
        value = environment[name]
        # Inside an address a password is quoted, or its @ and / would end it.
        return quote(value, safe="") if any(start <= match.start() < end for start, end in spans) else value

    return _TOKEN.sub(replacement, text)


def _password_spans(address: str) -> list[tuple[int, int]]:
    return [match.span(1) for pattern in _PASSWORDS for match in pattern.finditer(address)]
