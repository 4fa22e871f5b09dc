"""The error for a wrong setting, and suggestions for misspelt names."""

from collections.abc import Iterable

_MAX_NAMES = 30


class SettingsError(ValueError):
    """A setting is missing or wrong; the message is one line that names it, its value and the remedy."""


def suggest(word: str, known: Iterable[str]) -> str:
    """Return a hint for a `word` that is not one of the `known` names: the most similar name, or the first 30."""
    import difflib

    names = list(known)
    by_lower = {name.lower(): name for name in names}
    like = difflib.get_close_matches(word.lower().replace("-", "_"), by_lower, n=1) or difflib.get_close_matches(
        word.lower(), by_lower, n=1
    )
    if like:
        return f"did you mean {by_lower[like[0]]}?"
    return f"choose from {', '.join(names[:_MAX_NAMES])}{' and more' if len(names) > _MAX_NAMES else ''}"
