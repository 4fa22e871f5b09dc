"""What a failure looks like from outside: one line on stderr, and an exit code."""

import enum
import os
from collections.abc import Iterable, Sequence

import click

from tui.settings import SettingsError

_PROGRAM = "reflowtop"
_MOST_LINES = 20
_LONGEST = 300


class ExitCode(enum.IntEnum):
    """What the command ends with."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SERVICE = 3  # unreachable, or access denied
    INTERRUPTED = 130


def run_command(command: click.Command, args: Sequence[str] | None = None) -> int:
    """Run `command` with `args` (default: those of the process); returns the exit code, its failures reported.

    The command may return an exit code. With REFLOWTOP_DEBUG set, unforeseen exceptions are raised.
    """
    try:
        return command.main(args, prog_name=_PROGRAM, standalone_mode=False) or ExitCode.OK
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx is not None else _PROGRAM
        print_stderr(f"{error.format_message().rstrip('.')}; see {path} --help")
        return ExitCode.USAGE
    except SettingsError as error:
        print_stderr(str(error))
        return ExitCode.USAGE
    except Exception as error:
        if os.environ.get("REFLOWTOP_DEBUG"):
            raise
        return report_error(error)


def report_error(error: BaseException) -> ExitCode:
    """Tell what went wrong, of what nobody foresaw with a report in a file; returns the exit code for it."""
    from store import Error
    from tui.watch.polling.error_texts import explain

    first = error
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    if isinstance(first, Error):
        print_stderr(explain(first))
    else:
        print_stderr(_line(first) if isinstance(first, OSError) else _line(first) + _mistake(error))
    return find_exit_code(first)


def report_errors(errors: Iterable[BaseException]) -> ExitCode:
    """Tell what could not be done while the rest was; returns the exit code: FAILED if there is anything to tell."""
    lines = list(dict.fromkeys(map(_line, errors)))
    for line in lines[:_MOST_LINES]:
        print_stderr(line)
    if len(lines) > _MOST_LINES:
        print_stderr(f"... and {len(lines) - _MOST_LINES} more")
    return ExitCode.FAILED if lines else ExitCode.OK


def print_stderr(line: str) -> None:
    """Write a line to stderr, made safe for a terminal."""
    from tui.text.safe import safe

    click.echo(safe(f"{_PROGRAM}: {' '.join(line.split())}"), err=True)


def find_exit_code(error: BaseException) -> ExitCode:
    """What the command ends with after this failure."""
    from store import Error
    from store import FailureReason as Reason

    if not isinstance(error, Error):
        return ExitCode.FAILED
    match error.reason:
        case (
            Reason.DENIED
            | Reason.NO_CREDENTIALS
            | Reason.EXPIRED_CREDENTIALS
            | Reason.CLOCK_SKEW
            | Reason.UNTRUSTED_CERTIFICATE
            | Reason.THROTTLED
            | Reason.UNREACHABLE
            | Reason.TIMEOUT
            | Reason.SERVICE
            | Reason.INDEX_NOT_READY
        ):
            return ExitCode.SERVICE
        case Reason.INVALID | Reason.SETTINGS | Reason.ROW_TOO_LARGE:
            return ExitCode.USAGE
        case _:
            return ExitCode.FAILED


def _line(error: BaseException) -> str:
    from store import Error
    from tui.text import formats

    if isinstance(error, Error):
        return formats.error(error)
    if isinstance(error, OSError):
        return str(error)
    return f"{type(error).__name__}: {error}"[:_LONGEST]


def _mistake(error: BaseException) -> str:
    from tui.crash_report import write_crash_report

    path = write_crash_report(error, _PROGRAM)
    where = "REFLOWTOP_DEBUG=1 shows where" if path is None else f"where it happened is in {path}"
    return f"; this is a mistake in {_PROGRAM}, {where}"
