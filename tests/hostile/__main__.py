"""The full product: `python -m tests.hostile` plays every text in every form in every place.

The exit code is 1 if one of them gets through.
"""

import asyncio
import itertools
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import pytest_configure
from tests.hostile import command_line, dashboard
from tests.hostile.texts import TEXTS, Form, write
from tests.hostile.world import Text, make_db


def main(names: list[str]) -> int:
    """Play the texts with these names, all by default, and print a line for each text and form."""
    places: set[str] = set()
    combinations = failed = commands = 0
    print(f"{'TEXT':24} {'FORM':12} {'PLACES':>6} {'COMMANDS':>8} {'CPU':>6}  RESULT")
    for name, form in itertools.product(names or TEXTS, Form):
        begin, used = time.process_time(), dict[str, int]()

        def text(place: str, name: str = name, form: Form = form, used: dict[str, int] = used) -> str:
            return write(TEXTS[name], form, used.setdefault(place, len(used)))

        problems = _play(text)
        count, found = _run(text)
        problems += found
        places |= used.keys()
        combinations += len(used)
        commands += count
        failed += bool(problems)
        cpu = time.process_time() - begin
        result = f"{len(problems)} problems" if problems else "ok"
        print(f"{name:24} {form:12} {len(used):6} {count:8} {cpu:5.1f}s  {result}", flush=True)
        for problem in problems[:10]:
            print(f"    {problem[:300]}")
    product = f"{len(names or TEXTS)} texts x {len(Form)} forms x {len(places)} places = {combinations}"
    print(f"{product}, each on all screens; {commands} commands; {failed} failed")
    return 1 if failed else 0


def _play(text: Text) -> list[str]:
    try:
        return asyncio.run(dashboard.walk(make_db([text]), [text]))
    except Exception as error:
        return [f"the dashboard ended: {error!r}"]


def _run(text: Text) -> tuple[int, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        return command_line.walk(make_db([text]), text, Path(folder))


if __name__ == "__main__":
    pytest_configure()
    sys.exit(main(sys.argv[1:]))
