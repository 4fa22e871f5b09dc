"""The first document of a YAML file as Go's yaml.v2 reads it: scalars as they are written, whatever their types.

PyYAML's own constructors refuse what Go accepts (`2023-02-30`, `=`, unknown tags, keys that are lists), and expand what
aliases repeat. This module reads PyYAML's events instead: in time linear to the file, without recursion.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

_NULLS = ("", "~", "null", "Null", "NULL")
_MERGE = "<<"
_MAX_DEPTH = 1000  # as in libyaml; PyYAML without it has no limit


class Scalar(NamedTuple):
    """A scalar as it is written; `is_null` is whether Go reads it as none."""

    text: str
    is_null: bool = False


class Items:
    """A list. Its items are of no use to us, but may hold anchors, and mappings to merge."""

    def __init__(self) -> None:
        self.items: list[Node] = []


class Pairs:
    """A mapping: its pairs in order. Keys that are no scalars are None.

    `lines` has the number of the last line, from 1, on which each key begins.
    """

    def __init__(self) -> None:
        self.pairs: list[tuple[str | None, Node]] = []
        self.lines: dict[str, int] = {}

    def get(self, key: str) -> "Node | None":
        """Return the value of `key`: of the last such pair, or else of a mapping that is merged with `<<`."""
        return next(
            (value for mapping in self._merged() for name, value in reversed(mapping.pairs) if name == key), None
        )

    def texts(self) -> dict[str, str]:
        """Return the scalars by key, without those that are null, and those of mappings that are merged."""
        texts: dict[str, str] = {}
        for mapping in self._merged():
            own = {name: value for name, value in mapping.pairs if name is not None and name != _MERGE}
            found = {name: each.text for name, each in own.items() if isinstance(each, Scalar) and not each.is_null}
            texts = {**found, **texts}
        return texts

    def _merged(self) -> "Iterator[Pairs]":
        """Yield this mapping and those that it merges, each once: a chain of merges can repeat them endlessly."""
        todo: list[Node] = [self]
        seen = set()
        while todo:
            node = todo.pop(0)
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, Items):
                todo.extend(node.items)
            elif isinstance(node, Pairs):
                yield node
                todo.extend(value for name, value in node.pairs if name == _MERGE)


Node: TypeAlias = Scalar | Items | Pairs


class YamlError(ValueError):
    """A file is not YAML; the text is why. `line` is counted from 1, 0 if it is not known."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def parse_document(data: bytes) -> Node:
    """Return the first document in `data`; a null scalar if it is empty. What follows is not read. Raises YamlError."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml: 10 times as fast
    try:
        return _build(yaml.parse(data, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(error.problem or str(error), 0 if mark is None else mark.line + 1) from error
    except yaml.reader.ReaderError as error:
        # In characters or, for a wrong encoding, in bytes; the difference is a line at most.
        line = data.count(b"\n", 0, error.position) + 1
        is_encoding = error.encoding != "unicode" and error.reason.startswith(("incomplete", "invalid", "unexpected"))
        why = "not UTF-8" if is_encoding or isinstance(error.character, bytes) else "a control character"
        raise YamlError(why, line) from error


def _build(events: Iterator[Any]) -> Node:
    import yaml

    builder = _Builder()
    for event in events:
        match event:
            case yaml.ScalarEvent():
                is_null = not event.style and event.tag is None and event.value in _NULLS
                builder.add(Scalar(event.value, is_null), event)
            case yaml.SequenceStartEvent():
                builder.add(Items(), event)
            case yaml.MappingStartEvent():
                builder.add(Pairs(), event)
            case yaml.AliasEvent():
                builder.add_alias(event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                builder.end()
            case yaml.DocumentEndEvent():
                break
    return builder.root


class _Builder:
    """The nodes of a document, put together from its events."""

    def __init__(self) -> None:
        self.root: Node = Scalar("", is_null=True)
        self._open: list[Items | Pairs] = []
        self._keys: list[list[str | None]] = []  # of each open node: the key whose value comes next, if any
        self._anchors: dict[str, Node] = {}

    def add(self, node: Node, event: Any) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._put(node, event)
        if not isinstance(node, Scalar):
            self._open.append(node)
            self._keys.append([])
            if len(self._open) > _MAX_DEPTH:
                raise YamlError("it is nested too deeply", event.start_mark.line + 1)

    def add_alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise YamlError(f"the alias *{event.anchor[:40]} has no anchor", event.start_mark.line + 1)
        self._put(self._anchors[event.anchor], event)

    def end(self) -> None:
        self._open.pop()
        self._keys.pop()

    def _put(self, node: Node, event: Any) -> None:
        if not self._open:
            self.root = node
            return
        top, keys = self._open[-1], self._keys[-1]
        if isinstance(top, Items):
            top.items.append(node)
        elif keys:
            top.pairs.append((keys.pop(), node))
        elif isinstance(node, Scalar):
            keys.append(node.text)
            top.lines[node.text] = event.start_mark.line + 1
        else:
            keys.append(None)
