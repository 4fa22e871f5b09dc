"""`reflowtop cat`: print objects of the log repository."""

import sys
from collections.abc import AsyncIterator, Iterable

from store import Digest, Error, TaskDB
from store.logs.log import Page
from store.times import utc_now
from tui.commands.logs import report_missing
from tui.connect import run_with_db
from tui.exit_status import ExitCode
from tui.logs import printer
from tui.logs.lines import lines, with_pens
from tui.query.id_prefix import find_object
from tui.settings import Settings
from tui.terminal import narration, output


def run(settings: Settings, digests: Iterable[str]) -> ExitCode:
    """Print the objects whose digests begin with `digests`.

    Objects that are missing or do not match their digest are reported on stderr and make the command fail.
    """
    return run_with_db(settings, lambda db: print_objects(db, digests))


async def print_objects(db: TaskDB, digests: Iterable[str]) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    code = ExitCode.OK
    for text in digests:
        try:
            async with narration.progress_of("finding the object"):
                digest = await find_object(db, text)
            await _print_object(db, digest)
        except Error as error:
            code = report_missing(error, None, utc_now())
            if code is ExitCode.SERVICE:  # the other objects would fail the same way
                break
    return code


async def _print_object(db: TaskDB, digest: Digest) -> None:
    chunks = db.repository.get(digest)
    if sys.stdout.isatty():
        write = printer.writer()
        async for line in with_pens(lines(_pages(chunks))):
            write(line)
    else:
        async for chunk in chunks:
            output.write_bytes(chunk)


async def _pages(chunks: AsyncIterator[bytes]) -> AsyncIterator[Page]:
    async for chunk in chunks:
        yield Page(chunk)
