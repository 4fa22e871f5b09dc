"""`reflowtop failures`: list the findings: failures by cause, stale and lost rows, slow tasks and idle pools."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from store import TaskDB
from store.times import utc_now
from tui.commands.cluster_read import ClusterRead, read_durations, read_now, read_past
from tui.commands.listing import (
    ListKind,
    ListOptions,
    ListPlan,
    describe_empty,
    describe_scope,
    make_plan,
    note_window,
    print_rows,
    select_rows,
    table_style,
)
from tui.connect import run_with_db
from tui.exit_status import ExitCode, report_errors
from tui.export.explained_page import explained_page, paragraph
from tui.export.formats.output_formats import OutputFormat, TableStyle
from tui.export.list_records import finding_record
from tui.lists import findings as finding_list
from tui.settings import Settings
from tui.terminal import narration, output
from tui.text.ascii import to_ascii
from tui.text.masked_text import mask_line
from tui.text.paint import paint
from tui.text.safe import safe
from tui.text.safe_text import SafeText, join
from tui.text.wrapping import wrap
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.findings import Findings

_LONGEST = 1000  # cells in a line


def find_failures(read: ClusterRead, found: Sequence[Finding] | None = None) -> list[Finding]:
    """Return the findings about the rows read, worst first; if a user is chosen, only those about runs of that user.

    `found` holds all findings if the caller has them already.
    """
    found = Findings(read.cluster).find() if found is None else list(found)
    if read.past is not None:
        # A window of the past holds no live allocs, so that every live pool in it would seem idle.
        found = [each for each in found if each.kind is not FindingKind.IDLE_POOLS]
    if read.settings.user is None:
        return found
    runs = {run.id for run in read.cluster.runs if read.is_selected(run)}
    return [each for each in found if not runs.isdisjoint(finding_list.run_ids(each))]


def _rows(read: ClusterRead, _: ListOptions) -> Sequence[Finding]:
    return find_failures(read)


LIST = ListKind[Finding](
    name="failures",
    columns=lambda cluster, now, *_: finding_list.columns(cluster, now),
    fields=finding_list.fields,
    rows=_rows,
    record=finding_record,
    id=lambda finding: str(finding.rows[0].id),
)


def run(settings: Settings, options: ListOptions) -> ExitCode:
    """List the findings that `settings` and `options` select. Raises UsageError, and Error if nothing could be read.

    Runs that ended in the window are always in scope: a failed run that has ended is a failure, too.
    """
    now = utc_now()
    plan = make_plan(LIST, options, settings, now)
    return run_with_db(settings, lambda db: failures(db, plan, now))


async def failures(db: TaskDB, plan: ListPlan[Finding], now: datetime) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    settings = plan.settings
    if settings.until is not None:
        read = await read_past(db, settings, settings.until.at(now), now)
    else:
        read = await read_now(db, settings, now, ended=True)
        await read_durations(db, read)
    return print_explained(plan, read) if plan.options.explain else print_rows(plan, read)


def print_explained(plan: ListPlan[Finding], read: ClusterRead) -> ExitCode:
    """Print each selected finding with what explains it, as paragraphs or as a page of Markdown."""
    findings = select_rows(plan, read)
    explanations = read.explanations(findings)
    if read.past is None:
        explanations.memory.observe(read.cluster, findings)  # `note` finds the ids that are printed here
    style = table_style(plan.options, plan.settings)
    lines: Iterator[SafeText]
    if plan.options.output is OutputFormat.MARKDOWN:
        heading = f"table {plan.settings.table}, {describe_scope(plan, read)}"
        page = explained_page(explanations, findings, heading, read.now)
        lines = (safe(line, _LONGEST) for line in page)
    else:
        lines = _paragraphs(explanations, findings, read.now, style)
    for line in lines:
        output.print_line(to_ascii(line) if style.ascii else line)
    if findings:
        note_window(plan.options, read)
    else:
        narration.note(describe_empty(plan, read))
    return report_errors(read.errors)


def _paragraphs(
    explanations: Explanations, findings: Sequence[Finding], now: datetime, style: TableStyle
) -> Iterator[SafeText]:
    for finding in findings:
        kind = safe(finding.kind)
        head = join("", [paint(kind, bold=True) if style.color else kind, safe("  ")])
        for line in wrap(mask_line(finding.reason, _LONGEST), style.width, len(kind) + 2):
            yield join("", [head, line])
            head = safe(" " * (len(kind) + 2))
        for name, text in paragraph(explanations, finding, now):
            head = safe(f"    {safe(name):<8}  ")
            for line in wrap(mask_line(text, _LONGEST), style.width, len(head)):
                yield join("", [head, line])
                head = safe(" " * len(head))
