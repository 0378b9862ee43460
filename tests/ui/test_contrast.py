"""WCAG 2.2 AA contrast of the design tokens, in both themes, computed from the style sheet itself."""

import re
from pathlib import Path

import pytest

from tests.paths import PROJECT_ROOT

TOKENS = Path(PROJECT_ROOT, "static/ui/tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
COLOURS = {name: {"light": light, "dark": dark} for name, light, dark in PAIR.findall(TOKENS)}
THEMES = ("light", "dark")
TYPES = [name for name in COLOURS if name.startswith("type-")]
SEVERITIES = [f"severity-{level}" for level in range(1, 6)]
BACKGROUNDS = ("paper", "surface", "surface-2")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_all_seven_crisis_types_have_a_colour() -> None:
    assert len(TYPES) == 7


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", ["ink", "ink-2", "ink-3", "accent", "accent-hover", "bad", *TYPES])
def test_text_can_be_read(theme: str, background: str, text: str) -> None:
    assert contrast(COLOURS[text][theme], COLOURS[background][theme]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tone", ["ok", "info", "warn", "bad", "danger", "muted", "accent"])
def test_badges_can_be_read(theme: str, tone: str) -> None:
    assert contrast(COLOURS[tone][theme], COLOURS[f"{tone}-soft"][theme]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("note", ["ok", "info", "warn", "bad", "danger"])
def test_notes_can_be_read(theme: str, note: str) -> None:
    assert contrast(COLOURS["ink"][theme], COLOURS[f"{note}-soft"][theme]) >= 7


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("background", ["accent", "accent-hover"])
def test_primary_button_can_be_read(theme: str, background: str) -> None:
    assert contrast(COLOURS["accent-ink"][theme], COLOURS[background][theme]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("turn", ["user-turn", "assistant-turn"])
def test_conversations_can_be_read_with_ease(theme: str, turn: str) -> None:
    assert contrast(COLOURS["ink"][theme], COLOURS[turn][theme]) >= 7
    assert contrast(COLOURS["ink-3"][theme], COLOURS[turn][theme]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", ["line-2", "focus", *SEVERITIES])
def test_borders_focus_and_bars_can_be_seen(theme: str, mark: str) -> None:
    for background in ("surface", "paper"):
        assert contrast(COLOURS[mark][theme], COLOURS[background][theme]) >= 3


def test_red_is_the_colour_of_danger_to_a_person_only() -> None:
    danger = COLOURS["danger"]
    assert COLOURS["type-immediate_harm"] == danger
    assert COLOURS["severity-5"] == danger
    assert danger not in (COLOURS["bad"], COLOURS["warn"], COLOURS["muted"])
