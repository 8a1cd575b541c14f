"""A real browser: the distribution's Chromium, driven by Playwright. It talks to nobody but the pages under test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ca_platform_tests.services.components import ComponentMissing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# A browser on its own looks for updates, translations, suggestions and time servers: requests that leave the machine
# would be blamed on our pages and slow the tests where there is no network.
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-pings",
    # /dev/shm is too small in many containers.
    "--disable-dev-shm-usage",
)


def program() -> str:
    """Chromium, or a browser that is built from it."""
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        raise ComponentMissing("Chromium (Debian package chromium) is not installed")
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A running browser. While it runs, this thread has an event loop: ``asyncio.run`` is refused in it."""
    from playwright.sync_api import Error, sync_playwright

    # Chromium's sandbox refuses to work for root.
    arguments = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    executable = program()
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=executable, args=arguments)
        except Error as error:
            raise ComponentMissing(f"{executable} does not start: {error.message.splitlines()[0]}") from error
        yield running
        running.close()
