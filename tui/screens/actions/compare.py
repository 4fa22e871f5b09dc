"""Comparing the run of a screen with the last one of its program that succeeded."""

from functools import partial

from textual.worker import Worker

from store import Error, Run
from tui.export.formats.drawn_lines import wide_lines
from tui.export.formats.sheet import Sheet
from tui.lists import ident_comparison
from tui.lists.descriptions import FieldGroup
from tui.screens.actions import outcome
from tui.screens.actions.best_log import newest
from tui.screens.base.base_screen import BaseScreen
from tui.screens.describe import DescribeScreen
from tui.watch.explain.run_comparison import compare_runs
from tui.watch.model.cluster import Cluster
from tui.watch.polling import error_texts
from tui.watch.polling.last_good_run import GoodRun, find_last_good_run

_DETAILS = ("requested", "image")  # the differences name these; the others fit into a popup


def compare(screen: BaseScreen) -> None:
    """Search the last successful run of the same program, and open the comparison.

    For a finding, an ident or a host of several runs, compare the run of its newest task.
    """
    session, subject = screen.session, screen.subject()
    task = newest(subject.tasks()) if subject.run_id is None else None
    run_id = subject.run_id if task is None else task.run_id
    run = None if run_id is None else session.cluster.run(run_id)
    if run is None:
        noun = f"this {subject.noun} has no run; " if subject.noun else ""
        screen.show_error(f"{noun}select a run, a task or a failure to compare")
    elif session.replay is not None and session.replay is session.live:
        screen.show_error("a recording has no earlier runs to compare with")
    elif session.db is None:
        screen.show_error("not connected yet")
    elif (found := session.good_runs.pop(run.id, None)) is not None:
        _open(screen, session.cluster, run, found)
    else:
        screen.show_message(f"searching the last run like {run.id.short} that succeeded …")
        _: Worker[None] = screen.app.run_worker(partial(_search_and_show, screen, run), group="compare", exclusive=True)


async def _search_and_show(screen: BaseScreen, run: Run) -> None:
    session = screen.session
    cluster, db = session.cluster, session.db
    if db is None:
        return
    try:
        found = await find_last_good_run(db, cluster, run, session.clock())
    except Error as error:
        outcome.report(screen.app, f"no comparison: {error_texts.explain(error)}", is_error=True)
        return
    session.live.budget.spend(found.consumed, session.live.now())
    if found.run is None:
        outcome.report(screen.app, f"no run to compare {run.id.short} with: {found.reason}", is_error=True)
    elif cluster.run(run.id) is None:  # it ended an hour ago, or its table was deleted
        outcome.report(screen.app, f"no comparison: run {run.id.short} is no longer loaded", is_error=True)
    # Not `is_current`, which is also true of the screen below the one on top.
    elif screen.app.screen is screen and not screen.is_prompting and session.cluster is cluster:
        screen.footer.dismiss()  # that it is being searched
        _open(screen, cluster, run, found)
    else:
        # The user has gone on, or to another time: what opens by itself would take keys that are meant for another one.
        session.good_runs.clear()
        session.good_runs[run.id] = found
        key = screen.key_of("compare")
        outcome.report(screen.app, f"the comparison of run {run.id.short} is ready: {key} on the run opens it")


def _open(screen: BaseScreen, cluster: Cluster, run: Run, found: GoodRun) -> None:
    if found.run is not None:
        screen.app.push_screen(DescribeScreen(comparison_groups(cluster, run, found, found.run), cluster.as_of))


def comparison_groups(cluster: Cluster, run: Run, found: GoodRun, other: Run) -> list[FieldGroup]:
    """Return the parts of the comparison: both runs, what differs, and the idents side by side."""
    rows = compare_runs(cluster, run.id, found.cluster, other.id)
    sheet = Sheet(
        name="idents",
        rows=rows,
        columns=[column for column in ident_comparison.columns() if column.id not in _DETAILS],
        id=lambda row: row.ident,
        record=ident_comparison.record,
        fields=ident_comparison.FIELDS,
    )
    states = cluster.run_state(run.id), found.cluster.run_state(other.id)
    differences = list(ident_comparison.differences(rows)) or ["nothing stands out"]
    return [
        FieldGroup(
            "Compared with the last run that succeeded",
            [
                ("now", ident_comparison.run_line(run, states[0])),
                ("then", ident_comparison.run_line(other, states[1])),
            ],
        ),
        FieldGroup("Differences", [("", text) for text in differences]),
        FieldGroup("Idents, now/then", [("", line) for line in wide_lines(sheet, headers=True, color=False)]),
    ]
