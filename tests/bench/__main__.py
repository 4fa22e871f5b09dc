"""`python -m tests.bench NAME [--json FILE]`: run a benchmark, print its tables, keep its figures.

A benchmark may have options of its own, which follow its name.
"""

import argparse
import importlib
import os
import sys

from tui.demo.service import isolate_aws_environment

# Each is a module here, whose `main(json_file)` prints and returns the exit code. One with options of its own has a
# `parse(arguments)`, which returns the other arguments of `main`.
NAMES = (
    *("decode", "read", "refresh", "live", "table", "bytes", "start", "logs", "recent", "preview", "writes", "cost"),
    *("leases", "patterns", "redaction"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run a benchmark.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", metavar="FILE", help="also write the figures here")
    arguments, others = parser.parse_known_args()
    isolate_aws_environment(os.environ)
    benchmark = importlib.import_module(f"tests.bench.{arguments.name}")
    options = {}
    if hasattr(benchmark, "parse"):
        options = benchmark.parse(others)
    elif others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    code: int = benchmark.main(arguments.json, **options)
    return code


if __name__ == "__main__":
    sys.exit(main())
