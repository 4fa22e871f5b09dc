"""The examination: runs all checks concurrently, each with a deadline; the order of results is fixed."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, TypeVar

from store import Error, ErrorKind, FailureReason
from tui.doctor import configuration, identity, log_access, machine, network, price_check, read_cost, table_access
from tui.doctor.aws_service import AwsService, open_service
from tui.doctor.check_result import CheckResult, failed, problem, skipped
from tui.doctor.configuration import CheckDisplay
from tui.doctor.network import Contact
from tui.settings import Settings, SettingsError
from tui.settings.precedence import ResolvedSettings
from tui.terminal.clipboard import Clipboard
from tui.text.redaction import redact

T = TypeVar("T")
Results = Sequence[CheckResult]
Check = Callable[[Contact], Awaitable[Results]]

DEADLINE = 10.0  # seconds for a check; twice as long for reads, and for the logs that they find
_MAX_LENGTH = 300
_OF_SERVICE = ("region", "endpoint", "proxy", "connection", "clock", "credentials", "identity")
_SEE_ABOVE = "not tried: see above"


def check_machine(environ: Mapping[str, str], settings: Settings | None) -> list[CheckResult]:
    """Return the results for this machine; if `settings` is None, only of checks that need no settings."""
    size = machine.find_terminal_size()
    is_ascii = None if settings is None else settings.ascii
    way = Clipboard.AUTO if settings is None else Clipboard(settings.clipboard)
    return [
        machine.check_interpreter(),
        machine.check_terminal(environ, size, is_ascii=is_ascii),
        machine.check_clipboard(environ, way, size),
        machine.check_state_folder(),
    ]


async def examine(
    resolved: ResolvedSettings, check_display: CheckDisplay, now: datetime, *, deadline: float = DEADLINE
) -> AsyncIterator[CheckResult]:
    """Yield the results of all checks, in order, each as soon as those before it are known.

    `deadline` is how many seconds a check may take.
    """
    settings = resolved.settings
    for result in (*check_machine(os.environ, settings), *configuration.check_settings(resolved, check_display)):
        yield result
    yield price_check.check_prices(settings, now)
    async with AsyncExitStack() as stack:
        try:
            service = await stack.enter_async_context(open_service(settings, deadline))
        except Error as error:
            for result in _without_service(error):
                yield result
            return
        for task in _ServiceChecks(stack, service, settings, now, deadline).start():
            for result in await task:
                yield result


def examine_without_settings(error: SettingsError) -> Results:
    """Return the results of the machine, and the error of the settings, which all other checks need."""
    refused = configuration.explain_refusal(error)
    return [*check_machine(os.environ, None), refused, skipped("the service", _SEE_ABOVE)]


def _without_service(error: Error) -> Results:
    is_about_credentials = error.reason is FailureReason.NO_CREDENTIALS
    refused = failed("credentials" if is_about_credentials else "AWS configuration", error)
    names = (*_OF_SERVICE, *table_access.names(), *read_cost.NAMES, *log_access.NAMES)
    return [refused, *(skipped(name, _SEE_ABOVE) for name in names if name != refused.name)]


class _ServiceChecks:
    """The running checks of the service. They share one first contact; `deadline` is in seconds."""

    def __init__(
        self, stack: AsyncExitStack, service: AwsService, settings: Settings, now: datetime, deadline: float
    ) -> None:
        self._service = service
        self._settings = settings
        self._now = now
        self._deadline = deadline
        self._stack = stack
        self._contact = self._start(network.make_contact(service, deadline))
        self._trial = self._start(self._try_reads())

    def start(self) -> list[asyncio.Task[Results]]:
        """Start all checks and return them in order. Closing the stack cancels them."""
        groups: list[tuple[Check, Sequence[str], float]] = [
            (self._check_way, _OF_SERVICE[:3], 1),
            (self._check_connection, _OF_SERVICE[3:5], 1),
            (self._check_credentials, ("credentials",), 1),
            (self._check_identity, ("identity",), 1),
            (self._check_table, table_access.names(), 1),
            (self._check_reads, read_cost.NAMES, 2),
            (self._check_logs, log_access.NAMES, 2),
        ]
        return [self._start(self._limit(check, names, times * self._deadline)) for check, names, times in groups]

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(work)
        self._stack.push_async_callback(_end, task)
        return task

    async def _limit(self, check: Check, names: Sequence[str], seconds: float) -> Results:
        """Return the results of a check, or a problem if it fails or takes over `seconds` after the contact."""
        try:
            met = await asyncio.shield(self._contact)
            async with asyncio.timeout(seconds):
                return await check(met)
        except TimeoutError:
            first = failed(names[0], Error(ErrorKind.TIMEOUT, cause=f"none within {seconds:g} s"))
        except Error as error:
            first = failed(names[0], error)
        except Exception as error:
            found = f"the check itself failed ({type(error).__name__}: {error})"[:_MAX_LENGTH]
            first = problem(names[0], redact(found), "report this as a bug")
        return [first, *(skipped(name, _SEE_ABOVE) for name in names[1:])]

    async def _try_reads(self) -> read_cost.RefreshTrial | None:
        if (await asyncio.shield(self._contact)).need or not self._service.table:
            return None
        return await read_cost.try_refresh(self._service, self._settings)

    async def _check_way(self, _: Contact) -> Results:
        return [
            network.check_region(self._service, self._settings),
            network.check_endpoint(self._service, self._settings),
            network.check_proxy(self._service),
        ]

    async def _check_connection(self, contact: Contact) -> Results:
        return [
            network.check_connection(contact, self._service.region),
            network.check_clock(self._service, contact),
        ]

    async def _check_credentials(self, contact: Contact) -> Results:
        return [await identity.check_credentials(self._service, self._settings, contact, self._now)]

    async def _check_identity(self, contact: Contact) -> Results:
        return [await identity.check_identity(self._service, contact)]

    async def _check_table(self, contact: Contact) -> Results:
        return await table_access.check_table(self._service, contact)

    async def _check_reads(self, contact: Contact) -> Results:
        trial = await asyncio.shield(self._trial)
        if trial is None:
            return read_cost.skip_reads(contact.need or "no table given")
        return read_cost.check_reads(trial, self._settings, self._service.region)

    async def _check_logs(self, contact: Contact) -> Results:
        if contact.need:
            return log_access.skip_logs(contact.need)
        await asyncio.wait([self._trial], timeout=self._deadline)  # the trial finds logs to read
        is_known = self._trial.done() and self._trial.exception() is None
        trial = self._trial.result() if is_known else None
        samples = [] if trial is None else read_cost.find_samples(trial.cluster)
        return await log_access.check_logs(self._service, samples)


async def _end(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # mark it as retrieved: the checks have reported it
