"""Secrets in lists of arguments. Several may make sense together only, such as a flag and its value."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from tui.text.secrets.plain_text import Span

Find = Callable[[str], Iterable[Span]]
_ITEM = r"(?:\"[^\"\n]{0,2000}\"|'[^'\n]{0,2000}')"
_LIST = re.compile(rf"[\[(]\s{{0,4}}(?P<items>{_ITEM}(?:\s{{0,4}},\s{{0,4}}{_ITEM})+)")
_ITEMS = re.compile(_ITEM)


def find_in_arguments(args: Sequence[str], find: Find) -> list[list[Span]]:
    """Return where secrets are in each of `args`, by what `find` finds in the command line that they make.

    Arguments with spaces are quoted in it, so that a secret ends where they do.
    """
    quoted = [_quote(arg) for arg in args]
    found: list[list[Span]] = [[] for _ in args]
    spans = iter(sorted(find(" ".join(quoted))))
    span = next(spans, None)
    starts = itertools.accumulate((len(each) + 1 for each in quoted), initial=0)
    for place, (start, text, arg) in enumerate(zip(starts, quoted, args, strict=False)):
        shift = start + (text != arg)
        while span is not None and span[0] < start + len(text):
            inside = max(span[0] - shift, 0), min(span[1] - shift, len(arg))
            if inside[0] < inside[1]:
                found[place].append(inside)
            if span[1] > start + len(text):
                break  # it goes on in the next argument
            span = next(spans, None)
    return found


def find_in_lists(text: str, find: Find) -> Iterator[Span]:
    """Yield the secrets in lists of texts in a prepared text, as Python, JSON and Go print arguments."""
    if "'," not in text and '",' not in text:
        return
    for match in _LIST.finditer(text):
        items = [item.span() for item in _ITEMS.finditer(text, match.start("items"), match.end("items"))]
        found = find_in_arguments([text[start + 1 : end - 1] for start, end in items], find)
        for (start, _), spans in zip(items, found, strict=True):
            yield from ((start + 1 + first, start + 1 + last) for first, last in spans)


def _quote(arg: str) -> str:
    if not any(map(str.isspace, arg)):
        return arg
    quote = next((each for each in "\"'" if each not in arg), None)
    return arg if quote is None else f"{quote}{arg}{quote}"
