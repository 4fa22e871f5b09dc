"""The clock of the service, from the Date of its replies."""

from collections import deque
from datetime import UTC
from email.utils import parsedate_to_datetime
from statistics import median

_KEPT = 60  # samples, a second apart at least
_LONGEST = 600.0  # seconds for which a sample counts
_SLOWEST = 2.0  # seconds from request to reply: of a slower one, it is unknown when its date was written
# A bigger change of the wall clock against the monotonic one is a clock that was set, or a machine that slept.
_SET = 2.0


class ServiceClock:
    """The offset of the service's clock against ours: the median of the last ten minutes, so that few odd replies
    change nothing.

    A proxy may answer with a date of its own, or with that of a cached reply. One sample a second is kept: many replies
    that are wrong at the same moment count once. When our own clock is set, all is learned again.

    Before the first fast reply, a slow one counts only as far as it proves our clock wrong. Its date was written at an
    unknown time between request and reply: the middle would move a clock that is right by 4.5 s for a reply that took
    10 s. To skip it would leave a clock that is off by minutes unnoticed in a first scan, whose large pages are slow.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=_KEPT)  # our time, and the offset then
        self._least: float | None = None  # the smallest offset that the last slow reply allows; None if it allows 0
        self._ahead: float | None = None  # of the monotonic clock: our time

    @property
    def offset(self) -> float | None:
        """The seconds by which the service is ahead of us, to half a second and a round trip; None if unknown.

        If all replies were slow, it is nearer to 0 than the true offset.
        """
        return median(offset for _, offset in self._samples) if self._samples else self._least

    def note(self, date: str, sent: float, received: float, monotonic: float) -> None:
        """Take the Date of a reply, with our times of the request and of the reply, in seconds since 1970.

        `monotonic` is the time of the reply, in seconds, by a clock that is never set. A text that is no date is
        ignored.
        """
        try:
            parsed = parsedate_to_datetime(date)
            stamp = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            return
        ahead = received - monotonic
        if self._ahead is not None and abs(ahead - self._ahead) > _SET:
            self._samples.clear()
            self._least = None
        self._ahead = ahead
        while self._samples and not received - _LONGEST <= self._samples[0][0] <= received:
            self._samples.popleft()
        # Date is cut to whole seconds, and was written somewhere between sending and receiving.
        if received - sent > _SLOWEST:
            lowest, highest = stamp - received, stamp + 1 - sent
            self._least = lowest if lowest > 0 else highest if highest < 0 else None
        elif not self._samples or received - self._samples[-1][0] >= 1:
            self._samples.append((received, stamp + 0.5 - (sent + received) / 2))
