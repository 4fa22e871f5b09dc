"""Match the rules of CSS with a place in the tree of widgets once per process, not once per app.

Without it, the tests of screens take a sixth more CPU time. The styles of a node follow from the rules that name its
type, its classes or its id, and from the same facts and pseudo classes of the node and of all that it is in.
`test_matched_css.py` compares the styles of every screen with those that Textual finds by itself.
"""

from dataclasses import dataclass, field
from typing import Any

from textual.cache import LRUCache
from textual.css.model import CombinatorType, RuleSet
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

# The type, the classes and the id of a node, and which of the pseudo classes it has that rules ask for.
_Facts = tuple[type[DOMNode], frozenset[str], str | None, int]
# Those of a node, then of each that it is in.
_Place = tuple[_Facts, ...]
_Names = tuple[type[DOMNode], frozenset[str], str | None]

_SHEETS, _CANDIDATES, _PLACES = 128, 2048, 1024  # that are remembered: in all, in all, for one set of candidates
FLAGS = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")


@dataclass(slots=True)
class _Match:
    """The styles of a place."""

    rules: Any
    """As Textual found them; None without any."""
    as_set: dict[str, Any]
    """As a node without other styles has them then."""


@dataclass(slots=True)
class _Candidates:
    """The rules that may style a node, by the names in their last selectors, and where they matched."""

    rules: tuple[RuleSet, ...]
    own: tuple[str, ...]
    """The pseudo classes that the rules ask for of the node."""
    outer: tuple[str, ...]
    """The pseudo classes that they ask for of the nodes around it."""
    flags: tuple[bool, ...] = ()
    """Attributes that Textual sets on the node."""
    matches: LRUCache[_Place, _Match] = field(default_factory=lambda: LRUCache(_PLACES))


@dataclass(slots=True)
class _Sheet:
    """A list of rules, which is never modified, and the candidates by the names of a node."""

    rules: list[RuleSet]
    candidates: dict[_Names, _Candidates] = field(default_factory=dict)


_sheets: LRUCache[tuple[int, ...], _Sheet] = LRUCache(_SHEETS)
_candidates: LRUCache[tuple[int, ...], _Candidates] = LRUCache(_CANDIDATES)
_matching: list[list[Any]] = []  # nodes whose rules Textual looks for, and what it found
_probes: dict[str, DOMNode] = {}  # as Textual makes them for component classes

_apply, _replace = Stylesheet.apply, Stylesheet.replace_rules


def install() -> None:
    """Let stylesheets look up what they have matched."""
    Stylesheet.apply = _apply_remembering  # type: ignore[method-assign]
    Stylesheet.replace_rules = classmethod(_replace_noting)  # type: ignore[method-assign, assignment]


def uninstall() -> None:
    """Let stylesheets match again, to compare."""
    Stylesheet.apply, Stylesheet.replace_rules = _apply, _replace  # type: ignore[method-assign]


def _apply_remembering(self: Stylesheet, node: DOMNode, *, animate: bool = False, cache: Any = None) -> None:
    """Do as `Stylesheet.apply`; `cache` would be for a group of nodes."""
    candidates = _candidates_of(self, node)
    place = _facts(node, candidates.own), *_outer_facts(node, candidates.outer)
    match = candidates.matches.get(place)
    if match is None:
        node.__dict__.pop("_matched_parts", None)
        _matching.append([node, None])
        try:
            _apply(self, node, animate=animate)
        finally:
            _, rules = _matching.pop()
        candidates.flags = tuple(getattr(node, name) for name in FLAGS)
        candidates.matches[place] = _Match(rules, {**node._css_styles.get_rules()})
        return
    for name, value in zip(FLAGS, candidates.flags, strict=True):
        setattr(node, name, value)
    if match.rules is not None:
        _set(node, match, animate=animate)
    if not _has_same_parts(self, node):
        self._process_component_classes(node)


def _replace_noting(cls: type[Stylesheet], node: DOMNode, rules: Any, animate: bool = False) -> None:
    if _matching and _matching[-1][0] is node:
        _matching[-1][1] = rules
    _replace(node, rules, animate)


def _set(node: DOMNode, match: _Match, *, animate: bool) -> None:
    """Do as `Stylesheet.replace_rules`, without what would change nothing."""
    styles = node._css_styles
    if type(node) is DOMNode and not styles._rules:  # of a component class, and new
        styles._rules.update(match.as_set)  # type: ignore[typeddict-item]
        styles._updates += 1
        return
    last, updates = node.__dict__.get("_matched", (None, 0))
    if last is not match or updates != styles._updates:
        _replace(node, match.rules, animate)
        node.__dict__["_matched"] = match, styles._updates
    elif not animate:
        node.notify_style_update()


def _has_same_parts(sheet: Stylesheet, node: DOMNode) -> bool:
    """Tell whether each component class of the node has the styles that it had when this was last asked."""
    parts = sorted(node._get_component_classes())
    if not parts:
        return True
    outer: dict[tuple[str, ...], _Place] = {}
    matches: list[_Match | None] = []
    for part in parts:
        if part not in _probes:
            _probes[part] = DOMNode(classes=part)
        probe = _probes[part]
        candidates = _candidates_of(sheet, probe)
        if candidates.outer not in outer:
            outer[candidates.outer] = (_facts(node, candidates.outer), *_outer_facts(node, candidates.outer))
        matches.append(candidates.matches.get((_facts(probe, candidates.own), *outer[candidates.outer])))
    last = node.__dict__.get("_matched_parts", ())
    node.__dict__["_matched_parts"] = matches
    return (
        len(last) == len(parts) == len(node._component_styles)
        and None not in matches
        and all(one is other for one, other in zip(last, matches, strict=True))
    )


def _candidates_of(sheet: Stylesheet, node: DOMNode) -> _Candidates:
    known = _sheet_of(sheet).candidates
    names = type(node), node.classes, node._id
    if names not in known:
        by_name = sheet.rules_map
        selected = {rule for name in by_name.keys() & node._selector_names for rule in by_name[name]}
        rules = tuple(rule for rule in sheet.rules if rule in selected)
        ids = tuple(map(id, rules))
        if ids not in _candidates:
            _candidates[ids] = _Candidates(rules, *_pseudo_classes(rules))
        known[names] = _candidates[ids]
    return known[names]


def _sheet_of(sheet: Stylesheet) -> _Sheet:
    rules = sheet.rules
    known: _Sheet | None = sheet.__dict__.get("_matched")
    if known is None or known.rules is not rules:
        ids = tuple(map(id, rules))
        if ids not in _sheets:
            _sheets[ids] = _Sheet(rules)
        known = sheet.__dict__["_matched"] = _Sheet(rules, _sheets[ids].candidates)
    return known


def _pseudo_classes(rules: tuple[RuleSet, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the pseudo classes that the rules ask for of a node, and of what it is in."""
    own: set[str] = set()
    outer: set[str] = set()
    for selectors in (each.selectors for rule in rules for each in rule.selector_set):
        asked = own
        for selector in reversed(selectors):
            asked |= selector.pseudo_classes
            if selector.combinator is not CombinatorType.SAME:
                asked = outer
    return tuple(sorted(own)), tuple(sorted(outer))


def _facts(node: DOMNode, pseudo_classes: tuple[str, ...]) -> _Facts:
    which = 0
    if pseudo_classes:
        known: Any = node._PSEUDO_CLASSES
        for number, name in enumerate(pseudo_classes):
            if name in known and known[name](node):
                which |= 1 << number
    return type(node), node.classes, node._id, which


def _outer_facts(node: DOMNode, pseudo_classes: tuple[str, ...]) -> _Place:
    facts = []
    outer = node._parent
    while isinstance(outer, DOMNode):
        facts.append(_facts(outer, pseudo_classes))
        outer = outer._parent
    return tuple(facts)
