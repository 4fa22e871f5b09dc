"""Attaching a line of text to the finding under the cursor."""

from tui.screens.actions import outcome
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question
from tui.watch.findings.finding import Finding, FindingKind
from tui.widgets.table import Table


def ask_for_note(screen: BaseScreen, text: str | None = None) -> None:
    """Ask for the note of the finding under the cursor, and keep it; an empty text removes it."""
    tables = screen.query(Table)
    finding = tables.first().cursor_row if tables else None
    if not isinstance(finding, Finding):
        screen.show_error("select a finding: notes are about findings")
        return
    memory = screen.session.memory
    shown = "whenever this error returns" if finding.kind is FindingKind.FAILING else "while this finding lasts"
    known = memory.note(finding.id)

    def submit(typed: str) -> None:
        write = memory.set_note(finding.id, typed, screen.session.clock(), finding.reason)
        screen.show_message(f"note kept; it is shown {shown}" if typed.strip() else "note removed")
        outcome.report_failure(screen.app, write, "the note is kept only for this session")
        screen.session.notify()

    screen.ask(
        Question("note: ", submit, f"shown {shown}; empty removes it", "" if known is None else known.text), text
    )
