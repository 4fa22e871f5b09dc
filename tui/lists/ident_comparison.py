"""The list of idents of two runs side by side, and a sentence about what stands out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from store import Run
from tui.lists.columns import Cell, Column
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.explain.run_comparison import IdentComparison, IdentFacts
from tui.watch.model.rows import run_name

# A typical duration that differs by less is noise.
_SLOWER, _FASTER = 1.25, 0.8
_NOTABLE = timedelta(seconds=30)


def columns() -> list[Column[IdentComparison]]:
    """Return the columns: values of the run, and after a slash those of the run that it is compared with."""

    def counts(name: str, tone: str = "") -> Callable[[IdentComparison], Cell]:
        def cell(row: IdentComparison) -> Cell:
            now, then = (None if facts is None else getattr(facts, name) for facts in (row.now, row.then))
            worse = bool(tone) and (now or 0) > (then or 0)
            return Cell(f"{_shown(now)}/{_shown(then)}", tone if worse else "")

        return cell

    return [
        Column("ident", "IDENT", 20, lambda row: Cell(row.ident or NONE), lambda row: row.ident, flex=True),
        Column("tasks", "TASKS", 9, counts("tasks"), align="right"),
        Column("failed", "FAILED", 8, counts("failed", "critical"), align="right"),
        Column("retried", "RETRIED", 8, counts("retried", "warning"), align="right"),
        Column("typical", "TYPICAL", 14, _typical, align="right"),
        Column("change", "CHANGE", 7, _change, lambda row: row.ratio, align="right"),
        Column("requested", "REQUESTED", 24, _requested, flex=True, max_width=60),
        Column("image", "IMAGE", 17, _images),
    ]


def _shown(number: int | None) -> str:
    return NONE if number is None else str(number)


def _took(facts: IdentFacts | None) -> str:
    return NONE if facts is None or facts.typical is None else durations.duration(facts.typical)


def _typical(row: IdentComparison) -> Cell:
    return Cell(f"{_took(row.now)}/{_took(row.then)}")


def _change(row: IdentComparison) -> Cell:
    if row.ratio is None:
        return Cell(NONE)
    tone = "warning" if _is_slower(row) else "good" if row.ratio < _FASTER else ""
    change = round(100 * (row.ratio - 1))
    return Cell(f"{change:+}%" if change else "0%", tone)


def _is_slower(row: IdentComparison) -> bool:
    now, then = row.now, row.then
    if row.ratio is None or now is None or then is None or now.typical is None or then.typical is None:
        return False
    return row.ratio > _SLOWER and now.typical - then.typical > _NOTABLE


def _requested(row: IdentComparison) -> Cell:
    now, then = (_resources(facts) for facts in (row.now, row.then))
    return Cell(f"{now} was {then}", "warning") if row.has_other_resources else Cell(now if row.now else then)


def _resources(facts: IdentFacts | None) -> str:
    return "" if facts is None else ", ".join(sorted(formats.resources(each) for each in facts.resources))


def _images(row: IdentComparison) -> Cell:
    now, then = (_ids(facts) for facts in (row.now, row.then))
    return Cell(f"{now} was {then}", "warning") if row.has_other_images else Cell(now or then)


def _ids(facts: IdentFacts | None) -> str:
    return "" if facts is None else ",".join(sorted(formats.digest(each) for each in facts.images if each))


def differences(rows: Sequence[IdentComparison]) -> Iterator[str]:
    """Yield what differs, one sentence for each ident with a difference. Not yet safe to show."""
    for row in rows:
        parts = list(_parts(row))
        if parts:
            yield f"{row.ident or 'no ident'}: {', '.join(parts)}"


def _parts(row: IdentComparison) -> Iterator[str]:
    now, then = row.now, row.then
    if now is None or then is None:
        yield "not reached yet, or no longer there" if now is None else "new"
        return
    if now.failed > then.failed:
        yield f"{now.failed} of {now.tasks} failed, {then.failed} of {then.tasks} then"
    if now.retried > then.retried:
        yield f"{formats.count(now.retried, 'retried attempt')}, {then.retried} then"
    if _is_slower(row):
        yield f"{_took(now)} instead of {_took(then)}"
    if row.has_other_resources:
        yield f"requests {_resources(now)} instead of {_resources(then)}"
    if row.has_other_images:
        yield "another image or command"


def run_line(run: Run, state: str) -> str:
    """Return a run in words: `b55d3ade merge, failing, started 2026-11-29 16:34 UTC, took 41m`. Not yet safe."""
    took = "" if run.start is None or run.end is None else f", took {durations.age(run.end - run.start)}"
    started = "" if run.start is None else f", started {durations.minute(run.start)}"
    return f"{run.id.short} {run_name(run)}, {state}{started}{took}"


FIELDS = ("ident", "tasks", "failed", "retried", "typical_seconds", "resources", "images", "differs")
"""The keys of the records. All but the first and the last are pairs: now, then."""


PAIRS = tuple(f"{name}_{when}" for name in FIELDS[1:-1] for when in ("now", "then"))
"""The keys of the values in flat records, which have a key for each value of a pair."""


def flat_record(row: IdentComparison) -> Mapping[str, object]:
    """Return the record of an ident for a spreadsheet, with one value in each cell."""
    whole = record(row)
    flat = {key: whole[key] for key in ("ident", "differs")}
    for name in FIELDS[1:-1]:
        pair = whole[name]
        assert isinstance(pair, list)  # noqa: S101 - see FIELDS
        flat |= {f"{name}_now": pair[0], f"{name}_then": pair[1]}
    return flat


def record(row: IdentComparison) -> Mapping[str, object]:
    """Return the JSON record of an ident: pairs of values, now and then; null where a run lacks the ident."""
    pair = (row.now, row.then)
    return {
        "ident": row.ident or None,
        "tasks": [None if facts is None else facts.tasks for facts in pair],
        "failed": [None if facts is None else facts.failed for facts in pair],
        "retried": [None if facts is None else facts.retried for facts in pair],
        "typical_seconds": [
            None if facts is None or facts.typical is None else facts.typical.total_seconds() for facts in pair
        ],
        "resources": [
            None if facts is None else sorted((dict(each) for each in facts.resources), key=str) for facts in pair
        ],
        "images": [None if facts is None else sorted(map(str, facts.images)) for facts in pair],
        "differs": bool(list(_parts(row))),
    }
