"""`reflowtop note`: lines of text about findings, shown with them; those about errors whenever these return."""

from collections.abc import Sequence
from datetime import datetime

from store.times import format_time, utc_now
from tui.commands.failure_memory import open_memory
from tui.exit_status import ExitCode, print_stderr
from tui.query.id_prefix import MOST_LISTED, make_ambiguity
from tui.settings import Settings
from tui.settings.command_hint import command_hint
from tui.terminal import narration, output
from tui.text import durations
from tui.text.json_text import json_text
from tui.text.redaction import redact
from tui.text.safe import safe
from tui.watch.findings.finding_memory import MOST_NOTE, FindingMemory, Note

_ID_DIGITS = 16
_MOST_LISTED = 5
_LONGEST = 1000  # cells in a line


def run(settings: Settings, prefix: str | None, text: str | None, *, as_json: bool) -> ExitCode:
    """Print notes, or set the note of the failure with an id that begins with `prefix`; a blank `text` removes it.

    Returns FAILED if no failure has such an id. Raises Error if more than one has, and OSError if the note
    cannot be kept.
    """
    memory = open_memory(settings)
    memory.reload()
    now = utc_now()
    if prefix is None:
        _print(list(memory.notes()), now, as_json=as_json)
        return ExitCode.OK
    hint = command_hint(settings, "failures", "--explain")
    id = _find(memory, prefix, hint)
    if id is None:
        return ExitCode.FAILED
    if text is None:
        found = memory.note(id)
        _print([] if found is None else [(id, found)], now, as_json=as_json)
        return ExitCode.OK
    text = " ".join(text.split())
    if not text and memory.note(id) is None:
        print_stderr(safe(f"{id} has no note"))
        return ExitCode.FAILED
    if text and not memory.find(id):  # the note is kept: the failure may be known elsewhere, or return
        print_stderr(safe(f"no error seen on this machine has the id {id}; `{hint}` prints the ids of all findings"))
    if len(text) > MOST_NOTE:
        print_stderr(f"the note has {len(text)} characters: only the first {MOST_NOTE} are kept")
    memory.set_note(id, text, now, memory.reason(id))
    narration.note(
        "note kept; it is shown with the finding, and for an error whenever it returns" if text else "note deleted"
    )
    return ExitCode.OK


def _find(memory: FindingMemory, prefix: str, hint: str) -> str | None:
    """Return the id that begins with `prefix`, or None and say why on stderr; `hint` is the command that prints ids."""
    found = memory.find(prefix.lower())
    if len(found) == 1:
        return found[0]
    if not found and len(prefix) == _ID_DIGITS and all(digit in "0123456789abcdef" for digit in prefix.lower()):
        return prefix.lower()  # of a failure that was seen elsewhere
    if found:
        raise make_ambiguity(prefix, "findings", len(found), found[:MOST_LISTED])
    print_stderr(safe(f"no failure has the id {prefix}; `{hint}` prints ids"))
    return None


def _print(notes: Sequence[tuple[str, Note]], now: datetime, *, as_json: bool) -> None:
    if as_json:
        records = [
            {"id": id, "text": note.text, "at": format_time(note.at), "about": note.reason} for id, note in notes
        ]
        output.print_line(json_text({"notes": records}, indent=2))
        return
    for id, note in notes:
        about = f"  about: {redact(note.reason)}" if note.reason else ""
        output.print_line(
            safe(f"{id}  {durations.coarse_age(now - note.at)} ago  {redact(note.text)}{about}", _LONGEST)
        )
    if not notes:
        narration.note("No notes found")
