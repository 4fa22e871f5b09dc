"""`reflowtop doctor`: check everything that the dashboard needs, before an incident."""

import asyncio
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from tui import settings
from tui.commands.listing import has_color
from tui.doctor.check_result import CheckResult, CheckStatus
from tui.doctor.configuration import CheckDisplay
from tui.doctor.examination import examine, examine_without_settings
from tui.exit_status import ExitCode
from tui.settings import SettingsError
from tui.settings.precedence import ResolvedSettings
from tui.terminal import output
from tui.text import formats
from tui.text.ascii import to_ascii
from tui.text.json_text import json_text
from tui.text.paint import paint
from tui.text.safe import safe
from tui.text.safe_text import SafeText
from tui.text.terminal_abilities import ascii_reason
from tui.text.wrapping import wrap

_GLYPHS = {CheckStatus.OK: "✓", CheckStatus.WARNING: "▲", CheckStatus.PROBLEM: "✗", CheckStatus.SKIPPED: "–"}
_COLORS = {CheckStatus.OK: "green", CheckStatus.WARNING: "yellow", CheckStatus.PROBLEM: "red"}
_NAME_WIDTH = 21  # cells of the longest name


def run(flags: Mapping[str, str | None], check_display: CheckDisplay, *, as_json: bool) -> ExitCode:
    """Run all checks for the settings of `flags`, environment and files, and print each result as soon as it is known.

    `check_display` raises SettingsError for a theme, key or column that does not exist. Return FAILED if there is a
    problem, or SERVICE if the service cannot be reached or denies access.
    """
    now = datetime.now(UTC)
    try:
        resolved = settings.resolve(flags, os.environ, now)
    except SettingsError as error:
        printer = _Printer(as_json=as_json, in_ascii=bool(ascii_reason(os.environ)))
        for result in examine_without_settings(error):
            printer.add(result)
        return printer.finish()
    return asyncio.run(_run(resolved, check_display, now, as_json=as_json))


async def _run(resolved: ResolvedSettings, check_display: CheckDisplay, now: datetime, *, as_json: bool) -> ExitCode:
    printer = _Printer(as_json=as_json, in_ascii=resolved.settings.ascii)
    async for result in examine(resolved, check_display, now):
        printer.add(result)
    return printer.finish()


class _Printer:
    """Prints results as they arrive, on a terminal wrapped and coloured; merges checks skipped for one reason."""

    def __init__(self, *, as_json: bool, in_ascii: bool) -> None:
        self._results: list[CheckResult] = []
        self._skips: list[CheckResult] = []
        self._as_json = as_json
        self._in_ascii = in_ascii
        self._is_terminal = sys.stdout.isatty()

    def add(self, result: CheckResult) -> None:
        self._results.append(result)
        if self._as_json:
            return
        if self._skips and result.found != self._skips[0].found:
            self._flush()
        if self._is_terminal and result.status is CheckStatus.SKIPPED:
            self._skips.append(result)
        else:
            self._print(result)

    def finish(self) -> ExitCode:
        """Print the remaining results and a summary, or the JSON document. Return the exit status."""
        self._flush()
        if self._as_json:
            output.print_line(json_text(make_record(self._results), indent=2))
        else:
            output.print_line(safe(_summarize(self._results)))
        return find_exit_code(self._results)

    def _flush(self) -> None:
        if self._skips:
            self._print(merge_skips(self._skips))
            self._skips = []

    def _print(self, result: CheckResult) -> None:
        width = shutil.get_terminal_size().columns if self._is_terminal else None
        color = has_color("auto", os.environ, is_terminal=self._is_terminal)
        output.print_line(format_result(result, width, color=color, in_ascii=self._in_ascii))


def merge_skips(results: Sequence[CheckResult]) -> CheckResult:
    """Return one result for checks that were skipped for the same reason."""
    first, *others = results
    if not others:
        return first
    return msgspec.structs.replace(first, found=f"{first.found} (and {len(others)} more, to {others[-1].name})")


def format_result(result: CheckResult, width: int | None, *, color: bool, in_ascii: bool) -> SafeText:
    """Return the line of a result; with `width` (in columns), wrapped and indented below its text."""
    text = safe(result.text)
    indent = _NAME_WIDTH + 4
    lines = wrap(text, width, indent)
    glyph = _GLYPHS[result.status]
    if in_ascii:
        glyph, lines = to_ascii(glyph), [to_ascii(line) for line in lines]
    head = SafeText(f"{glyph} {safe(result.name):{_NAME_WIDTH}}")
    if color and result.status in _COLORS:
        head = paint(head, color=_COLORS[result.status])
    elif color:
        head = paint(head, dim=True)
    return SafeText(f"{head}  " + f"\n{'':{indent}}".join(lines))


def make_record(results: Sequence[CheckResult]) -> dict[str, object]:
    """Return the JSON document of `results`; README.md describes it."""
    checks = [
        {
            "name": each.name,
            "status": str(each.status),
            "found": each.found,
            "remedy": each.remedy or None,
            "data": dict(each.data),
        }
        for each in results
    ]
    return {"status": str(_worst(results)), "exit_code": int(find_exit_code(results)), "checks": checks}


def find_exit_code(results: Iterable[CheckResult]) -> ExitCode:
    """Return OK; FAILED if there is a problem; SERVICE if the service cannot be reached or denies access."""
    return max((each.exit_code for each in results), default=ExitCode.OK)


def _worst(results: Iterable[CheckResult]) -> CheckStatus:
    statuses = {each.status for each in results}
    return next((each for each in (CheckStatus.PROBLEM, CheckStatus.WARNING) if each in statuses), CheckStatus.OK)


def _name(results: Iterable[CheckResult], status: CheckStatus) -> str:
    return ", ".join(each.name for each in results if each.status is status)


def _summarize(results: Sequence[CheckResult]) -> str:
    """Return a line that names the problems and warnings: they may have scrolled off the screen."""
    counts = Counter(each.status for each in results)
    parts = [
        f"{formats.count(counts[status], str(status))} ({_name(results, status)})"
        for status in (CheckStatus.PROBLEM, CheckStatus.WARNING)
        if counts[status]
    ]
    skips = [f"{counts[CheckStatus.SKIPPED]} skipped"] if counts[CheckStatus.SKIPPED] else []
    return ", ".join([*parts, f"{counts[CheckStatus.OK]} ok", *skips])
