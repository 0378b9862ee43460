"""The template tags, as pages use them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone
from markdown_it import MarkdownIt

from pixelhub.ui.headings import under_the_page
from pixelhub.ui.states import state_tone
from tests.paths import PROJECT_ROOT


def draw(source: str, **context: object) -> str:
    return Template("{% load hub %}" + source).render(Context(context))


def test_crisis_type_says_its_name_and_code() -> None:
    html = draw("{% crisis_type 'self_harm' %}")
    assert "type-self_harm" in html
    assert ">SH<" in html
    assert "Self-harm" in html


def test_seven_types_have_seven_codes_and_shapes() -> None:
    css = Path(PROJECT_ROOT, "static/ui/domain.css").read_text(encoding="utf-8")
    codes = {"immediate_harm", "self_harm", "substance", "panic", "psychotic", "passive_ideation", "none"}
    shown = {draw("{% crisis_type code %}", code=code).split('type-code" aria-hidden="true">')[1][:2] for code in codes}
    assert len(shown) == 7
    assert all(f".type-{code} .type-shape" in css for code in codes)


def test_unknown_text_in_a_type_is_escaped() -> None:
    html = draw("{% crisis_type code %}", code='"><script>alert(1)</script>')
    assert "<script>" not in html


@pytest.mark.parametrize(
    "tag",
    [
        "{% crisis_type x %}",
        "{% severity x %}",
        "{% meter x %}",
        "{% short_hash x %}",
        "{% interval x %}",
        "{% when x %}",
        "{{ x|thousands }}",
        "{{ x|percentage }}",
    ],
)
def test_nothing_is_shown_as_a_dash(tag: str) -> None:
    assert "–" in draw(tag, x=None)


def test_severity_is_text_and_bars() -> None:
    html = draw("{% severity 4 'high' %}")
    assert html.count("<i></i>") == 5
    assert "severity-4" in html
    assert "<b>4</b>" in html
    assert "high" in html


def test_short_hash_leaves_the_algorithm_out_and_copies_all() -> None:
    digest = "sha256:" + "ab" * 32
    html = draw("{% short_hash digest %}", digest=digest)
    assert f'data-copy="{digest}"' in html
    assert ">ababababab<" in html


def test_interval_in_percent() -> None:
    html = draw("{% interval 0.9581 0.939 0.973 percent=True %}")
    assert "95.8%" in html
    assert "93.9% to 97.3%" in html


def test_interval_without_bounds_is_the_point_alone() -> None:
    html = draw("{% interval 0.5 %}")
    assert "0.500" in html
    assert "to" not in html


def test_thousands() -> None:
    assert draw("{{ n|thousands }}", n=1234567) == "1,234,567"


def test_progress_without_total_is_indeterminate() -> None:
    assert "value=" not in draw("{% progress 3 None %}")
    assert 'max="10" value="3"' in draw("{% progress 3 10 %}")


def test_a_recent_moment_is_relative_and_an_old_one_is_a_date() -> None:
    assert "just now" in draw("{% when at %}", at=timezone.now())
    assert "ago" in draw("{% when at %}", at=timezone.now() - timedelta(hours=5))
    assert "2 Mar 2021" in draw("{% when at %}", at=datetime(2021, 3, 2, 12, tzinfo=UTC))


def test_breadcrumbs_link_all_but_the_last() -> None:
    html = draw("{% crumbs 'Rounds' '/rounds/' name %}", name="Round <3>")
    assert '<a href="/rounds/">Rounds</a>' in html
    assert 'aria-current="page">Round &lt;3&gt;' in html


def test_moments_of_programs_are_read_by_people() -> None:
    said = "good at 2026-11-27T16:02:56.626361+00:00, and 2026-11-27 is a day"
    assert draw("{{ said|moments }}", said=said) == "good at 27 Nov 2026, 16:02:56 UTC, and 2026-11-27 is a day"


def test_a_text_s_headings_stand_under_the_page_s() -> None:
    tokens = MarkdownIt().parse("# Title\n\n###### Lowest\n\ntext")
    under_the_page(tokens)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h2", "h6"]


@pytest.mark.parametrize(
    ("state", "tone"), [("failed", "bad"), ("succeeded", "ok"), ("running", "info"), ("?", "muted")]
)
def test_states_have_one_tone_everywhere(state: str, tone: str) -> None:
    assert state_tone(state) == tone
    assert f"badge-{tone}" in draw("{% status_badge s %}", s=state)


def test_dialogue_escapes_and_numbers_its_turns() -> None:
    turns = [{"role": "user", "content": "<b>3 am</b>"}, {"role": "assistant", "content": "I am here."}]
    html = render_to_string("components/dialogue.html", {"turns": turns})
    assert "&lt;b&gt;3 am&lt;/b&gt;" in html
    assert '<span class="visually-hidden">turn </span>2' in html
    assert html.count('dir="auto"') == 2
