"""Times and durations as text."""

from datetime import UTC, datetime, timedelta

import pytest

from store import Run, TimeFields
from tui.text import durations

NOW = datetime(2026, 12, 1, 12, 3, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "age", "duration"),
    [
        (-5, "0s", "0s"),
        (42, "42s", "42s"),
        (69, "1m", "1m09s"),
        (41 * 60 + 59, "41m", "41m59s"),
        (3600, "1h00m", "1h00m"),
        (2 * 3600 + 13 * 60, "2h13m", "2h13m"),
        (76 * 3600, "3d4h", "3d4h"),
        (100 * 86400 - 1, "99d23h", "99d23h"),
        (100 * 86400 + 23 * 3600, "100d", "100d"),  # 6 cells, as the column AGE has
    ],
)
def test_time_spans(seconds: int, age: str, duration: str) -> None:
    assert durations.age(timedelta(seconds=seconds)) == age
    assert durations.duration(timedelta(seconds=seconds)) == duration


@pytest.mark.parametrize(
    ("start", "keepalive", "ended", "text"),
    [
        (3600, 102, False, "1m42s left"),
        (3600, 0, False, "0s left"),
        (3600, -12, False, "late 12s"),
        (3600, -252, False, "expired 4m ago"),
        (3600, -2 * 86400, False, "expired 2d ago"),
        (30, -30, False, "none yet"),
        (30, None, False, "none yet"),
        (3600, None, False, "expired 1h ago"),
        (None, None, False, "-"),
        (3600, 60, True, "-"),
    ],
)
def test_lease(start: int | None, keepalive: int | None, ended: bool, text: str) -> None:
    row = Run(
        start=None if start is None else NOW - timedelta(seconds=start),
        keepalive=None if keepalive is None else NOW + timedelta(seconds=keepalive),
        end=NOW if ended else None,
    )
    assert durations.lease(row, NOW) == text


def test_long_leases_count_in_steps() -> None:
    row = TimeFields(start=NOW - timedelta(hours=1), keepalive=NOW + timedelta(seconds=37))
    shown = [durations.steady_lease(row, NOW + timedelta(seconds=second)) for second in range(41)]
    assert shown[:28] == [f"{left}s left" for left in [35] * 3 + [30] * 5 + [25] * 5 + [20] * 5 + [15] * 5 + [10] * 5]
    assert shown[28:] == [f"{9 - second}s left" for second in range(10)] + [f"late {each}s" for each in (1, 2, 3)]
    ended = TimeFields(start=NOW, keepalive=NOW + timedelta(minutes=2), end=NOW)
    assert durations.steady_lease(ended, NOW) == "-"
    late = NOW + timedelta(minutes=6)
    assert (durations.steady_lease(row, late), durations.steady_lease_phrase(row, late)) == (
        "expired 5m",
        "expired 5m ago",
    )


def test_times() -> None:
    tokyo = datetime.fromisoformat("2026-12-01T18:50:00+09:00")
    assert durations.clock(tokyo) == durations.clock(tokyo, NOW) == "09:50"
    assert durations.clock(tokyo, NOW + timedelta(days=1)) == "12-01 09:50"
    assert durations.moment(tokyo) == "2026-12-01 09:50:00 UTC"
    assert durations.clock(None) == durations.moment(None) == "-"
