"""The examination: all checks at the same time, each with a deadline, their results in a fixed order."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from store import Error, ErrorKind
from tui.doctor import configuration, identity, log_access, machine, network, read_cost, table_access
from tui.doctor.aws_service import AwsService, open_service
from tui.doctor.check_result import CheckResult, failed, problem, skipped
from tui.doctor.configuration import CheckDisplay
from tui.settings import Settings, SettingsError
from tui.settings.precedence import ResolvedSettings
from tui.terminal.clipboard import Clipboard
from tui.text.redaction import redact

Results = Sequence[CheckResult]

DEADLINE = 10.0  # seconds for a check; reads, and the logs that they find, have twice as long
_MAX_LENGTH = 300
_OF_SERVICE = ("region", "endpoint", "proxy", "connection", "clock", "credentials", "identity")
_SEE_ABOVE = "not tried: see above"


def check_machine(environ: Mapping[str, str], settings: Settings | None) -> list[CheckResult]:
    """Return the results for this machine; without settings, as far as they do not matter."""
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
    async with AsyncExitStack() as stack:
        try:
            service = await stack.enter_async_context(open_service(settings))
        except Error as error:
            for result in _without_service(error):
                yield result
            return
        for task in _start(stack, service, settings, now, deadline):
            for result in await task:
                yield result


def examine_without_settings(error: SettingsError) -> Results:
    """Return the results where the settings cannot be read: those of the machine, and why there are no others."""
    refused = configuration.explain_refusal(error)
    return [*check_machine(os.environ, None), refused, skipped("the service", _SEE_ABOVE)]


def _without_service(error: Error) -> Results:
    names = (*_OF_SERVICE, *table_access.names(), *read_cost.NAMES, *log_access.NAMES)
    return [failed("AWS configuration", error), *(skipped(name, _SEE_ABOVE) for name in names)]


def _start(
    stack: AsyncExitStack, service: AwsService, settings: Settings, now: datetime, deadline: float
) -> list[asyncio.Task[Results]]:
    """Start the checks of the service, and return them in order; they end with `stack`."""

    def start(check: Awaitable[Results], *names: str, seconds: float = deadline) -> asyncio.Task[Results]:
        task = asyncio.ensure_future(_limited(check, names, seconds))
        stack.push_async_callback(_end, task)
        return task

    contact = asyncio.ensure_future(network.make_contact(service))
    stack.push_async_callback(_end, contact)
    trial = asyncio.ensure_future(_try_reads(service, settings, contact))
    stack.push_async_callback(_end, trial)

    async def check_network() -> Results:
        met = await asyncio.shield(contact)
        return [
            network.check_region(service, settings),
            network.check_endpoint(service, settings),
            network.check_proxy(service),
            network.check_connection(met, service.region),
            network.check_clock(service, met),
        ]

    async def check_credentials() -> Results:
        return [await identity.check_credentials(service, settings, await asyncio.shield(contact), now)]

    async def check_identity() -> Results:
        return [await identity.check_identity(service, await asyncio.shield(contact))]

    async def check_table() -> Results:
        return await table_access.check_table(service, await asyncio.shield(contact))

    async def check_reads() -> Results:
        tried = await asyncio.shield(trial)
        if tried is None:
            return read_cost.skip_reads(contact.result().need or "no table given")
        return read_cost.check_reads(tried, settings, service.region)

    async def check_logs() -> Results:
        if need := (await asyncio.shield(contact)).need:
            return log_access.skip_logs(need)
        await asyncio.wait([trial], timeout=deadline)  # only for the logs that it finds
        tried = trial.result() if trial.done() and trial.exception() is None else None
        return await log_access.check_logs(service, [] if tried is None else read_cost.find_samples(tried.cluster))

    return [
        start(check_network(), *_OF_SERVICE[:5]),
        start(check_credentials(), "credentials"),
        start(check_identity(), "identity"),
        start(check_table(), *table_access.names()),
        start(check_reads(), *read_cost.NAMES, seconds=2 * deadline),
        start(check_logs(), *log_access.NAMES, seconds=2 * deadline),
    ]


async def _try_reads(
    service: AwsService, settings: Settings, contact: asyncio.Future[network.Contact]
) -> read_cost.RefreshTrial | None:
    if (await asyncio.shield(contact)).obstacle is not None or not service.table:
        return None
    return await read_cost.try_refresh(service, settings)


async def _limited(check: Awaitable[Results], names: Sequence[str], seconds: float) -> Results:
    """Return the results of a check, or a problem if it does not end in time or raises."""
    try:
        async with asyncio.timeout(seconds):
            return await check
    except TimeoutError:
        first = failed(names[0], Error(ErrorKind.TIMEOUT, cause=f"none within {seconds:g} s"))
    except Error as error:
        first = failed(names[0], error)
    except Exception as error:
        found = f"the check itself failed ({type(error).__name__}: {error})"[:_MAX_LENGTH]
        first = problem(names[0], redact(found), "report this as a bug")
    return [first, *(skipped(name, _SEE_ABOVE) for name in names[1:])]


async def _end(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # told by those that waited for it
