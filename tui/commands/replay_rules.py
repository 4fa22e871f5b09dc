"""`reflowtop replay-rules`: run today's findings over a recording, to count how often they would have been raised."""

from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from store.times import format_time
from tui.commands.failure_memory import open_memory
from tui.commands.listing import ListOptions, table_style
from tui.commands.recorded_table import recorded_table
from tui.exit_status import ExitCode, print_stderr
from tui.export.formats.output_formats import OutputFormat, pieces
from tui.export.formats.sheet import Sheet
from tui.lists import finding_spans as span_list
from tui.settings import Settings
from tui.terminal import narration, output
from tui.text import durations, formats, time_zone
from tui.text.safe import safe
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.finding_history import FindingSpan, RecordedState, finding_spans, recorded_states


def run(settings: Settings, path: Path, options: ListOptions, *, remember: bool = False) -> ExitCode:
    """Print the findings that the recording at `path` would have raised, when, and for how long.

    With `remember`, add its failures to the memory of the recorded table.

    A table ends in a summary; in a pipe, whose reader wants rows only, that goes to stderr. Returns FAILED if the
    recording is damaged: the findings up to there are printed. Raises OSError if it is no recording.
    """
    with closing(RecordingFile(path)) as history:
        memory = open_memory(recorded_table(settings, history.header)) if remember else None
        states = _CountedStates(history, memory)
        spans = finding_spans(states)
        first, last = history.time(history.first), history.time(history.last)
        sheet = Sheet(
            name="findings",
            rows=spans,
            columns=span_list.columns(last, first),
            id=lambda span: span.finding.id,
            record=lambda span: span_list.record(span, first),
            fields=span_list.FIELDS,
            head={"from": format_time(first), "to": format_time(last), "refreshes": states.count},
            zone=time_zone.label(time_zone.localize(last)),
        )
        style = table_style(options, settings)
        for piece in pieces(sheet, options.output, style):
            output.print_piece(piece)
        if options.output in (OutputFormat.TABLE, OutputFormat.WIDE):
            line = summary(spans, states.count, last - first)
            if style.width is None:
                narration.note(line)
            else:
                output.print_line(safe(line))
        if memory is not None:
            memory.flush(last)
        if damage := states.damage or history.damage:
            print_stderr(safe(damage))
            return ExitCode.FAILED
    return ExitCode.OK


class _CountedStates:
    """The states of a recording up to where it is damaged, if it is. `count` is the number of refreshes read."""

    def __init__(self, history: RecordingFile, memory: FindingMemory | None) -> None:
        self.count = 0
        self._memory = memory
        self.damage = ""
        self._states = recorded_states(history)

    def __iter__(self) -> "_CountedStates":
        return self

    def __next__(self) -> RecordedState:
        try:
            state = next(self._states)
        except OSError as error:
            self.damage = str(error)
            raise StopIteration from error
        self.count += 1
        if self._memory is not None:
            self._memory.observe(state.cluster, state.findings)
        return state


def summary(spans: list[FindingSpan], refreshes: int, span: timedelta) -> str:
    """Return how many findings were raised, by kind: `3 findings in 5 refreshes over 2h13m: 2 failing, 1 lost run`."""
    kinds = Counter(each.finding.kind for each in spans)
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    over = f"in {refreshes} refresh{'' if refreshes == 1 else 'es'} over {durations.age(span)}"
    return f"{formats.count(len(spans), 'finding')} {over}{f': {counts}' if counts else ''}"
