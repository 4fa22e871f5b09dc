"""Errors of the service: throttling, denied requests, credentials, indexes, tables; and its clock and its absence."""

import asyncio
import itertools
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from store.dynamo import schema
from tests.faults.fault import ALL, READS, Fault, always, error, only
from tests.faults.front import Answer, Exchange

if TYPE_CHECKING:
    from tests.faults.world import World

_THROTTLED = error(
    "ProvisionedThroughputExceededException", "The level of configured provisioned throughput was exceeded"
)
_HOT = error("ThrottlingException", "Throughput exceeds the current capacity of your table")
_PRINCIPAL = "arn:aws:sts::123456789012:assumed-role/dev/amy"
_INVALID = error("ValidationException", "One or more parameter values were invalid")
_ENDS = schema.IDENT_INDEX.encode()


def denied(operation: str) -> Answer:
    """Return the answer of a policy that does not allow an operation."""
    why = f"User: {_PRINCIPAL} is not authorized to perform: dynamodb:{operation} on resource: table/reflow-prod"
    return only([operation], error("AccessDeniedException", why))


def dated(date: Callable[[datetime, int], str], operations: tuple[str, ...] = ALL) -> Answer:
    """Return the service's own answer with another Date: made of the right time and the number of the reply."""
    numbers = itertools.count()

    async def reply(exchange: Exchange) -> None:
        own = await exchange.forward()
        text = date(exchange.front.clock(), next(numbers))
        await exchange.send(own.body, own.status, {"date": text})

    return only(operations, reply)


def _off(**span: float) -> Answer:
    return dated(lambda now, _: format_datetime(now + timedelta(**span), usegmt=True))


def _once(**span: float) -> Answer:
    return dated(lambda now, number: format_datetime(now + timedelta(**span) * (number % 20 == 0), usegmt=True))


def stale() -> Answer:
    """Return answers of an index that stands still: each query is answered as when it was first asked from an item."""
    kept: dict[str, Any] = {}

    async def reply(exchange: Exchange) -> None:
        own = (await exchange.forward()).json
        items = own.get("Items", [])
        for number, item in enumerate(items):
            items[number] = kept.setdefault(item["ID"]["S"], item)
        await exchange.send_json({**own, "Items": items})

    return only(["Query"], reply)


def missing_later(index: str) -> Answer:
    return only(
        ["Query"], error("ValidationException", f"The table does not have the specified index: {index}"), index.encode()
    )


def backfilling(index: str) -> Answer:
    why = f"Cannot read from backfilling global secondary index: {index}"
    return only(["Query"], error("ValidationException", why), index.encode())


def partly(answer: Answer) -> Answer:
    """Return an answer to lookups by key and to the ends of tasks; leases are read."""

    async def reply(exchange: Exchange) -> None:
        is_hit = exchange.operation == "BatchGetItem" or _ENDS in exchange.content
        await (answer(exchange) if is_hit else exchange.pass_on())

    return reply


def every_other(answer: Answer) -> Answer:
    numbers = itertools.count()

    async def reply(exchange: Exchange) -> None:
        await (answer(exchange) if next(numbers) % 2 else exchange.pass_on())

    return only(READS, reply)


async def _refuse(world: "World") -> None:
    await world.front.refuse()


async def _listen(world: "World") -> None:
    await world.front.listen()


async def _no_such_host(world: "World") -> None:
    loop: Any = asyncio.get_running_loop()

    async def fail(host: str, *_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    loop.getaddrinfo = fail
    world.forget_addresses()


async def _names_again(_: "World") -> None:
    loop: Any = asyncio.get_running_loop()
    del loop.getaddrinfo


async def _delete_table(world: "World") -> None:
    world.admin.delete_table(TableName=world.table)


async def _create_table(world: "World") -> None:
    world.admin.create_table(**schema.table_definition(world.table))
    world.writers.forget()


async def _replace_table(world: "World") -> None:
    await _delete_table(world)
    await _create_table(world)
    world.is_writing = False


async def _write_again(world: "World") -> None:
    world.is_writing = True


_YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)
FAULTS = [
    Fault(name="throttling", answer=only(ALL, _THROTTLED), reason="throttled", says="throttles", is_short=True),
    Fault(name="throttling of one day of leases", answer=only(["Query"], _HOT, b"2026-11-01"), reason="throttled"),
    Fault(
        name="throttling of one ident",
        answer=only(["Query"], _HOT, b"align.bwa_mem"),
        reason="throttled",
        is_short=True,
    ),
    Fault(
        name="429 by a proxy, HTML", answer=always(b"<p>slow down", 429, content_type="text/html"), reason="throttled"
    ),
    Fault(name="every other read throttled", answer=every_other(_THROTTLED)),
    Fault(name="400 on lookups and ends", answer=partly(_INVALID), reason="invalid", is_short=True),
    Fault(
        name="400 with HTML on lookups and ends",
        answer=partly(always(b"<p>Bad request", 400, content_type="text/html")),
        reason="invalid",
    ),
    Fault(name="400 on all reads", answer=only(READS, _INVALID), reason="invalid"),
    Fault(
        name="400 SerializationException on lookups",
        answer=partly(error("SerializationException", "Unexpected token")),
        reason="invalid",
    ),
    Fault(
        name="404 with HTML on lookups and ends",
        answer=partly(always(b"<p>Not found", 404, content_type="text/html")),
        reason="other",
    ),
    Fault(name="405", answer=partly(always(b"", 405)), reason="invalid"),
    Fault(name="407 by a proxy", answer=partly(always(b"<p>log in to the proxy", 407)), reason="invalid"),
    Fault(name="413", answer=partly(always(b"<p>too large", 413)), reason="invalid"),
    Fault(name="451", answer=partly(always(b"<p>no", 451)), reason="invalid"),
    Fault(name="400 on each second read", answer=every_other(_INVALID), reason="invalid"),
    Fault(
        name="index of leases missing",
        answer=missing_later(schema.DATE_INDEX),
        reason="no index",
        says="reflowtop setup",
    ),
    Fault(name="index of ends missing", answer=missing_later(schema.IDENT_INDEX)),
    Fault(name="index of ends backfilling", answer=backfilling(schema.IDENT_INDEX)),
    Fault(
        name="index of leases backfilling",
        answer=backfilling(schema.DATE_INDEX),
        reason="index not ready",
        is_short=True,
    ),
    Fault(name="stale index", answer=stale()),
    Fault(name="Query denied", answer=denied("Query"), reason="denied", says="may not dynamodb:Query", is_short=True),
    Fault(
        name="BatchGetItem denied", answer=denied("BatchGetItem"), reason="denied", says="may not dynamodb:BatchGetItem"
    ),
    Fault(name="UpdateItem denied", answer=denied("UpdateItem")),
    Fault(name="PutItem denied", answer=denied("PutItem")),
    Fault(
        name="expired credentials, renewed",
        answer=only(ALL, error("ExpiredTokenException", "The security token is expired")),
        reason="expired credentials",
        is_short=True,
    ),
    Fault(
        name="credentials unknown to AWS",
        answer=only(
            ALL, error("UnrecognizedClientException", "The security token included in the request is invalid.")
        ),
        reason="expired credentials",
    ),
    Fault(
        name="this machine's clock is off",
        answer=only(
            ALL,
            error(
                "InvalidSignatureException", "Signature expired: 20261101T115000Z is now earlier than 20261101T115500Z"
            ),
        ),
        reason="clock skew",
    ),
    Fault(name="no such host", begin=_no_such_host, end=_names_again, reason="unreachable", is_short=True),
    Fault(
        name="service gone for 5 minutes", begin=_refuse, end=_listen, seconds=300, reason="unreachable", is_short=True
    ),
    Fault(
        name="table deleted", removes_rows=True, begin=_delete_table, end=_create_table, seconds=30, reason="no table"
    ),
    Fault(
        name="table deleted and created again between two refreshes",
        removes_rows=True,
        begin=_replace_table,
        end=_write_again,
        seconds=10,
        is_short=True,
    ),
    Fault(name="Date of 2001", answer=dated(lambda *_: "Sat, 08 Sep 2001 22:46:40 GMT"), seconds=10, is_short=True),
    Fault(name="Date 3 years back", answer=_off(days=-1096), seconds=20),
    Fault(name="Date of 2050", answer=dated(lambda *_: "Sat, 01 Jan 2050 00:00:00 GMT"), seconds=20),
    Fault(name="Date of the year 9999", answer=dated(lambda *_: "Fri, 31 Dec 9999 23:59:59 GMT"), seconds=20),
    Fault(name="Date of the year 1", answer=dated(lambda *_: "Mon, 01 Jan 0001 00:00:00 GMT"), seconds=20),
    Fault(name="Date 10 minutes ahead for 5 s", answer=_off(minutes=10), seconds=5, is_short=True),
    Fault(name="Date 10 minutes ahead for 45 s", answer=_off(minutes=10), seconds=45),
    Fault(name="one reply in 20 a day ahead", answer=_once(days=1)),
    Fault(name="one reply in 20 a day behind", answer=_once(days=-1)),
    Fault(name="Date that stands still", answer=dated(lambda *_: "Sun, 01 Nov 2026 12:00:00 GMT"), seconds=60),
    Fault(name="no Date", answer=dated(lambda *_: "")),
    Fault(name="Date that is no date", answer=dated(lambda *_: "soon")),
    Fault(name="Date with a zone of 99 hours", answer=dated(lambda *_: "Sun, 01 Nov 2026 12:00:00 +9999")),
    Fault(name="Date without a zone", answer=dated(lambda now, _: f"{now:%a, %d %b %Y %H:%M:%S}")),
    Fault(
        name="Date in turn an hour ahead and behind",
        answer=dated(lambda now, n: format_datetime(now + timedelta(hours=1 if n % 2 else -1), usegmt=True)),
    ),
    Fault(name="Date 30 s ahead for good", answer=_off(seconds=30)),
]
