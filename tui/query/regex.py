"""Regular expressions that users type, matched in linear time.

They are those of RE2: the `re` module backtracks, so that `(a|aa)+$` on one long error would hang the dashboard, and no
check of a pattern finds all such cases. RE2 has neither backreferences nor lookaround.
"""

import re
from typing import cast

_MAX_CHARS = 2000
"""The most characters of a text that are searched."""
_MAX_PATTERN = 500


class RegexError(ValueError):
    """The text is not a valid regular expression; the message is one line that says why."""


def compile_regex(pattern: str) -> re.Pattern[str]:
    """Return `pattern` compiled, without regard to case. Raises RegexError.

    The object has the methods of an `re.Pattern` that search; it comes from `re2`.
    """
    import re2  # not needed for the first frame

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False  # RE2 would write to the terminal
    if len(pattern) > _MAX_PATTERN:
        raise RegexError(f"longer than {_MAX_PATTERN} characters")
    try:
        return cast("re.Pattern[str]", re2.compile(pattern, options))
    except UnicodeEncodeError:
        raise RegexError("not valid Unicode") from None
    except re2.error as error:
        reason = error.args[0] if error.args else "?"
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise RegexError(text) from None


def is_found(regex: re.Pattern[str], text: str) -> bool:
    """Return whether `regex` matches somewhere in the beginning of `text`."""
    try:
        return regex.search(text[:_MAX_CHARS]) is not None
    except UnicodeEncodeError:  # half a surrogate pair, which RE2 cannot read
        return False
