"""Untrusted text for widgets."""

import pytest

from tui.text.safe import safe
from tui.widgets.content import content


@pytest.mark.parametrize("text", ["[/x]", "[@click=app.quit]quit[/]", "[b]bold", "\\[", "[link=x]\x1b]52;c;\x07"])
def test_content_parses_no_markup(text: str) -> None:
    assert content(text).plain == safe(text)
    assert content(text).spans == []
    assert content(text, "bold").plain == safe(text)
