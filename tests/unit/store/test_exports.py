"""Names of `store`: everything that the documentation of an exported name refers to is exported, too."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import store

FOLDER = Path(store.__file__).parent
# Names of one class with several capitals, and constants, need no quotes to be taken for a name.
NAME = re.compile(r"`([A-Za-z]\w+)`|\b([A-Z][a-z]+[A-Z]\w*)")


@cache
def definitions() -> frozenset[str]:
    """The public classes and constants of the package."""
    names = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.ClassDef):
                names.add(node.name)
            if isinstance(node, ast.Assign):
                names |= {target.id for target in node.targets if isinstance(target, ast.Name) and target.id.isupper()}
    return frozenset(name for name in names if len(name) > 1 and not name.startswith("_"))


def documented(name: str) -> Iterator[tuple[str, set[str]]]:
    """The words of the docstring of an exported name and of its public members, and those of their signatures."""
    value = getattr(store, name)
    members = {}
    if inspect.isclass(value):
        members = {f"{name}.{key}": each for key, each in vars(value).items() if not key.startswith("_")}
        yield name, set(re.findall(r"\w+", str(inspect.get_annotations(value))))
    for place, member in {name: value, **members}.items():
        function = getattr(member, "__func__", getattr(member, "fget", member))
        if not callable(function):
            continue
        yield place, {word for words in NAME.findall(inspect.getdoc(function) or "") for word in words}
        if inspect.isroutine(function):
            yield place, set(re.findall(r"\w+", str(inspect.signature(function))))


@pytest.mark.parametrize("name", store.__all__)
def test_documented_names_are_exported(name: str) -> None:
    ours = definitions() - {*store.__all__}
    missing = {place: words & ours for place, words in documented(name) if words & ours}
    assert not missing, "export these names in store/__init__.py, or do not mention them"


def test_names_are_exported_once() -> None:
    assert len({*store.__all__}) == len(store.__all__)
    assert store._LATE.keys() <= {*store.__all__}


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = store.nothing
