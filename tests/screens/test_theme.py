"""Legibility in every theme and colour depth, without motion."""

import asyncio
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from textual.css.stylesheet import Stylesheet
from textual.filter import dim_color
from textual.screen import ModalScreen
from textual.theme import BUILTIN_THEMES

from store import Liveness
from tests.support.dashboard import Dashboard
from tests.support.rows import ahead
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.tour import TourDB, tour
from tui import theme
from tui.screens.runs import RunsScreen
from tui.settings import Settings, SettingsError
from tui.settings.origin import Origin
from tui.watch.model.states import State, liveness_facts

OURS = {each.name: each for each in theme.THEMES if not each.ansi}
# What terminals make of 16 colours: VGA's, by which Rich finds the nearest, and xterm's.
VGA = "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
# How much contrast WCAG wants of text; of text in xterm's, and of what is muted, as of large text.
ENOUGH, SOME = 4.5, 3.0
GLYPHS = {state.glyph for state in State} | {liveness_facts(alive).glyph for alive in Liveness}


@dataclass(frozen=True)
class Drawn:
    """A text on the screen, and its colours."""

    text: str
    color: Color
    ground: Color


def drawn(top: Dashboard) -> Iterator[Drawn]:
    """The texts on the screen, without lines and bars that only decorate it, or what lies behind a dialog."""
    if isinstance(top.app.screen, ModalScreen):
        top.app.screen.styles.background = top.app.current_theme.background
    for strip in top.app.screen._compositor.render_strips():
        for text, style, _ in strip:
            if not any(char.isalnum() or char in GLYPHS for char in text):
                continue
            assert style is not None
            assert not style.blink
            assert not style.blink2
            assert style.color is not None
            assert style.bgcolor is not None
            pair = (style.color, style.bgcolor)
            yield Drawn(text.strip(), *(reversed(pair) if style.reverse else pair))


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    """Return the WCAG contrast, from 1 to 21."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def linear(color: ColorTriplet) -> tuple[float, float, float]:
    red, green, blue = (
        (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for part in color.normalized
    )
    return red, green, blue


def luminance(color: ColorTriplet) -> float:
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def shown(color: Color) -> dict[str, ColorTriplet]:
    """Return the colours that terminals with more and fewer colours show."""
    number = color.downgrade(ColorSystem.STANDARD).number
    assert number is not None
    return {
        "truecolor": color.get_truecolor(),
        "256": color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor(),
        "16": Color.parse(f"#{VGA.split()[number]}").get_truecolor(),
        "xterm's 16": Color.parse(f"#{XTERM.split()[number]}").get_truecolor(),
    }


@dataclass
class Walk:
    """The observations of one walk over all screens."""

    legible: dict[tuple[str, Color, Color], str] = field(default_factory=dict)
    """A place of each pair of a text colour and a background, by theme."""
    moving: list[str] = field(default_factory=list)
    """Timers that repeat, except the one that updates ages."""

    def take(self, top: Dashboard, place: str) -> None:
        for each in drawn(top):
            self.legible.setdefault((top.app.theme, each.color, each.ground), f"{place}, {each.text!r}")
        top.app.screen.styles.background = None  # which `drawn` has set

    def take_timers(self, top: Dashboard, place: str) -> None:
        for widget in (top.app, top.app.screen, *top.app.screen.query("*")):
            running = [timer for timer in widget._timers if timer._active.is_set() and timer._repeat is None]
            intervals = [timer._interval for timer in running]
            if intervals != ([1] if widget is top.app else []):
                self.moving.append(f"{place}: {widget} every {intervals} s")


async def walk_everywhere() -> Walk:
    walk = Walk()
    async with Dashboard(TourDB(), preview="half").shown() as top:
        async for place in tour(top):
            if place != "notification":  # which has a timer to go
                walk.take_timers(top, place)
            for name in OURS:
                top.app.theme = name
                await top.settle()
                walk.take(top, place)
    return walk


@pytest.fixture(scope="module")
def walk() -> Walk:
    """One walk for all themes: opening the screens takes longer than examining them."""
    return asyncio.run(walk_everywhere())


@pytest.mark.slow
def test_every_text_is_legible_in_as_few_colours_as_there_are(walk: Walk) -> None:
    assert {name for name, *_ in walk.legible} == set(OURS)
    bad = set()
    for (name, text_color, background), place in walk.legible.items():
        # Dim white is the description of the command under the cursor of the palette.
        muted = Color.parse(OURS[name].variables["muted"]), dim_color(background, Color.parse("#ffffff"))
        color, ground = shown(text_color), shown(background)
        for colors in color:
            found = contrast(color[colors], ground[colors])
            if found < (SOME if text_color in muted or colors.startswith("xterm") else ENOUGH):
                pair = f"{text_color.name} on {background.name}"
                bad.add(f"{name}, {place}, {colors} colours: {pair}: {found:.1f}")
    assert not bad, "\n".join(sorted(bad))


@pytest.mark.slow
def test_nothing_blinks_or_spins_or_moves_by_itself(walk: Walk) -> None:
    """No timer runs but the one that updates ages, on any screen, and while the user types."""
    assert not walk.moving, "\n".join(walk.moving)


# Telling states apart without green. Machado, Oliveira and Fernandes (2009), on linear RGB.
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
D65 = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)
Vector = tuple[float, ...]


def times(matrix: tuple[Vector, ...], vector: Vector) -> Vector:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def without_green(color: str) -> Vector:
    """The colour in CIELAB, as a person with deuteranopia sees it."""
    seen = [min(1.0, max(0.0, part)) for part in times(DEUTERANOPIA, linear(Color.parse(color).get_truecolor()))]
    scaled = [part / white for part, white in zip(times(D65, tuple(seen)), WHITE, strict=True)]
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in scaled)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def states_apart(name: str) -> float:
    """Return the distance of the two most similar states."""
    found = OURS[name]
    seen = [without_green(str(color)) for color in (found.success, found.warning, found.error)]
    return min(math.dist(one, other) for one, other in itertools.combinations(seen, 2))


@pytest.mark.parametrize("ground", ["dark", "light"])
def test_states_differ_for_deuteranopes(ground: str) -> None:
    assert states_apart(f"deuteranopia-{ground}") > 25
    assert states_apart(f"deuteranopia-{ground}") > states_apart(f"reflowtop-{ground}")


# Other themes, and none


async def test_every_theme_of_textual_and_that_of_the_terminal_can_be_worn() -> None:
    async with Dashboard(TourDB()).shown() as top:
        below = top.lines[1:]  # the heading
        for name in sorted({*BUILTIN_THEMES, "ansi"}):
            top.app.theme = name
            await top.settle()
            assert top.lines[1:] == below
            assert top.app.theme_variables["muted"]


async def test_the_style_sheets_are_parsed_once_for_the_theme_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[Stylesheet] = []
    monkeypatch.setattr(Stylesheet, "reparse", again.append)
    async with Dashboard(TourDB(), theme="reflowtop-light").shown() as top:
        assert not again
        assert top.app.has_class("-light-mode")
        assert top.app.screen.styles.background.hex == "#FAFAFA"


async def test_the_theme_of_the_terminal_has_no_colours_but_its_own() -> None:
    async with Dashboard(TourDB(), theme="ansi", preview="half").shown() as top:
        async for place in tour(top):
            for strip in top.app.screen._compositor.render_strips():
                for text, style, _ in strip:
                    assert style is not None
                    for color in (style.color if text.strip() else None, style.bgcolor):
                        assert color is None or color.is_default or color.is_system_defined, (place, text, style)


async def test_without_colours_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for name in OURS:
        async with Dashboard(TourDB(), theme=name).shown() as top:
            cursor = top.line("▸ 01010101")
            assert "▲ failing" in cursor
            assert isinstance(top.app.screen, RunsScreen)
            db = top.db
            assert isinstance(db, ScriptedDB)
            db.failure = THROTTLED
            await top.refresh(ahead(minutes=2))
            assert top.app.screen.table.stale
            styles = {style for strip in top.app.screen._compositor.render_strips() for _, style, _ in strip}
            assert all(style is None or style.color is None or style.color.is_default for style in styles)
            assert any(style is not None and style.reverse for style in styles)
            assert any(style is not None and style.dim for style in styles)


def test_an_unknown_theme_suggests_the_nearest() -> None:
    settings = Settings(table="prod", theme="reflowtop-drak", sources={"theme": Origin("--theme")})
    with pytest.raises(
        SettingsError, match=r"^--theme: unknown theme 'reflowtop-drak'; did you mean reflowtop-dark\?$"
    ):
        theme.check_theme(settings)
    theme.check_theme(Settings(table="prod", theme="gruvbox"))
