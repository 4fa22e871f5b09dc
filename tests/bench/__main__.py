"""`python -m tests.bench NAME [--json FILE]`: run a benchmark, print its tables, keep its figures."""

import argparse
import importlib
import os
import sys

from tui.demo.service import isolate_aws_environment

# Each is a module here, whose `main(json_file)` prints and returns the exit code.
NAMES = ("decode", "read", "refresh", "table", "bytes", "start", "logs", "recent", "preview", "writes", "cost")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run a benchmark.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", metavar="FILE", help="also write the figures here")
    arguments = parser.parse_args()
    isolate_aws_environment(os.environ)
    code: int = importlib.import_module(f"tests.bench.{arguments.name}").main(arguments.json)
    return code


if __name__ == "__main__":
    sys.exit(main())
