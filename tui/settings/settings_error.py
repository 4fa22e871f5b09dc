"""What is wrong with a setting, and the nearest thing that would be right."""

from collections.abc import Iterable

_MOST = 30


class SettingsError(ValueError):
    """A setting is missing or wrong; the message is one line that names it, its value and the remedy."""


def suggest(word: str, known: Iterable[str]) -> str:
    """The remedy for a `word` that is not among the `known` ones: the one that is most like it, else some of them."""
    import difflib

    names = list(known)
    by_lower = {name.lower(): name for name in names}
    like = difflib.get_close_matches(word.lower().replace("-", "_"), by_lower, n=1) or difflib.get_close_matches(
        word.lower(), by_lower, n=1
    )
    if like:
        return f"did you mean {by_lower[like[0]]}?"
    return f"there are {', '.join(names[:_MOST])}{' and more' if len(names) > _MOST else ''}"
