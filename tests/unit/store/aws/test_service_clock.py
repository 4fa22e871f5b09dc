"""The offset of the service's clock."""

from email.utils import formatdate

import pytest

from store.aws.service_clock import ServiceClock

NOON = 1_793_534_400.0


class Replies:
    """Replies to requests, one every five seconds, by a clock that is right unless it is set."""

    def __init__(self) -> None:
        self.clock = ServiceClock()
        self.time, self.set_by = NOON, 0.0

    def come(self, count: int, ahead: float = 0.0) -> float:
        """Take replies with a Date that is ahead; return the offset then."""
        for _ in range(count):
            self.time += 5
            ours = self.time + self.set_by
            self.clock.note(formatdate(self.time + ahead, usegmt=True), ours, ours, self.time)
        assert self.clock.offset is not None
        return self.clock.offset


def test_the_first_reply_tells_the_offset() -> None:
    clock = ServiceClock()
    assert clock.offset is None
    clock.note("Sun, 01 Nov 2026 12:00:00 GMT", NOON - 61, NOON - 59, 0.0)
    assert clock.offset == 60.5  # Date is cut to whole seconds


@pytest.mark.parametrize("ahead", [600, -600, 86_400 * 365 * 24, -86_400 * 365 * 25])
def test_replies_with_a_wrong_date_for_45_seconds_change_nothing(ahead: float) -> None:
    replies = Replies()
    right = replies.come(20)
    assert {replies.come(1, ahead) for _ in range(9)} == {right} == {0.5}
    assert replies.come(20) == right


def test_one_wrong_reply_in_three_changes_nothing() -> None:
    replies = Replies()
    assert {replies.come(1, 86_400 if number % 3 == 1 else 0) for number in range(2, 200)} == {0.5}


def test_a_wrong_first_reply_is_outvoted_by_the_next_ones() -> None:
    replies = Replies()
    assert replies.come(1, 600) == 600.5
    assert replies.come(2) == 0.5


def test_a_new_offset_is_learned_within_minutes() -> None:
    replies = Replies()
    replies.come(200)
    assert replies.come(31, 240) == 240.5


def test_many_replies_at_one_moment_count_once() -> None:
    replies = Replies()
    replies.come(3)
    for _ in range(100):
        replies.clock.note(formatdate(NOON + 900, usegmt=True), replies.time, replies.time, replies.time)
    assert replies.clock.offset == 0.5


def test_slow_replies_tell_little() -> None:
    replies = Replies()
    replies.come(1)
    for _ in range(30):
        replies.time += 20
        replies.clock.note(formatdate(replies.time, usegmt=True), replies.time - 18, replies.time, replies.time)
    assert replies.clock.offset == 0.5


def test_a_slow_first_reply_does_not_move_a_clock_that_is_right() -> None:
    clock = ServiceClock()
    for written in (NOON - 10, NOON - 5, NOON):
        clock.note(formatdate(written, usegmt=True), NOON - 10, NOON, NOON)
        assert clock.offset is None
    clock.note(formatdate(NOON + 1, usegmt=True), NOON + 1, NOON + 1, NOON + 1)
    assert clock.offset == 0.5


@pytest.mark.parametrize(("ahead", "least"), [(3600, 3590), (-3600, -3599)])
def test_a_slow_first_reply_shows_a_clock_that_is_off_until_a_fast_one_does(ahead: float, least: float) -> None:
    clock = ServiceClock()
    clock.note(formatdate(NOON - 10 + ahead, usegmt=True), NOON - 10, NOON, NOON)
    assert clock.offset == least
    clock.note(formatdate(NOON + 1 + ahead, usegmt=True), NOON + 1, NOON + 1, NOON + 1)
    assert clock.offset == ahead + 0.5
    clock.note(formatdate(NOON + 12, usegmt=True), NOON + 2, NOON + 12, NOON + 12)
    assert clock.offset == ahead + 0.5


def test_setting_our_own_clock_forgets_slow_replies() -> None:
    clock = ServiceClock()
    clock.note(formatdate(NOON + 3600, usegmt=True), NOON - 10, NOON, NOON)
    assert clock.offset == 3600
    clock.note(formatdate(NOON + 3600, usegmt=True), NOON + 3590, NOON + 3600, NOON + 1)
    assert clock.offset is None


@pytest.mark.parametrize("seconds", [600, -600])
def test_setting_our_own_clock_is_noticed_at_the_next_reply(seconds: float) -> None:
    replies = Replies()
    replies.come(60)
    replies.set_by = seconds
    assert replies.come(1) == 0.5 - seconds


def test_samples_do_not_outlive_ten_minutes() -> None:
    replies = Replies()
    replies.come(60)
    replies.time += 700
    assert replies.come(1, 240) == 240.5


@pytest.mark.parametrize(
    "date",
    [
        *("", "soon", "0", "Sun, 01 Nov 2026", "Sun, 99 Nov 2026 12:00:00 GMT"),
        *("Sun, 01 Nov 99999 12:00:00 GMT", "Sun, 01 Nov 2026 12:00:00 +999999", "\x00", "1" * 5000),
    ],
)
def test_a_text_that_is_no_date_is_ignored(date: str) -> None:
    clock = ServiceClock()
    clock.note(date, NOON, NOON, NOON)
    assert clock.offset is None


def test_a_date_without_a_zone_is_in_utc() -> None:
    clock = ServiceClock()
    clock.note("Sun, 01 Nov 2026 12:00:00", NOON, NOON, NOON)
    assert clock.offset == 0.5
