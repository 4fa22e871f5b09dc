"""Checks of the table and its indexes: they try each operation that reflowtop uses."""

import asyncio
from typing import Any

import msgspec

from store import Digest, Error, FailureReason
from store.dynamo import plan, schema
from store.dynamo.response import TableDescription
from store.times import utc_now
from tui.doctor.aws_service import AwsService
from tui.doctor.check_result import CheckResult, CheckStatus, failed, ok, skipped
from tui.doctor.network import MISSING_ID, Contact

# The indexes that reflowtop queries, and the loss without each; None if nothing works without it.
_USES: dict[str, str | None] = {
    schema.DATE_INDEX: None,
    schema.RUN_INDEX: None,
    schema.IDENT_INDEX: "each refresh reads all live rows, which costs more, and slow tasks are not found",
    schema.ID4_INDEX: "ids must be given whole",
}
# Reads do without an index then; with other reasons they fail, or the answer is not known.
_UNUSABLE = frozenset({FailureReason.NO_INDEX, FailureReason.INDEX_NOT_READY, FailureReason.DENIED})


def names() -> list[str]:
    """Return the names of the checks, in order."""
    return ["table", *_USES, "dynamodb:GetItem", "dynamodb:BatchGetItem"]


async def check_table(service: AwsService, contact: Contact) -> list[CheckResult]:
    """Try all operations concurrently, with a query for one row on each index."""
    if contact.obstacle is not None or not service.table:
        return [skipped(name, contact.need or "no table given") for name in names()]
    described, batch, *queried = await asyncio.gather(
        _try(service.client.describe_table(service.table)),
        _try(service.client.batch_get_item(service.table, plan.batches([MISSING_ID])[0])),
        *(_try(service.client.query(TableName=service.table, Limit=1, **_query(index))) for index in _USES),
    )
    answers = [contact.error, batch, *queried]
    errors = [each for each in answers if isinstance(each, Error)]
    missing = next((each for each in errors if each.reason is FailureReason.NO_TABLE), None)
    if missing is not None:
        table, *others = names()
        return [failed(table, missing, service.region), *(skipped(name, "no such table") for name in others)]
    return [
        _check_description(service, described, has_answer=len(errors) < len(answers)),
        *(_check_index(index, answer, service.region) for index, answer in zip(_USES, queried, strict=True)),
        _check_operation("dynamodb:GetItem", contact.error, service.region),
        _check_operation("dynamodb:BatchGetItem", batch, service.region),
    ]


def _query(index: str) -> plan.Request:
    match index:
        case schema.DATE_INDEX:
            return plan.by_day(utc_now().date())
        case schema.RUN_INDEX:
            return plan.by_run(MISSING_ID)
        case schema.IDENT_INDEX:
            return plan.ended_since("reflowtop.doctor", utc_now())
        case _:
            return plan.by_prefix(Digest.parse(MISSING_ID.hex[:8] + "0" * 56), "run")


async def _try(call: Any) -> Any:
    try:
        return await call
    except Error as error:
        return error


def _check_description(service: AwsService, described: TableDescription | Error, *, has_answer: bool) -> CheckResult:
    if isinstance(described, Error):
        if not has_answer:
            return failed("table", described, service.region)
        return ok("table", f"{service.table} exists ({described.reason} for DescribeTable, which is not needed)")
    rows, status = described.item_count, described.table_status
    # The service counts rows every six hours or so.
    counted = f", about {rows:,} rows" if rows else ""
    where = f" in {service.region}" if service.region else ""
    return ok("table", f"{service.table}{where}, {status.lower()}{counted}", status=status)


def _check_index(index: str, answer: Any, region: str) -> CheckResult:
    if not isinstance(answer, Error):
        return ok(index, "dynamodb:Query allowed")
    loss = _USES[index]
    if loss is None or answer.reason not in _UNUSABLE:
        return failed(index, answer, region)
    result = failed(index, answer, region, status=CheckStatus.WARNING)
    return msgspec.structs.replace(result, found=f"{result.found}: {loss}")


def _check_operation(name: str, answer: Any, region: str) -> CheckResult:
    return failed(name, answer, region) if isinstance(answer, Error) else ok(name, "allowed")
