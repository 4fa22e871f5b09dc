"""A cache for functions of texts from outside, which keeps no long one alive: a row may have 400 KB in a field."""

import functools
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONGEST = 500  # characters of a text that is kept with its result


def cache_short_texts(most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Return a decorator that keeps the last `most` results of a function, those of short texts only."""

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        cached = functools.lru_cache(maxsize=most)(function)

        @functools.wraps(function)
        def call(text: str) -> T:
            return cached(text) if len(text) <= LONGEST else function(text)

        return call

    return decorate
