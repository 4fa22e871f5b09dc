"""The exit status of a command, and the line on stderr that explains it."""

import contextlib
import enum
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from tui.settings import SettingsError

if TYPE_CHECKING:
    from tui.text.safe_text import SafeText

_PROGRAM = "reflowtop"
_MAX_LINES = 20
_MOST_MASKED = 100_000  # characters of a line that are searched for secrets
_MAX_MESSAGE = 300  # characters of an unexpected exception
_MOST_NOTES = 20
_LONGEST_OS_ERROR = 1_000  # characters; its path is to be copied whole
_crash_notes: dict[str, str] = {}  # the ends of lines, by where their exceptions were raised

# Operations on ids given on the command line.
ID_OPERATIONS = ("find", "logs", "inspect")


class ExitCode(enum.IntEnum):
    """The exit status of `reflowtop`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SERVICE = 3  # AWS cannot be reached, is throttling, or denies access
    INTERRUPTED = 130
    PIPE = 141  # the reader has closed the pipe; 141 is the status that a shell reports for SIGPIPE


def run_command(command: click.Command, args: Sequence[str] | None = None) -> int:
    """Run `command` with `args` (default: `sys.argv`), report its errors on stderr and return the exit status.

    The command may return an exit status itself. With REFLOWTOP_DEBUG set, unexpected exceptions propagate.
    """
    try:
        return _run(command, sys.argv[1:] if args is None else args)
    except (click.Abort, KeyboardInterrupt):
        from tui.text.safe_text import EMPTY

        _print_error(EMPTY)  # after the ^C of the terminal
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return ExitCode.PIPE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx is not None else _PROGRAM
        text = error.format_message().rstrip(".")
        print_stderr(f"{text}{' See' if text.endswith(('?', '?)')) else '; see'} {path} --help")
        return ExitCode.USAGE
    except SettingsError as error:
        print_stderr(str(error))
        return ExitCode.USAGE
    except Exception as error:
        if isinstance(first_error(error), BrokenPipeError):  # in a task of a group
            _discard_output()
            return ExitCode.PIPE
        if os.environ.get("REFLOWTOP_DEBUG"):
            raise
        return report_error(error)


def _run(command: click.Command, args: Sequence[str]) -> int:
    """Run `command` as `click.Command.main` does, which ends the process itself when a pipe is closed."""
    try:
        with command.make_context(_PROGRAM, list(args)) as context:
            code = command.invoke(context) or ExitCode.OK
    except click.exceptions.Exit as end:
        code = end.exit_code
    if sys.stdout is not None:
        sys.stdout.flush()  # raises here if the pipe is closed; at exit, the interpreter would print the error
    return int(code)


def discard_unwritable_errors() -> None:
    """Discard what was printed on stderr if it cannot be written: its terminal was closed, or its reader has ended.

    The interpreter would otherwise try again at exit, and exit with 120.
    """
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            _discard_output(is_error=True)


def _discard_output(*, is_error: bool = False) -> None:
    """Redirect buffered output to the null device, so that the interpreter reports no closed pipe at exit."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stderr.fileno() if is_error else sys.stdout.fileno())
        os.close(null)


def report_error(error: BaseException) -> ExitCode:
    """Print one line about `error` on stderr and return the exit status for it.

    For an unexpected exception, also write a crash report and name its file in the line.
    """
    from store import Error
    from tui.watch.polling.error_texts import explain

    first = first_error(error)
    if isinstance(first, Error):
        print_stderr(explain(first))
        _print_notes(first)
    else:
        print_stderr(_line(first) if isinstance(first, OSError) else _line(first) + _crash_note(error))
    return find_exit_code(first)


def _print_notes(error: BaseException) -> None:
    """Print the notes of an error below its line, such as the rows that an ambiguous id may name."""
    from tui.text.masked_text import mask_line

    for note in getattr(error, "__notes__", ()):
        _print_error(mask_line(note))


def describe_failure(error: BaseException) -> str:
    """Return one line about an exception that does not end the program; not yet safe to show.

    An unexpected one has a crash report, which the line names; repeated ones share the report of the first.
    """
    from store import Error
    from tui.crash_report import origin_of

    first = first_error(error)
    if isinstance(first, Error | OSError):
        return _line(first)
    where = origin_of(first)
    if where not in _crash_notes:
        if len(_crash_notes) >= _MOST_NOTES:
            return _line(first)
        _crash_notes[where] = _crash_note(error)
    return _line(first) + _crash_notes[where]


def first_error(error: BaseException) -> BaseException:
    """Return the first exception of a group, at any depth, or `error` itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def report_errors(errors: Iterable[BaseException]) -> ExitCode:
    """Print a line on stderr for each of the errors of a command that otherwise succeeded, up to 20 lines.

    Return FAILED if there are any, else OK.
    """
    lines = list(dict.fromkeys(map(_line, errors)))
    for line in lines[:_MAX_LINES]:
        print_stderr(line)
    if len(lines) > _MAX_LINES:
        print_stderr(f"... and {len(lines) - _MAX_LINES} more")
    return ExitCode.FAILED if lines else ExitCode.OK


def report_lost(error: OSError | None) -> None:
    """Print that notes and acknowledgements are not kept for the next session, because of `error`, if there is one."""
    if error is not None:
        print_stderr(describe_lost(error))


def describe_lost(error: OSError) -> str:
    """Return the sentence that notes and acknowledgements are not kept because of `error`."""
    from tui.terminal import new_files

    return f"notes and acknowledgements of this session are not kept: {new_files.describe(error)}"


def print_stderr(line: str) -> None:
    """Print a line on stderr after the program's name, without secrets and control characters.

    Prints it on stdout if stderr is closed. Without either, or if it cannot be written, only the exit status tells of
    an error.
    """
    from tui.terminal import narration
    from tui.text.redaction import redact
    from tui.text.safe import safe

    narration.erase()
    text = redact(line[:_MOST_MASKED])  # before it is cut, for half a secret would not be known as one
    _print_error(safe(f"{_PROGRAM}: {' '.join(text.split())}"))


def _print_error(line: "SafeText") -> None:
    from tui.terminal import output

    # The disk is full, the terminal was closed, or the reader of the pipe has ended: the exit status must still tell.
    with contextlib.suppress(OSError, ValueError):
        output.print_line(line, is_error=sys.stderr is not None)


def find_exit_code(error: BaseException) -> ExitCode:
    """Return the exit status of a command that ends with `error`."""
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
    from tui.watch.polling.error_texts import describe

    if isinstance(error, Error):
        return describe(error)
    if isinstance(error, OSError):
        from tui.terminal import new_files

        return str(error) if error.strerror is None else new_files.describe(error, _LONGEST_OS_ERROR)
    from tui.text.redaction import redact

    return redact(f"{type(error).__name__}: {error}"[:_MOST_MASKED])[:_MAX_MESSAGE]


def _crash_note(error: BaseException) -> str:
    from tui.crash_report import write_crash_report

    path = write_crash_report(error, _PROGRAM)
    where = "set REFLOWTOP_DEBUG=1 for a traceback" if path is None else f"the traceback is in {path}"
    return f"; this is a bug in {_PROGRAM}, {where}"
