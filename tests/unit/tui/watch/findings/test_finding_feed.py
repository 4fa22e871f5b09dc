"""Changes of findings."""

from tests.support.rows import make_task
from tui.watch.findings.finding import Finding, FindingKind, Severity
from tui.watch.findings.finding_feed import FindingChange, FindingFeed

APPEARED, GREW, RESOLVED = FindingChange


def finding(cause: str, tasks: int, severity: Severity = Severity.WARNING) -> Finding:
    rows = tuple(make_task(n, 1) for n in range(1, tasks + 1))
    return Finding(FindingKind.FAILING, severity, cause, f"{tasks} flows failed", rows)


def changes(feed: FindingFeed, *findings: Finding) -> list[tuple[str, FindingChange, int]]:
    return [(event.finding.cause, event.change, event.before) for event in feed.compare(findings)]


def test_each_change_is_reported_once() -> None:
    feed = FindingFeed()
    assert changes(feed, finding("a", 1), finding("b", 2)) == [("a", APPEARED, 0), ("b", APPEARED, 0)]
    assert changes(feed, finding("a", 1), finding("b", 2)) == []
    assert changes(feed, finding("a", 3), finding("b", 2)) == [("a", GREW, 1)]
    assert changes(feed, finding("b", 2, Severity.CRITICAL)) == [("b", GREW, 2), ("a", RESOLVED, 3)]
    assert changes(feed) == [("b", RESOLVED, 2)]
    assert changes(feed, finding("a", 1)) == [("a", APPEARED, 0)]


def test_a_finding_that_shrinks_grows_again_only_beyond_its_peak() -> None:
    feed = FindingFeed()
    for count in (3, 1, 2, 3):
        feed.compare([finding("a", count)])
    assert changes(feed, finding("a", 3)) == []
    assert changes(feed, finding("a", 4)) == [("a", GREW, 3)]


def test_id_stays_the_same_while_a_finding_grows_and_when_it_comes_back() -> None:
    feed = FindingFeed()
    events = [event for count in (1, 2, 0, 1) for event in feed.compare([finding("a\ud800", count)] if count else [])]
    assert [event.change for event in events] == [APPEARED, GREW, RESOLVED, APPEARED]
    assert len({event.finding.id for event in events}) == 1


def test_finding_appears_and_grows_once_it_is_read() -> None:
    feed = FindingFeed()
    assert feed.compare([finding("a", 1)], lambda _: False) == []
    assert feed.compare([]) == []  # nothing to resolve
    feed.compare([finding("a", 1)])
    assert feed.compare([finding("a", 2)], lambda _: False) == []
    assert changes(feed, finding("a", 3)) == [("a", GREW, 1)]
