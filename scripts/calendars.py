"""Writes down which countries and parts of them there are calendars of public holidays for, after an upgrade of those."""

from __future__ import annotations

from ca_platform.settings.country import FILE, kept_lines


def main() -> None:
    FILE.write_text("".join(f"{line}\n" for line in kept_lines()), encoding="utf-8")


if __name__ == "__main__":
    main()
