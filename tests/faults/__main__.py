"""`python -m tests.faults [TEXT]`: play all faults, or those with a text in their name, and print what came of them.

All of them also go into the table in tests/README.md. With --keepers, play them on leases and the ends of rows instead.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.faults import bodies, errors, pages
from tests.faults.fault import Fault
from tests.faults.keepers import keeper_world, play_keepers
from tests.faults.play import Outcome, play
from tests.faults.world import world
from tests.support import frames, idle, matched_css, parsed_css
from tui.demo.service import LocalService, isolate_aws_environment

README = Path(__file__).parents[1] / "README.md"
FAULTS: Sequence[Fault] = [*errors.FAULTS, *bodies.FAULTS, *pages.FAULTS]
_BEGIN, _END = "<!-- faults -->\n", "<!-- /faults -->"
_HEADER = ("fault", "the store raised", "the screen said", "data kept", "well again after", "requests/s", "memory")
_LONGEST = 110  # characters of the text of the screen
_CALM = 6  # refreshes before the fault


async def _play(endpoint_url: str, fault: Fault) -> Outcome:
    async with asyncio.timeout(300), world(endpoint_url) as opened:
        for _ in range(_CALM):
            await opened.step()
        return await play(opened, fault)


def _cells(outcome: Outcome) -> list[str]:
    said = outcome.said if len(outcome.said) <= _LONGEST else f"{outcome.said[:_LONGEST]}…"
    recovered = "never" if outcome.recovered is None else f"{outcome.recovered} s"
    texts = (outcome.fault, outcome.raised or "nothing", said or "nothing", outcome.kept, recovered)
    return [
        *(text.replace("|", "\\|").replace("<", "&lt;") for text in texts),
        f"{outcome.rate:.1f}",
        f"{outcome.memory:.0f} MB",
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


async def _play_keepers(endpoint_url: str, fault: Fault) -> list[str]:
    async with asyncio.timeout(300), keeper_world(endpoint_url) as opened:
        return await play_keepers(opened, fault)


def _keep_through(faults: Sequence[Fault]) -> int:
    """Hold leases through the faults; return 1 if one was let go silently, or an end is missing."""
    wrong = 0
    with LocalService.start() as service:
        for fault in faults:
            found = asyncio.run(_play_keepers(service.endpoint_url, fault))
            wrong += bool(found)
            print(f"{fault.name}: {'; '.join(found) or 'well'}", flush=True)
    print(f"{len(faults)} faults, {wrong} went wrong")
    return int(wrong > 0)


def main() -> int:
    """Play the faults; return 1 if one of them went wrong."""
    isolate_aws_environment(os.environ)
    for module in (frames, idle, parsed_css, matched_css):
        module.install()
    words = [word for word in sys.argv[1:] if word != "--keepers"]
    chosen = [fault for fault in FAULTS if not words or any(word in fault.name for word in words)]
    if "--keepers" in sys.argv:
        return _keep_through(chosen)
    table = [_line(_HEADER), _line(["---"] * len(_HEADER))]
    wrong = 0
    with LocalService.start() as service:
        for fault in chosen:
            try:
                outcome = asyncio.run(_play(service.endpoint_url, fault))
            except Exception as error:  # the others are still of interest
                outcome = Outcome(fault.name, f"{type(error).__name__}: {error}", "", "no", None, 0, 0)
            found = outcome.failures(fault)
            wrong += bool(found)
            table.append(_line(_cells(outcome)))
            print(table[-1].rstrip(), *([f"WRONG: {', '.join(found)}"] if found else ()), flush=True)
    if not words:
        before, _, rest = README.read_text().partition(_BEGIN)
        README.write_text(f"{before}{_BEGIN}{''.join(table)}{_END}{rest.partition(_END)[2]}")
    print(f"{len(chosen)} faults, {wrong} went wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
