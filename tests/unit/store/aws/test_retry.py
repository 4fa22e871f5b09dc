"""Retries and their pauses."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import botocore.exceptions
import pytest

from store import Error, ErrorKind
from store.aws.error_mapping import is_temporary
from store.aws.retry import RETRIES, WRITE_RETRIES, Retries
from tests.support.fake_aws import HTML, PAGE, RESET, Reply, error, ok, served, use_made_up_credentials


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)


THROTTLED = error("ProvisionedThroughputExceededException", "slow down")


UNAVAILABLE = error("InternalServerError", "oops", status=500)


def recorded(pauses: list[float]) -> Callable[[float], Awaitable[None]]:
    """A sleep that takes no time, and records how long it should have taken."""

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return sleep


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (THROTTLED, ErrorKind.TEMPORARY),
        (error("ThrottlingException"), ErrorKind.TEMPORARY),
        (error("RequestLimitExceeded"), ErrorKind.TEMPORARY),
        (UNAVAILABLE, ErrorKind.UNAVAILABLE),
        (Reply(b"<html>Bad gateway</html>", 502), ErrorKind.UNAVAILABLE),
        (RESET, ErrorKind.NET),
        (replace(ok(PAGE), lost=20), ErrorKind.NET),
        (HTML, ErrorKind.INTEGRITY),
        (Reply(), ErrorKind.INTEGRITY),
        (ok({}), ErrorKind.INTEGRITY),
        (ok(PAGE, **{"x-amz-crc32": "1"}), ErrorKind.INTEGRITY),
    ],
)
async def test_temporary_failures_are_retried(reply: Reply, kind: ErrorKind) -> None:
    async with served(reply, ok(PAGE), reply) as (client, server):
        assert len((await client.query(TableName="t")).items) == 1
        assert client.meter.retries == 1
        with pytest.raises(Error) as failed:
            await client.query(TableName="t", IndexName="i")
    assert failed.value.kind is kind
    assert is_temporary(failed.value)
    assert (failed.value.op, failed.value.args) == ("dynamodb.Query", ("t", "i"))
    assert len(server.requests) == 2 + 5


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (
            error("AccessDeniedException", "User: arn:x is not authorized to perform: dynamodb:Query on resource: y"),
            ErrorKind.NOT_ALLOWED,
            "not authorized to perform: dynamodb:Query",
        ),
        (
            error("ExpiredTokenException", "The security token included in the request is expired"),
            None,
            "export new ones",
        ),
        (
            error("UnrecognizedClientException", "The security token included in the request is invalid"),
            None,
            "export new ones",
        ),
        (error("ResourceNotFoundException", "Requested resource not found"), ErrorKind.NOT_EXIST, "check the name"),
        (
            error("ValidationException", "The table does not have the specified index: RunID-index"),
            ErrorKind.NOT_EXIST,
            "RunID-index; run `reflowtop setup`",
        ),
        (error("ValidationException", "One or more parameter values were invalid"), ErrorKind.INVALID, "parameter"),
        (error("ConditionalCheckFailedException", "The conditional request failed"), ErrorKind.PRECONDITION, ""),
    ],
)
async def test_permanent_failures_are_not_retried(reply: Reply, kind: ErrorKind | None, text: str) -> None:
    async with served(reply) as (client, server):
        with pytest.raises(Error) as failed:
            await client.query(TableName="t")
    assert failed.value.kind is (kind or ErrorKind.NOT_ALLOWED)
    assert text in str(failed.value)
    assert str(failed.value).startswith("dynamodb.Query t: ")
    assert isinstance(failed.value.cause, botocore.exceptions.ClientError)
    assert "max retries" not in str(failed.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(("reply", "first"), [(UNAVAILABLE, 0.05), (THROTTLED, 0.2)])
async def test_pauses_double_up_to_the_longest(reply: Reply, first: float) -> None:
    pauses: list[float] = []
    patient = Retries(tries=9, throttled_tries=9, sleep=recorded(pauses), jitter=lambda: 1.0)
    async with served(reply, retries=patient) as (client, _):
        with pytest.raises(Error):
            await client.query(TableName="t")
    assert pauses == pytest.approx([min(first * 2**n, 5.0) for n in range(8)])


async def test_pauses_are_jittered_down_to_nothing() -> None:
    pauses: list[float] = []
    async with served(UNAVAILABLE, retries=Retries(sleep=recorded(pauses), jitter=lambda: 0.0)) as (client, _):
        with pytest.raises(Error):
            await client.query(TableName="t")
    assert pauses == [0.0] * 4


async def test_the_pause_before_unprocessed_keys_is_that_of_throttling() -> None:
    pauses: list[float] = []
    async with served(ok(PAGE), retries=Retries(sleep=recorded(pauses), jitter=lambda: 1.0)) as (client, _):
        await client.back_off(1)
        await client.back_off(2)
    assert pauses == [0.2, 0.4]


async def test_a_throttled_write_is_retried_until_its_deadline() -> None:
    replies = [*40 * [THROTTLED], ok({"ConsumedCapacity": {"CapacityUnits": 1.0}})]
    async with served(*replies, retries=WRITE_RETRIES._replace(sleep=recorded([]))) as (client, server):
        await client.put_item(TableName="t", Item={"ID": {"S": "a"}})
    assert len(server.requests) == 41


async def test_throttling_and_other_failures_are_counted_apart() -> None:
    replies = [*4 * [THROTTLED, UNAVAILABLE], ok(PAGE)]
    async with served(*replies) as (client, server):
        assert len((await client.query(TableName="t")).items) == 1
    assert len(server.requests) == 9


def test_a_policy_with_another_deadline() -> None:
    assert RETRIES.with_deadline(1.5) == RETRIES._replace(deadline=1.5)
    assert RETRIES.with_deadline(None) is RETRIES
