"""The session history in memory."""

from datetime import timedelta

from tests.support.deltas import seen
from tests.support.recorded import Recording
from tests.support.recording_files import all_at, at


async def test_the_last_half_hour_is_kept_in_memory(recording: Recording) -> None:
    history = recording.history
    assert (history.first, history.last) == (0, 5)
    for place in range(6):
        assert seen(at(history, place)) == all_at(recording, place)
    recording.watched.db.now += timedelta(minutes=10)
    await recording.refresh()
    assert (history.first, history.last) == (4, 6)  # 30 minutes ago is more than the time of the refresh at 5
    for place in range(4, 7):
        assert seen(at(history, place)) == all_at(recording, place)


def test_the_session_history_drops_the_oldest_first(recording: Recording) -> None:
    from tui.watch.recording.session_history import SessionHistory

    history = SessionHistory(most_bytes=5000)
    for refresh in recording.refreshes:
        history.add(refresh)
    assert 0 < history.first < history.last == 5
    for place in range(history.first, 6):
        assert seen(at(history, place)) == all_at(recording, place)


def test_a_time_maps_to_the_refresh_before_it(recording: Recording) -> None:
    history = recording.history
    times = [refresh.time for refresh in recording.refreshes]
    second = timedelta(seconds=1)
    assert [history.find(time) for time in times] == [0, 1, 2, 3, 4, 5]
    assert history.find(times[2] + second) == 2
    assert history.find(times[0] - second) == 0
    assert history.find(times[5] + second) == 5
