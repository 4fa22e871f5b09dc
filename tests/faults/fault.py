"""A fault: its name, how it begins and ends, and the right behaviour meanwhile."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.front import Answer, Exchange

if TYPE_CHECKING:
    from tests.faults.world import World

Hook = Callable[["World"], Awaitable[None]]

READS = ("Query", "BatchGetItem", "GetItem", "Scan")
ALL = (*READS, "PutItem", "UpdateItem")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault that lasts for `seconds` of the test's time.

    `answer` replies in place of the service; `begin` and `end` do what replies cannot. `reason` is that of the Error of
    the refresh, or several with `|` between them; empty if it succeeds. `says` is a part of the text on the screen. CI
    plays the short ones.
    """

    name: str
    answer: Answer | None = None
    begin: Hook | None = None
    end: Hook | None = None
    seconds: int = 60
    reason: str = ""
    says: str = ""
    is_short: bool = False
    removes_rows: bool = False
    recovery: int = 100  # seconds until reads succeed again, at most: a back-off of a minute and a fifth, and a refresh
    most_requests: float = 40.0  # a second; more where the time of the player stands while pages come


def only(operations: Collection[str], answer: Answer, part: bytes = b"") -> Answer:
    """Return an answer to some operations, and to requests with `part` in them; others are passed on."""

    async def reply(exchange: Exchange) -> None:
        if exchange.operation in operations and part in exchange.content:
            await answer(exchange)
        else:
            await exchange.pass_on()

    return reply


def always(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Return an answer with this body; `headers` have underscores for hyphens."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    async def reply(exchange: Exchange) -> None:
        await exchange.send(body, status, given)

    return reply


def error(code: str, message: str, status: int = 400) -> Answer:
    """Return an answer with an error as DynamoDB sends it."""

    async def reply(exchange: Exchange) -> None:
        await exchange.send_error(code, message, status)

    return reply


def changed(change: Callable[[bytes], bytes], **headers: str) -> Answer:
    """Return an answer with the body of the service's own reply after `change`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    async def reply(exchange: Exchange) -> None:
        own = await exchange.forward()
        await exchange.send(change(own.body), own.status, given)

    return reply
