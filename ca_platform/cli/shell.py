"""Calling the command and turning what goes wrong into one paragraph and an exit code."""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from ca_platform.cli import PROGRAM
from ca_platform.cli.commands import State, program
from ca_platform.errors import CaPlatformError

if TYPE_CHECKING:
    from ca_platform.settings import Settings

INTERRUPTED = 130
FAILED = 1
# So long after Ctrl-C, at most, the command ends.
_HEED_SECONDS = 0.2
_WORK = "ca-platform-work"

T = TypeVar("T")


def call(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, 1, 2, or 130 after Ctrl-C."""
    state = State()
    given = list(sys.argv[1:] if arguments is None else arguments)
    with _quiet(is_verbose="--verbose" in given):
        return _call(given, state)


def _call(arguments: list[str], state: State) -> int:
    try:
        result = program.main(arguments, PROGRAM, standalone_mode=False, obj=state)
        sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _interrupted(state)
    except BrokenPipeError:
        return _close_quietly()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        return _say(_usage(error), 2, state)
    except CaPlatformError as error:
        return _say(str(error), error.exit_code, state)
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches the user unasked
        return _say(_unexpected(error, state), FAILED, state)
    return result if isinstance(result, int) else 0


def settings() -> Settings:
    """The settings of this call, read once; from then on their secrets are kept out of messages."""
    from ca_platform.settings import load_settings

    state = click.get_current_context().ensure_object(State)
    if state.settings is None:
        state.settings = load_settings()
    return state.settings


def in_thread(work: Callable[[], T]) -> T:
    """Do something long in a thread of its own, so that Ctrl-C ends it at once.

    In the main thread Dagster takes the signal and asks for it between two steps, where it may be lost; so may it be
    where it arrives while Python cleans up or a library calls back: an exception raised there is only printed.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def do() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            errors.append(error)

    thread = threading.Thread(target=do, name=_WORK, daemon=True)
    thread.start()
    while thread.is_alive():
        # Not one long wait: libraries put handlers of signals before Python's, after which the kernel resumes a wait.
        thread.join(_HEED_SECONDS)
    if errors:
        raise errors[0]
    return results[0]


@contextmanager
def _quiet(*, is_verbose: bool) -> Iterator[None]:
    """Keep what libraries log and warn of off standard error, where it would stand beside our one paragraph."""
    if is_verbose:
        yield
        return
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.getLogger().removeHandler(handler)


def _interrupted(state: State) -> int:
    code = _say("Interrupted. What was finished by then is kept.", INTERRUPTED, state)
    if any(thread.name == _WORK for thread in threading.enumerate()):
        # Work that is going on cannot be asked to stop. To be cut off anywhere does it no harm: a day becomes visible
        # as a whole or not at all.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _say(message: str, code: int, state: State) -> int:
    """The message on standard error, with the traceback where it was asked for, both without secrets."""
    from ca_platform.logging import Redactor

    redact = Redactor(state.settings.secrets() if state.settings is not None else ())
    if state.verbose and sys.exc_info()[0] is not None:
        import traceback

        click.echo(redact(traceback.format_exc()), err=True, nl=False)
    click.echo(redact(f"Error: {message}" if code != INTERRUPTED else message), err=True)
    return code


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" `{context.command_path} --help` explains it." if context is not None else ""
    message = _option_in_words(error) or " ".join(error.format_message().split())
    return f"{message}{'' if message.endswith(('.', '?')) else '.'}{hint}"


def _option_in_words(error: click.ClickException) -> str | None:
    """An option that there is not, as we say it of everything else."""
    if not isinstance(error, click.NoSuchOption) or not error.possibilities:
        return None
    return f"No such option {error.option_name!r}; did you mean {' or '.join(error.possibilities)}?"


def _unexpected(error: Exception, state: State) -> str:
    cause = (str(error).splitlines() or [""])[0]
    hint = "" if state.verbose else " Run the command again with --verbose to see where, and report it with that text."
    return f"Something unexpected happened ({type(error).__name__}: {cause}).{hint}"


def _close_quietly() -> int:
    """Whoever read our output has seen enough. Python would complain once more when it closes standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
