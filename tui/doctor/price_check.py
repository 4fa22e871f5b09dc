"""The check of prices: the sources that apply, and how old they are."""

from datetime import datetime

from tui.cost.prices import PriceSource, SourceStatus, load_book, replace_hint
from tui.doctor.check_result import CheckResult, ok, skipped, warning
from tui.settings import Settings
from tui.settings.command_hint import command_hint
from tui.text import formats

NAME = "prices"


def check_prices(settings: Settings, now: datetime) -> CheckResult:
    """Return the sources of prices that apply under `settings`, the one that takes precedence first, as of `now`.

    Old or unreadable prices are a warning. Without any prices the check is skipped.
    """
    sources = load_book(settings).sources(now)
    data = {
        "sources": [
            {
                "name": source.name,
                "status": str(source.status),
                "age_days": None if source.age is None else source.age.days,
                "detail": source.detail,
            }
            for source in sources
        ]
    }
    given = [source for source in sources if source.status is not SourceStatus.NOT_SET]
    update = command_hint(settings, "prices", "update")
    if not given:
        return skipped(NAME, f"none: costs are unknown; `{update}` fetches the prices of AWS")
    found = "; ".join(map(_describe, given))
    remedies = {SourceStatus.UNREADABLE: replace_hint(settings), SourceStatus.OLD: f"run `{update}`"}
    remedy = next((remedies[source.status] for source in given if source.status in remedies), "")
    return warning(NAME, found, remedy, **data) if remedy else ok(NAME, found, **data)


def _describe(source: PriceSource) -> str:
    status = "" if source.status is SourceStatus.IN_USE else f" ({source.status})"
    age = "" if source.age is None else f", {formats.count(source.age.days, 'day')} old"
    return f"{source.name}{status}: {source.detail}{age}"
