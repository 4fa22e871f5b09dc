"""The memory of failures that commands share with the dashboard."""

from functools import partial

from tui.settings import Settings
from tui.terminal.new_files import memory_path, write_whole
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.findings.state_file import Submit


def open_memory(settings: Settings, submit: Submit | None = None) -> FindingMemory:
    """Return the memory of the table of `settings`, which is read when it is needed.

    It is written by the thread that `submit` hands work to, or else at once.
    """
    return FindingMemory(partial(memory_path, settings), write_whole, submit)
