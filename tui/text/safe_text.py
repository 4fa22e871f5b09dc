"""The type of texts that are harmless to a terminal. Whatever prints or draws takes no other."""

from collections.abc import Iterable
from typing import NewType

SafeText = NewType("SafeText", str)
"""A text that is harmless to a terminal. Only the modules that `tests/unit/test_safe_text.py` names make one."""

EMPTY = SafeText("")


def join(between: str, texts: Iterable[SafeText]) -> SafeText:
    """Return the `texts` with `between`, a literal, between them."""
    return SafeText(between.join(texts))
