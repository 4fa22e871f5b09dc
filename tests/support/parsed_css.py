"""Parse the CSS of Textual and of the dashboard once per process, not once per app.

Parsing takes 7 of the 80 ms in which a test of a screen starts its app, and as much again at each change of the theme.
The result depends on the text, its location and the variables of the theme, and nothing modifies it.
"""

from typing import Any

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_Rules = LRUCache[tuple[Any, ...], Any]

_SIZE = 512  # sources of CSS per theme
_by_variables: dict[frozenset[tuple[str, str]], _Rules] = {}


def install() -> None:
    """Let stylesheets with the same variables share one cache. Textual gives each a cache of its own."""
    create, set_variables = Stylesheet.__init__, Stylesheet.set_variables

    def create_sharing(self: Stylesheet, *, variables: dict[str, str] | None = None) -> None:
        create(self, variables=variables)
        self._parse_cache = _shared(self._variables)

    def set_variables_sharing(self: Stylesheet, variables: dict[str, str]) -> None:
        self._parse_cache = LRUCache(0)  # Textual clears the cache that it finds, which must not be the shared one
        set_variables(self, variables)
        self._parse_cache = _shared(variables)

    # Textual hashes each rule for each widget that it styles, in Python, with `id`, which calls our audit hook.
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]
    Stylesheet.__init__ = create_sharing  # type: ignore[method-assign]
    Stylesheet.set_variables = set_variables_sharing  # type: ignore[method-assign]


def _shared(variables: dict[str, str]) -> _Rules:
    return _by_variables.setdefault(frozenset(variables.items()), LRUCache(_SIZE))
