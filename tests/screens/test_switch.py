"""Switching the theme while the dashboard runs."""

from tests.support.dashboard import Dashboard, cluster


async def test_theme_is_switched_by_name_and_completed() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("colon", *"theme nord", "enter")
        assert top.app.theme == "nord"
        await top.press("colon", *"theme reflowtop-l", "tab", "enter")
        assert top.app.theme == "reflowtop-light"
        await top.press("colon", *"theme", "enter", *"drac", "tab", "enter")
        assert top.app.theme == "dracula"


async def test_unknown_theme_is_refused_with_a_suggestion() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("colon", *"theme nrod", "enter")
        assert "unknown theme 'nrod'; did you mean nord?" in top.text
        assert top.app.theme == "reflowtop-dark"
