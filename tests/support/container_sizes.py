"""The sizes of all containers that the objects, classes and modules of this project hold, to find those that grow."""

import functools
import gc
import inspect
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any

_CONTAINERS = (dict, list, set, deque, bytearray, OrderedDict)
_COUNTED = (*_CONTAINERS, functools._lru_cache_wrapper)
_PACKAGES = ("tui", "store")


def container_sizes() -> Counter[str]:
    """Return the number of items by the name of the attribute that holds them, such as `tui.app.ReflowTop.failures`.

    Items of containers in containers count, and `tui.app.ReflowTop` itself is the number of such objects. Unbounded
    caches of functions are containers, too.
    """
    sizes: Counter[str] = Counter()
    gc.collect()
    for kind, things in _objects_by_type().items():
        name = f"{kind.__module__}.{kind.__qualname__}"
        sizes[name] += len(things)
        slots = _slots(kind)
        for thing in things:
            for attribute, value in _attributes(thing, slots):
                if isinstance(value, _COUNTED):
                    _add(sizes, f"{name}.{attribute}", value)
    for module in [module for name, module in sys.modules.items() if _is_ours(name)]:
        for attribute, value in list(vars(module).items()):
            _add(sizes, f"{module.__name__}.{attribute}", value)
            if isinstance(value, type) and value.__module__ == module.__name__:
                for inner, each in list(vars(value).items()):
                    _add(sizes, f"{module.__name__}.{attribute}.{inner} of the class", each)
    return sizes


def _is_ours(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in _PACKAGES


def _objects_by_type() -> dict[type, list[object]]:
    """Return the objects of this project that the garbage collector knows."""
    found: defaultdict[type, list[object]] = defaultdict(list)
    for thing in gc.get_objects():
        found[type(thing)].append(thing)
    return {kind: things for kind, things in found.items() if _is_ours(kind.__module__)}


def _slots(kind: type) -> list[str]:
    """Return the names of the slots of a type."""
    return [
        name
        for each in kind.__mro__
        for name, value in vars(each).items()
        if inspect.ismemberdescriptor(value) and not name.startswith("__")
    ]


def _attributes(thing: object, slots: list[str]) -> Iterator[tuple[str, Any]]:
    yield from list(getattr(thing, "__dict__", {}).items())
    for name in slots:
        if hasattr(thing, name):
            yield name, getattr(thing, name)


def _add(sizes: Counter[str], name: str, value: Any) -> None:
    if isinstance(value, _CONTAINERS):
        sizes[name] += len(value)
        inner = value.values() if isinstance(value, Mapping) else value
        if not isinstance(value, bytearray):
            sizes[name] += sum(len(each) for each in list(inner) if isinstance(each, _CONTAINERS))
    elif isinstance(value, functools._lru_cache_wrapper):
        sizes[name] += value.cache_info().currsize
