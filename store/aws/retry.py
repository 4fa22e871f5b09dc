"""The number, duration and pace of the retries of a failed request."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from store.aws.error_mapping import is_temporary
from store.errors import Error, ErrorKind, FailureReason

T = TypeVar("T")


class Retries(NamedTuple):
    """A policy: exponential back-off with full jitter, in one deadline for everything. Times in seconds."""

    tries: int = 5
    deadline: float = 30.0
    pause: float = 0.05  # before the first retry
    throttled_pause: float = 0.2  # the same, after throttling: the service asks for less, not for sooner
    longest_pause: float = 5.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random  # 0 to 1

    async def run(
        self,
        attempt: Callable[[], Awaitable[T]],
        op: str,
        args: Sequence[str] = (),
        before_retry: Callable[[Error], None] = lambda error: None,
    ) -> T:
        """The result of `attempt`, made again while it raises an Error that is temporary.

        Raises the Error of the last try, or Error TIMEOUT, naming `op` and `args`, when the deadline has passed.
        """
        last: Error | None = None
        try:
            async with asyncio.timeout(self.deadline):
                for failures in range(1, self.tries):
                    try:
                        return await attempt()
                    except Error as error:
                        if not is_temporary(error):
                            raise
                        last = error
                    before_retry(last)
                    await self.back_off(failures, throttled=last.kind is ErrorKind.TEMPORARY)
                return await attempt()
        except TimeoutError as late:
            details = f"; the last try: {last.cause}" if last else ""
            late.args = (f"gave up after {self.deadline:g} s{details}",)
            is_throttled = last is not None and last.reason is FailureReason.THROTTLED
            reason = FailureReason.THROTTLED if is_throttled else FailureReason.TIMEOUT
            raise Error(ErrorKind.TIMEOUT, op, args, late, reason) from late

    async def back_off(self, failures: int, *, throttled: bool) -> None:
        """Wait as long as is due after so many failures in a row."""
        first = self.throttled_pause if throttled else self.pause
        await self.sleep(self.jitter() * min(first * 2 ** (failures - 1), self.longest_pause))


RETRIES = Retries()
