"""Checks of this machine: the interpreter, the terminal, its clipboard, and the state folder."""

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from tui.doctor.check_result import CheckResult, ok, skipped, warning
from tui.terminal.clipboard import Clipboard
from tui.terminal.new_files import explain, state_folder
from tui.text import formats
from tui.text.terminal_abilities import Multiplexer, ascii_reason, is_drawable, may_accept_osc52, multiplexer

_PACKAGES = ("reflowtop", "textual", "aiobotocore", "botocore")
_LEAST_SIZE = (80, 24)
_COLORS = {"standard": 16, "windows": 16, "256": 256, "truecolor": 1 << 24}
_PATIENCE = 2.0  # seconds for tmux


def check_interpreter() -> CheckResult:
    """Report the versions of the interpreter, reflowtop and its main packages, for bug reports."""
    versions = {name: _version(name) for name in _PACKAGES}
    packages = ", ".join(f"{name} {number}" for name, number in versions.items())
    return ok("python", f"{platform.python_version()}, {packages}", executable=sys.executable, versions=versions)


def check_terminal(environ: Mapping[str, str], size: tuple[int, int] | None, *, is_ascii: bool | None) -> CheckResult:
    """Check the terminal described by `environ`.

    `size` is its columns and rows, None if there is no terminal. `is_ascii` is the setting `ascii`, None if the
    environment decides.
    """
    term = environ.get("TERM", "")
    if not term or not is_drawable(environ):
        return warning("terminal", f"TERM={term or '(not set)'} cannot be drawn on", "use `ssh -t`, or set TERM")
    reason = ascii_reason(environ)
    in_ascii = bool(reason) if is_ascii is None else is_ascii
    data = {"term": term, "colors": count_colors(environ), "utf8": not reason, "ascii": in_ascii}
    colors = f"{data['colors']:,} colours" if data["colors"] else "no colours (NO_COLOR)"
    between = multiplexer(environ)
    inside = f" in {'tmux' if between is Multiplexer.TMUX else 'GNU screen'}" if between is not Multiplexer.NONE else ""
    letters = "drawn in ASCII" if in_ascii else "UTF-8"
    if size is None:
        return skipped("terminal", f"none here; TERM={term}{inside}, {colors}, {letters}")
    columns, rows = size
    data |= {"columns": columns, "rows": rows}
    found = f"{columns}x{rows}, TERM={term}{inside}, {colors}, {letters}"
    if columns < _LEAST_SIZE[0] or rows < _LEAST_SIZE[1]:
        return warning("terminal", found, "enlarge it to 80x24 or more to see all columns", **data)
    if in_ascii and reason:
        return warning("terminal", f"{found} ({reason})", "set LANG=C.UTF-8 if it shows UTF-8", **data)
    return ok("terminal", found, **data)


def find_terminal_size() -> tuple[int, int] | None:
    """Return the columns and rows of the terminal that the dashboard would draw on; None if there is none."""
    for fd in (2, 1, 0):
        try:
            columns, rows = os.get_terminal_size(fd)
        except OSError:
            continue
        if columns and rows:
            return columns, rows
    return None


def count_colors(environ: Mapping[str, str]) -> int:
    """Return how many colours Textual would use in the terminal described by `environ`; 0 for none."""
    from rich.console import Console

    if environ.get("NO_COLOR"):
        return 0
    return _COLORS[Console(force_terminal=True, _environ=environ).color_system or "standard"]


def check_clipboard(environ: Mapping[str, str], way: Clipboard, size: tuple[int, int] | None) -> CheckResult:
    """Check how `:copy` copies, without copying; `size` is None if there is no terminal."""
    if way is Clipboard.OFF:
        return ok("clipboard", "off; copies go to a file", way="file")
    if size is None:
        return skipped("clipboard", "no terminal here")
    if way is Clipboard.TMUX or (way is Clipboard.AUTO and environ.get("TMUX")):
        return _check_tmux()
    if way is Clipboard.OSC52 or may_accept_osc52(environ):
        return ok(
            "clipboard", "through the terminal (OSC 52), if it accepts that; try `:copy` in the dashboard", way="osc52"
        )
    found = "no clipboard in this terminal; copies go to a file"
    return warning("clipboard", found, "use tmux, or another terminal", way="file")


def _check_tmux() -> CheckResult:
    program = shutil.which("tmux")
    if program is None:
        return warning("clipboard", "tmux was not found; copies go to a file", "install tmux on the PATH", way="file")
    try:
        shown = subprocess.run(  # noqa: S603 - no shell, and nothing of the user's in the arguments
            [program, "show-options", "-sv", "set-clipboard"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return warning("clipboard", "tmux does not answer; copies go to a file", "restart tmux", way="file")
    if shown.stdout.strip() == b"off":
        remedy = "run `tmux set -s set-clipboard on`"
        return warning("clipboard", "only tmux's own buffer: its set-clipboard is off", remedy, way="tmux")
    return ok("clipboard", "through tmux, to its buffer and the terminal's clipboard", way="tmux")


def check_state_folder() -> CheckResult:
    """Check that the state folder, for acknowledged findings, bundles and logs, is writable; create nothing."""
    path = state_folder()
    if "\0" in str(path):
        return warning("state", "XDG_STATE_HOME is not a path", "correct it")
    remedy, cannot = (
        "set XDG_STATE_HOME to a folder that you can write",
        "acknowledged findings and bundles cannot be kept",
    )
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            path.stat()
    except OSError as error:  # such as a name that is too long
        return warning("state", f"{path}: {explain(error)}: {cannot}", remedy, path=str(path))
    # Path.exists raises errors before Python 3.14, such as that a folder cannot be searched.
    existing = next((each for each in (path, *path.parents) if os.path.exists(each)), path)  # noqa: PTH110
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        return warning("state", f"{existing} is not writable: {cannot}", remedy, path=str(path))
    free = shutil.disk_usage(existing).free
    return ok("state", f"{path}, {formats.size(free)} free", path=str(path), free_bytes=free)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
