"""A replay at the live end of a recording that is being written."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec

from store import TaskDB
from tui.watch.polling.status import Status
from tui.watch.recording.followed_recording import FollowedRecording
from tui.watch.recording.replay import Replay

POLL = timedelta(seconds=1)
_ENDED = "the recorder has ended; what it records when it is started again will be shown"


class Follower(Replay):
    """Shows each refresh of `history` when it is written, until the user goes back in time; the end follows again.

    While it follows, its clock is the actual time, and what is shown grows older while the file does not grow.
    """

    history: FollowedRecording

    def __init__(self, history: FollowedRecording, **options: Any) -> None:
        super().__init__(history, history.last, playing=True, **options)
        self._is_following = True

    @property
    def is_following(self) -> bool:
        return self._is_following

    @property
    def host(self) -> str:
        return self.history.header.host

    @property
    def behind(self) -> timedelta:
        """The age of the data shown."""
        return max(self._clock() - self.now(), timedelta())

    @property
    def status(self) -> Status:
        status = super().status
        # Nothing unread is called stale or lost: leases are measured at the last refresh.
        is_overdue = self._is_following and status.is_old(self.now(), status.every)
        return msgspec.structs.replace(status, overdue=True) if is_overdue else status

    def now(self) -> datetime:
        """The actual time while it follows, otherwise the time of the replay."""
        return self._clock() if self._is_following else super().now()

    def step(self, refreshes: int) -> None:
        """Move by so many refreshes; after the last one, follow again."""
        if refreshes > 0 and self.is_at_end:
            self.go_to_end()
            return
        self._is_following = False
        super().step(refreshes)

    def go_to(self, time: datetime) -> None:
        self._is_following = self.is_playing = False
        super().go_to(time)

    def go_to_end(self) -> None:
        """Follow."""
        self._is_following = self.is_playing = True
        self._speed = 0
        super().go_to_end()

    def pause(self) -> None:
        self._is_following = False
        super().pause()

    def resume(self) -> None:
        """Play; at the end, follow."""
        if self.is_at_end:
            self.go_to_end()
        else:
            super().resume()

    def refresh_now(self) -> None:
        """Look at once whether the file has grown."""
        self._wake.set()

    async def run(self, db: TaskDB | None = None) -> None:
        """Follow the recording, or move and play, until cancelled or closed."""
        while not self._is_closed:
            self._wake.clear()
            has_more = self._grow()
            if self._place != self._wanted:
                await self._show(self._wanted)
                self.is_playing = self.is_playing or self._is_following  # a damaged refresh does not stop it
            elif has_more:
                await asyncio.sleep(0)
            elif self._is_following or not self.is_playing:
                await self._rest(POLL)
            elif (left := self._until_next()) <= timedelta():
                self._play_on()
            else:
                await self._rest(min(left / self.speed, POLL))

    def _grow(self) -> bool:
        """Read what was written; return whether there is more to read before it is shown."""
        has_more = self.history.grow()
        self._wanted = max(self._wanted, self.history.first)  # the others were dropped
        trouble = self.history.damage or (_ENDED if self.history.has_ended else "")
        if trouble != self.trouble:
            self.trouble = trouble
            self.notify()
        if self._is_following and not has_more:
            self._wanted = self.history.last
            self._set(self.history.time(self._wanted))
        return has_more

    def _play_on(self) -> None:
        if self.is_at_end:
            self.go_to_end()
        else:
            self._advance()
