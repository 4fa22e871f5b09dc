"""Regular expressions that users type, matched in linear time.

They are those of RE2: the `re` module backtracks, so that `(a|aa)+$` on one long error would hang the dashboard, and no
check of a pattern finds all such cases. RE2 has neither backreferences nor lookaround.
"""

import re
from typing import Any, cast

_MAX_CHARS = 2000
"""The most characters of a text that are searched."""
_MAX_PATTERN = 500
_UNSUPPORTED = r"\(\?(?:[=!>]|<[=!]|P=)|\\[1-9]"  # compiled when needed: it takes 0.6 ms


class RegexError(ValueError):
    """The text is not a valid regular expression; the message is one line that says why.

    `is_unsupported` is whether it is one for Python, but has lookaround or a backreference.
    """

    def __init__(self, message: str, *, is_unsupported: bool = False) -> None:
        super().__init__(message)
        self.is_unsupported = is_unsupported


def compile_regex(pattern: str, *, ignore_case: bool = True) -> re.Pattern[str]:
    """Return `pattern` compiled. Raises RegexError.

    The object has the methods of an `re.Pattern` that search; it comes from `re2`.
    """
    import re2  # not needed for the first frame

    if len(pattern) > _MAX_PATTERN:
        raise RegexError(f"longer than {_MAX_PATTERN} characters")
    try:
        return cast("re.Pattern[str]", re2.compile(pattern, _options(ignore_case=ignore_case)))
    except UnicodeEncodeError:
        raise RegexError("not valid Unicode") from None
    except re2.error as error:
        reason = error.args[0] if error.args else "?"
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        if re.search(_UNSUPPORTED, pattern) and _is_python(pattern):
            raise RegexError(f"{text}; RE2 has no lookaround and no backreferences", is_unsupported=True) from None
        raise RegexError(text) from None


def compile_text(text: str, *, ignore_case: bool) -> re.Pattern[str]:
    """Return the pattern that matches `text` itself."""
    import re2

    options = _options(ignore_case=ignore_case)
    options.literal = True
    return cast("re.Pattern[str]", re2.compile(text.encode("utf-8", "replace").decode(), options))


def _options(*, ignore_case: bool) -> Any:
    import re2

    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False  # RE2 would write to the terminal
    return options


def _is_python(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def is_found(regex: re.Pattern[str], text: str) -> bool:
    """Return whether `regex` matches somewhere in the beginning of `text`."""
    try:
        return regex.search(text[:_MAX_CHARS]) is not None
    except UnicodeEncodeError:  # half a surrogate pair, which RE2 cannot read
        return False
