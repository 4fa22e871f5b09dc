"""The full product: `python -m tests.hostile` plays every text in every form in every place.

`-n N` uses N processes. Texts named after it are the only ones. The exit code is 1 if one of them gets through.
"""

import argparse
import itertools
import multiprocessing
import sys

from tests.hostile.cases import Case, begin, play
from tests.hostile.texts import TEXTS, Form

_CASES = 8  # of a process


def main(arguments: list[str]) -> int:
    """Play the texts with these names, all by default, and print a line for each text and form."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("-n", type=int, default=1, metavar="N", help="number of processes (default: 1)")
    parser.add_argument("names", nargs="*", metavar="TEXT", help="names of texts (default: all)")
    options = parser.parse_args(arguments)
    names = options.names or [*TEXTS]
    cases = [Case(name, form, turn) for turn, (name, form) in enumerate(itertools.product(names, Form))]
    places: set[str] = set()
    failed = commands = combinations = 0
    seconds = 0.0
    print(f"{'TEXT':24} {'FORM':12} {'PLACES':>6} {'COMMANDS':>8} {'CPU':>6}  RESULT")
    # A process had 1.6 GB after 22 cases.
    with multiprocessing.get_context("spawn").Pool(options.n, begin, maxtasksperchild=_CASES) as pool:
        for case, result in zip(cases, pool.imap(play, cases), strict=True):
            places |= result.places
            combinations += len(result.places)
            commands += result.commands
            seconds += result.cpu
            failed += bool(result.problems)
            outcome = f"{len(result.problems)} problems" if result.problems else "ok"
            shown = f"{len(result.places):6} {result.commands:8} {result.cpu:5.1f}s  {outcome}"
            print(f"{case.name:24} {case.form:12} {shown}", flush=True)
            for problem in result.problems[:10]:
                print(f"    {problem[:300]}", flush=True)
    product = f"{len(names)} texts x {len(Form)} forms x {len(places)} places = {combinations}"
    print(f"{product}, each on all screens; {commands} commands; {seconds:.0f} s of CPU; {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
