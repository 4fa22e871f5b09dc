"""A stylesheet that remembers which of its rules apply. With `textual_private`, the one module with private names."""
# ruff: noqa: SLF001 - Textual has no public hook between its rules and its nodes

from collections.abc import Sequence
from typing import Any, NamedTuple

from textual.app import App
from textual.css.model import RuleSet
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

PRIVATE_OF_NODE = (
    *("_attach", "_classes", "_component_styles", "_get_component_classes", "_has_focus_within", "_has_hover_style"),
    *("_has_odd_or_even", "_has_order_style", "_id", "_parent"),
)
"""The private names of a `DOMNode` used here."""
PRIVATE_OF_STYLESHEET = ("_process_component_classes",)
"""The private names of a `Stylesheet` used here."""

_Signature = tuple[object, ...]
MOST_SIGNATURES = 2_000
"""The number of matches above which a stylesheet forgets them all."""


class _Match(NamedTuple):
    rules: RulesMap | None
    has_hover_style: bool


Matches = dict[_Signature, _Match]
"""The rules of the nodes matched so far."""


class RememberingStylesheet(Stylesheet):
    """A stylesheet that matches its rules once for all nodes that are equal to its selectors.

    Textual matches them again whenever the focus or a class changes: for the node, all nodes in it, and each of their
    component classes, of which a table has ten. That took a sixth of the CPU time of a walk over the screens.
    """

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._known: Matches = {}
        self._known_rules: Sequence[RuleSet] = ()
        self._matching: list[tuple[DOMNode, list[RulesMap]]] = []

    def apply(
        self, node: DOMNode, *, animate: bool = False, cache: dict[tuple[Any, ...], RulesMap] | None = None
    ) -> None:
        """Apply the rules to `node`."""
        self._apply(node, _signature(node), animate=animate, cache=cache)

    def new_matches(self) -> Matches:
        """Return the matches known of the rules: none. A hook for tests."""
        return {}

    def _apply(
        self,
        node: DOMNode,
        signature: _Signature,
        *,
        animate: bool = False,
        cache: dict[tuple[Any, ...], RulesMap] | None = None,
    ) -> None:
        if self._known_rules is not self.rules or len(self._known) > MOST_SIGNATURES:
            self._known_rules = self.rules  # another list whenever a source or the variables have changed
            self._known = self.new_matches()
        known = self._known.get(signature)
        if known is None:
            taken: list[RulesMap] = []
            self._matching.append((node, taken))
            try:
                super().apply(node, animate=animate, cache=cache)
            finally:
                self._matching.pop()
            # Some rules depend on more nodes than the signature has.
            if not (node._has_focus_within or node._has_order_style or node._has_odd_or_even):
                self._known[signature] = _Match(taken[0] if taken else None, node._has_hover_style)
            return
        node._has_hover_style = known.has_hover_style
        node._has_focus_within = node._has_order_style = node._has_odd_or_even = False
        if known.rules is not None:
            self.replace_rules(node, known.rules, animate=animate)
        self._process_component_classes(node)

    def replace_rules(self, node: DOMNode, rules: RulesMap, animate: bool = False) -> None:  # type: ignore[override]
        """Replace the rules of `node`, unless it has the same."""
        if self._matching and self._matching[-1][0] is node:
            self._matching[-1][1].append(rules)
        if not animate and node.styles.base.get_rules() == rules:
            node.notify_style_update()
        else:
            super().replace_rules(node, rules, animate=animate)

    def _process_component_classes(self, node: DOMNode) -> None:
        """Set the styles of those component classes that have other rules than before."""
        components = node._get_component_classes()
        if not components:
            return
        styles, path, is_changed = node._component_styles, _signature(node), False
        for component in sorted(components):
            signature = (*path, (DOMNode, None, frozenset((component,))))
            before, known = styles.get(component), self._known.get(signature)
            if before is not None and known is not None and before.base.get_rules() == (known.rules or {}):
                continue
            virtual_node = DOMNode(classes=component)
            virtual_node._attach(node)
            self._apply(virtual_node, signature)
            if before != virtual_node.styles:
                styles[component] = virtual_node.styles
                is_changed = True
        if is_changed and isinstance(node, Widget):
            node.refresh()


def _signature(node: DOMNode) -> _Signature:
    """Return what selectors can test of `node` and its ancestors, but for their siblings and the focus within."""
    found: list[object] = []
    each: object = node
    while isinstance(each, DOMNode):
        state: tuple[bool, ...] = ()
        if isinstance(each, Widget):
            state = (each.has_focus, each.mouse_hover, each.disabled, each.allow_focus())
        elif isinstance(each, App):
            state = (
                *(each.app_focus, each.current_theme.dark, each.native_ansi_color),
                *(each.no_color, each.is_inline),
            )
        found.append((type(each), each._id, frozenset(each._classes), *state))
        each = each._parent
    return tuple(reversed(found))
