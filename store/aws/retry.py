"""The number, duration and pace of the retries of a failed request."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from store.aws.credential_failure import ProviderName, make_credentials_error
from store.aws.error_mapping import is_temporary
from store.aws.helper_process import describe_wait
from store.errors import Error, ErrorKind, FailureReason

T = TypeVar("T")


class Retries(NamedTuple):
    """A retry policy: exponential back-off with full jitter, within one deadline for all tries. Times are in seconds.

    `tries` limits the tries that fail for a reason other than throttling, `throttled_tries` those that are throttled.
    A wait is a random part of `pause` (after throttling, of `throttled_pause`), doubled after each failure up to
    `longest_pause`.
    """

    tries: int = 5
    throttled_tries: int = 5
    deadline: float = 30.0
    pause: float = 0.05  # before the first retry
    throttled_pause: float = 0.2  # the same, after throttling: the service asks for less, not for sooner
    longest_pause: float = 5.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random  # 0 to 1

    def with_deadline(self, seconds: float | None) -> "Retries":
        """Return this policy with another deadline; unchanged for None."""
        return self if seconds is None else self._replace(deadline=seconds)

    async def run(
        self,
        attempt: Callable[[], Awaitable[T]],
        op: str,
        args: Sequence[str] = (),
        before_retry: Callable[[Error], None] = lambda error: None,
    ) -> T:
        """Return the result of `attempt`, repeated while it raises an Error that is temporary.

        `before_retry` is called with the Error before each wait. Raises the Error of the last try, or Error TIMEOUT
        with `op` and `args` when the deadline has passed.
        """
        last: Error | None = None
        failures = {True: 0, False: 0}  # by whether they were throttling
        try:
            async with asyncio.timeout(self.deadline):
                while True:
                    try:
                        return await attempt()
                    except Error as error:
                        throttled = error.kind is ErrorKind.TEMPORARY
                        failures[throttled] += 1
                        if not is_temporary(error) or failures[throttled] >= self._most(throttled=throttled):
                            raise
                        last = error
                    before_retry(last)
                    await self.back_off(failures[throttled], throttled=throttled)
        except TimeoutError as late:
            if wait := describe_wait(patience=0.5):
                raise make_credentials_error(ProviderName(wait), "it has not printed credentials yet") from late
            if last is not None and last.reason is FailureReason.NO_CREDENTIALS:
                raise last from late
            details = f"; the last try: {last.cause}" if last else ""
            late.args = (f"gave up after {self.deadline:g} s{details}",)
            is_throttled = last is not None and last.reason is FailureReason.THROTTLED
            reason = FailureReason.THROTTLED if is_throttled else FailureReason.TIMEOUT
            raise Error(ErrorKind.TIMEOUT, op, args, late, reason) from late

    def _most(self, *, throttled: bool) -> int:
        return self.throttled_tries if throttled else self.tries

    async def back_off(self, failures: int, *, throttled: bool) -> None:
        """Wait as long as the policy says after this number of failures in a row."""
        first = self.throttled_pause if throttled else self.pause
        await self.sleep(self.jitter() * min(first * 2 ** min(failures - 1, 20), self.longest_pause))


RETRIES = Retries()
"""The default policy of reads, which a dashboard repeats at its next refresh."""

WRITE_RETRIES = Retries(throttled_tries=1000, deadline=120.0)
"""The default policy of writes: a throttled write is retried for 2 minutes, so that it is not lost.

DynamoDB needs minutes to split a hot partition. With 5 tries, 19 of 60 writes were lost while DynamoDB throttled 80 %
of requests for a minute.
"""
