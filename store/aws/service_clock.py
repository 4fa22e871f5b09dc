"""The clock of the service, from the Date of its replies."""

from collections import deque
from datetime import UTC
from email.utils import parsedate_to_datetime
from statistics import median

_KEPT = 60  # samples, a second apart at least
_LONGEST = 600.0  # seconds for which a sample counts
_SLOWEST = 2.0  # seconds from request to reply: of a slower one, nobody knows when its date was written
# A bigger change of the wall clock against the monotonic one is a clock that was set, or a machine that slept.
_SET = 2.0


class ServiceClock:
    """The offset of the service's clock against ours: the median of the last ten minutes, so that few odd replies
    change nothing.

    A proxy may answer with a date of its own, or with that of a cached reply. One sample a second is kept: many replies
    that are wrong at the same moment count once. When our own clock is set, all is learned again.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=_KEPT)  # our time, and the offset then
        self._ahead: float | None = None  # of the monotonic clock: our time

    @property
    def offset(self) -> float | None:
        """The seconds by which the service is ahead of us, to half a second and a round trip; None if unknown."""
        return median(offset for _, offset in self._samples) if self._samples else None

    def note(self, date: str, sent: float, received: float, monotonic: float) -> None:
        """Take the Date of a reply, with our times of the request and of the reply, in seconds since 1970.

        `monotonic` is the time of the reply by a clock that nobody sets, in seconds. A text that is no date is ignored.
        """
        try:
            parsed = parsedate_to_datetime(date)
            stamp = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            return
        ahead = received - monotonic
        if self._ahead is not None and abs(ahead - self._ahead) > _SET:
            self._samples.clear()
        self._ahead = ahead
        while self._samples and not received - _LONGEST <= self._samples[0][0] <= received:
            self._samples.popleft()
        is_sure = received - sent <= _SLOWEST and received - self._samples[-1][0] >= 1 if self._samples else True
        if is_sure:
            # Date is cut to whole seconds, and was written somewhere between sending and receiving.
            self._samples.append((received, stamp + 0.5 - (sent + received) / 2))
