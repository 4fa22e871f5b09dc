"""The reference of the public names of `store`, made of their docstrings: `python -m tests.support.api_reference`."""

import ast
import enum
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

import store
import store.blocking

FILE = Path(__file__).parents[2] / "store" / "API.md"
_WIDTH = 100
_ANNOTATED_DEFAULT = re.compile(r"^([^=]*: [^=]*)=")  # `ast.unparse` leaves no space around the sign
_HEAD = """\
# API reference of `store`

Made from the docstrings by `python -m tests.support.api_reference`; a test fails while it is out of date. The guide is
[`README.md`](README.md).
"""
# Constants and aliases do not know their module.
_VALUES = {
    "BOOT": "store.lease",
    "END": "store.logs.log",
    "GRACE": "store.lease",
    "HEAD": "store.logs.log",
    "LEASE": "store.lease",
    "MappingHandlerFunc": "store.taskdb",
    "PageHook": "store.model",
}
_GROUPS: tuple[tuple[str, frozenset[str]], ...] = (
    ("Databases", frozenset({"taskdb", "dynamo.taskdb", "dynamo.setup", "memory", "nop", "aws.retry"})),
    ("Without an event loop", frozenset({"blocking"})),
    ("Leases", frozenset({"keepalive", "lease", "lease_block", "lease_keeper"})),
    ("Rows, queries and results", frozenset({"model", "digest", "resources", "convert"})),
    ("Errors", frozenset({"errors"})),
    ("Logs and objects", frozenset()),  # all other modules
)


def render() -> str:
    """Return the reference in Markdown."""
    return "\n".join([_HEAD, *_sections()]).rstrip() + "\n"


# Methods and functions of `store.blocking` that have an asynchronous twin are described there.
_BLOCKING = ("TaskDB", "keep_run_alive", "keep_task_alive", "keep_id_alive", "keep_id_alive_and_end")


def public_names() -> dict[str, Any]:
    """Return the public values by their names: those of `store`, and those of `store.blocking` with its name."""
    names = {name: getattr(store, name) for name in store.__all__}
    return names | {f"blocking.{name}": getattr(store.blocking, name) for name in _BLOCKING}


def _sections() -> Iterator[str]:
    listed: set[str] = set()
    values = public_names()
    for title, modules in _GROUPS:
        names = [name for name, value in values.items() if name not in listed and _is_in(name, value, modules)]
        listed.update(names)
        if names:
            yield f"## {title}\n"
            for name in sorted(names, key=str.lower):
                yield from _entry(name, values[name])


def _is_in(name: str, value: Any, modules: frozenset[str]) -> bool:
    return not modules or _module(name, value).removeprefix("store.") in modules


def _module(name: str, value: Any) -> str:
    """Return the name of the module that defines a public value."""
    if name in _VALUES:
        return _VALUES[name]
    return str(value.__module__)


def _entry(name: str, value: Any) -> Iterator[str]:
    if inspect.isfunction(value):
        yield f"### `{name}`\n"
        yield from _described(_signature(value), value)
        return
    if not inspect.isclass(value):
        definition, text = _constant(name)
        yield f"### `{name}`\n"
        yield f"```python\n{definition}\n```\n"
        yield f"{text}\n"
        return
    yield f"### class `{name}`\n"
    if issubclass(value, enum.Enum):
        yield f"{_doc(value)}\n"
        yield f"Values: {', '.join(f'`{member.name}`' for member in value)}.\n"
        return
    yield from _described(_fields(value), value)
    for member, part in _members(value):
        yield f"#### `{name}.{member}`\n"
        if isinstance(part, property):
            yield f"{_doc(part)}\n"
        else:
            yield from _described(_signature(getattr(value, member)), getattr(value, member))


def _described(signature: str, value: Any) -> Iterator[str]:
    if signature:
        yield f"```python\n{signature}\n```\n"
    yield f"{_doc(value)}\n"


def _members(cls: type[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class, in the order of its source.

    What a TaskDB has in common with others is described once, with the interface.
    """
    is_database = issubclass(cls, store.TaskDB) and cls is not store.TaskDB
    owners = [owner for owner in cls.__mro__ if owner.__module__.startswith("store")]
    seen = set(vars(store.TaskDB)) if is_database else set[str]()
    for owner in owners:
        for name, part in vars(owner).items():
            is_shown = isinstance(part, property | classmethod | staticmethod) or inspect.isfunction(part)
            if not name.startswith("_") and is_shown and name not in seen:
                seen.add(name)
                yield name, part


def _fields(cls: type[Any]) -> str:
    """Return the constructor of a class as code; of a row or query, its fields with their types and defaults."""
    if issubclass(cls, msgspec.Struct) or hasattr(cls, "_fields"):
        bodies = [_parse(owner).body for owner in reversed(cls.__mro__) if owner.__module__.startswith("store")]
        fields = [ast.unparse(line) for body in bodies for line in body if isinstance(line, ast.AnnAssign)]
        return "\n".join([f"class {cls.__name__}:", *(f"    {field}" for field in fields)])
    own = vars(cls).get("__init__")
    return _signature(own, cls.__name__) if own is not None else ""


def _signature(function: Any, name: str = "") -> str:
    """Return the head of a function as its source has it, one argument a line if it is long."""
    node = _parse(inspect.unwrap(getattr(function, "__func__", function)))
    arguments = [argument for argument in node.args.args if argument.arg not in ("self", "cls")]
    node.args.args, node.body, node.decorator_list = arguments, [ast.Pass()], []
    if name:
        node.name, node.returns = name, None
    head = ast.unparse(node).partition("\n")[0].removesuffix(":")
    head = head.replace("def ", "", 1) if name else head
    opening, closing = head.index("("), head.rindex(")")
    arguments = [_ANNOTATED_DEFAULT.sub(r"\1 = ", part) for part in _split(head[opening + 1 : closing])]
    short = f"{head[: opening + 1]}{', '.join(arguments)}{head[closing:]}"
    if len(short) <= _WIDTH:
        return short
    lines = "\n".join(f"    {argument}," for argument in arguments)
    return f"{head[: opening + 1]}\n{lines}\n{head[closing:]}"


def _split(arguments: str) -> Iterator[str]:
    """Split arguments at the commas that stand in no brackets."""
    depth, begin = 0, 0
    for position, char in enumerate(arguments):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and not depth:
            yield arguments[begin:position].strip()
            begin = position + 1
    yield arguments[begin:].strip()


def _constant(name: str) -> tuple[str, str]:
    """Return the assignment of a constant or an alias, and the docstring below it."""
    body = ast.parse(inspect.getsource(import_module(_VALUES[name]))).body
    for line, following in pairwise(body):
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == name and isinstance(following, ast.Expr):
            return ast.unparse(line), inspect.cleandoc(ast.literal_eval(following.value))
    raise LookupError(f"{name} has no docstring in {_VALUES[name]}")


def _parse(value: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]


def _doc(value: Any) -> str:
    return inspect.getdoc(value) or ""


def main() -> int:
    """Write the reference to `store/API.md`."""
    FILE.write_text(render())
    return 0


if __name__ == "__main__":
    sys.exit(main())
