"""Writing a handoff page of the rows that the dashboard has read."""

import asyncio
from datetime import datetime
from functools import partial
from pathlib import Path

from textual.worker import Worker

from tui.export.handoff.handoff_page import handoff_lines
from tui.export.handoff.shift import ShiftScope, shift_from_rows
from tui.screens.actions import outcome
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question
from tui.screens.base.session import Session
from tui.settings.command_hint import command_hint
from tui.terminal import new_files
from tui.text import durations, time_zone
from tui.text.safe import safe
from tui.watch.findings.acknowledgements import Signature

_LONGEST = 100_000  # cells in a line


def ask_for_page(screen: BaseScreen, path: str | None = None) -> None:
    """Ask where to write a handoff page about the rows read, and write it there: the data as of now."""
    if not screen.session.has_data:
        screen.show_error("nothing has been read yet")
        return
    page = "".join(f"{safe(line, _LONGEST)}\n" for line in handoff_lines_of(screen.session))
    covered = _covered(screen.session)
    default = new_files.find_unused(new_files.state_folder(), new_files.handoff_name(screen.session.clock()), ".md")

    def submit(text: str) -> None:
        chosen = new_files.parse_path(text, default)
        new_files.check_unused(chosen)
        work = partial(_write, screen, chosen, page.encode(), covered)
        _: Worker[None] = screen.app.run_worker(work, group=outcome.WRITING)

    screen.ask(
        Question(
            "write handoff to: ",
            submit,
            f"{covered}; enter writes, esc cancels",
            new_files.abbreviate(default),
            is_path=True,
        ),
        path,
    )


def handoff_lines_of(session: Session) -> list[str]:
    """Return the lines of the page, since the time from which every lease was read."""
    cluster, now = session.cluster, session.clock()
    scope = ShiftScope(
        since=_covered_since(session),
        source=(
            f"Covers {_covered(session)}: the rows of the table {session.settings.table} that this dashboard has read. "
            f"For a whole shift: `{_command(session)}`."
        ),
        is_counted=session.is_in_scope,
        is_acknowledged=lambda finding: session.acknowledged.is_acknowledged(Signature.for_finding(finding), now),
        memory=session.memory,
        price_hint=": `reflowtop prices` sets them",
    )
    return list(handoff_lines(shift_from_rows(cluster, session.findings, scope, session.costs)))


def _command(session: Session) -> str:
    """Return the command that prints the page of a whole shift."""
    if session.replay is session.live:
        return "reflowtop handoff --replay FILE"
    return command_hint(session.settings, "handoff", "--since", "8h")


def _covered_since(session: Session) -> datetime:
    return session.cluster.covered_since or session.since.at(session.clock())


def _covered(session: Session) -> str:
    """Return the time that the page covers: `19:02 to 19:40 UTC`."""
    since, until = _covered_since(session), session.cluster.as_of
    return f"{durations.clock(since, until)} to {durations.clock(until)} {time_zone.label(time_zone.localize(until))}"


async def _write(screen: BaseScreen, path: Path, page: bytes, covered: str) -> None:
    try:
        await asyncio.to_thread(new_files.write_new, path, page)
    except OSError as error:
        outcome.report(screen.app, new_files.describe(error), is_error=True)
    else:
        outcome.report(screen.app, f"handoff page of {covered}: {new_files.shorten(path)}")
