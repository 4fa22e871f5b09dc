"""The results of `doctor` checks by name, and a service to check."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from tui.doctor.aws_service import AwsService, open_service
from tui.doctor.check_result import CheckResult
from tui.settings import Settings


def doctor_settings(endpoint_url: str, **others: Any) -> Settings:
    given = {"table": "reflow-prod", "bucket": "reflow-logs", "interval": timedelta(seconds=5), **others}
    return Settings(endpoint_url=endpoint_url, **given)


@asynccontextmanager
async def opened(endpoint_url: str, **others: Any) -> AsyncIterator[AwsService]:
    async with open_service(doctor_settings(endpoint_url, **others)) as service:
        yield service


def by_name(results: Iterable[CheckResult]) -> dict[str, CheckResult]:
    return {each.name: each for each in results}


def statuses(results: Iterable[CheckResult]) -> dict[str, str]:
    return {each.name: str(each.status) for each in results}
