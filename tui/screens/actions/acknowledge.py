"""Dismissing findings and failed runs, until they grow or for a time."""

from concurrent.futures import Future
from datetime import timedelta
from typing import Any

from tui.query.time_expressions import parse_span
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question, complete_from
from tui.text import durations
from tui.watch.findings.acknowledgements import Signature

_SPANS = ("1h", "4h", "change")


def toggle(screen: BaseScreen) -> None:
    """Acknowledge the finding or failed run of the subject, or show it again."""
    session, signature = screen.session, screen.subject().signature
    if signature is None:
        _show_needed(screen)
    elif session.acknowledged.is_acknowledged(signature, session.clock()):
        _keep(screen, session.acknowledged.withdraw(signature, session.clock()), "no longer acknowledged")
    else:
        _acknowledge(screen, signature, None)


def mute(screen: BaseScreen, text: str | None = None) -> None:
    """Mute the finding or failed run of the subject for a time; without a `text`, ask for it."""
    asked = screen.subject().signature
    if asked is None:
        _show_needed(screen)
        return

    def submit(text: str) -> None:
        # While the user types it may grow, or be resolved: then the cursor is on another one.
        current = screen.subject().signature
        signature = current if current is not None and current.cause == asked.cause else asked
        text = text.strip()
        if text == "change":
            _acknowledge(screen, signature, None)
        else:
            span = parse_span(text or "1h")
            if not timedelta() < span <= timedelta(days=30):
                raise ValueError(f"{text[:40]!r} is not between 1s and 30d")
            _acknowledge(screen, signature, span)

    complete = complete_from(lambda: _SPANS)
    screen.ask(Question("mute for ", submit, "1h, 4h, or until it changes: change", complete=complete), text)


def _show_needed(screen: BaseScreen) -> None:
    findings = screen.key_of("failures")
    screen.show_error(f"select a finding ({findings} lists them) or a run that has ended as failed")


def _acknowledge(screen: BaseScreen, signature: Signature, span: timedelta | None) -> None:
    session = screen.session
    said = "acknowledged until it changes" if span is None else f"muted for {durations.age(span)}"
    _keep(screen, session.acknowledged.acknowledge(signature, session.clock(), span), said)


def _keep(screen: BaseScreen, write: "Future[Any] | None", said: str) -> None:
    screen.show_message(said)
    if write is not None:
        from tui.screens.actions import outcome  # not needed for the first frame

        outcome.report_failure(screen.app, write, f"{said}, but only for this session")
    screen.show()
