"""Bounded label values."""

from tui.metrics.label_cap import OTHER, LabelCap


def test_the_most_frequent_values_are_chosen_and_the_others_counted_together() -> None:
    labels = LabelCap(2).choose({"a": 1, "b": 3, "c": 2})
    assert labels == {"a": OTHER, "b": "b", "c": "c"}


def test_a_chosen_value_stays_while_it_occurs() -> None:
    cap = LabelCap(2)
    cap.choose({"a": 1, "b": 2})
    assert cap.choose({"a": 1, "b": 2, "c": 99}) == {"a": "a", "b": "b", "c": OTHER}
    assert cap.choose({"a": 1, "c": 99, "d": 100}) == {"a": "a", "c": OTHER, "d": "d"}


def test_names_in_the_table_are_made_safe() -> None:
    labels = LabelCap(9).choose({"": 1, "a\x1b[2J\n": 1, "\ud800": 1, "x" * 500: 1})
    assert labels[""] == "-"
    assert LabelCap(9).choose({"https://amy:hunter2x@h/": 1}) == {
        "https://amy:hunter2x@h/": "https://amy:[redacted]@h/"
    }
    assert labels["a\x1b[2J\n"] == "a␛[2J␊"
    assert all(label.encode() and len(label) <= 100 for label in labels.values())
