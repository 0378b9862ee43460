"""The console and the other pages: who sees them, what they show, and that no text is kept."""

from __future__ import annotations

import re
from typing import Any

import pytest

from inference.models import ScoreLog
from inference.serving.registry import Registry
from tests.inference.deployed import deploy
from tests.personas import World

PAGES = ["/inference/", "/inference/scores/", "/inference/deployments/", "/inference/api/"]
CRISIS = "User: I am fine, really\nAssistant: Are you sure?\nUser: No. I am going to kill myself tonight."


@pytest.fixture(autouse=True)
def fresh_models(models: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console asks a registry of this test's own."""
    from inference.serving import console

    original = console.console_score
    monkeypatch.setattr("inference.views.score_in_console", lambda **given: original(models=models, **given))
    monkeypatch.setattr("inference.views.registry", models)


def score(world: World, text: str, **more: Any) -> str:
    response = world.client("ml_engineer").post("/inference/score/", {"conversation": text, "locale": "", **more})
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.parametrize("path", PAGES)
def test_who_sees_the_pages(world: World, path: str) -> None:
    assert world.client("ml_engineer").get(path).status_code == 200
    assert world.client("pm").get(path).status_code == 200
    assert world.client("annotator").get(path).status_code == 403
    assert world.anonymous().get(path).status_code == 302


@pytest.mark.parametrize("path", PAGES)
def test_no_inline_code(world: World, path: str) -> None:
    deploy(world)
    html = world.client("ml_engineer").get(path).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", html)


def test_a_conversation_is_scored_by_the_model(world: World) -> None:
    deploy(world)
    html = score(world, "User: doom")
    assert "Crisis" in html
    assert "Immediate harm" in html
    assert "Degraded" not in html
    row = ScoreLog.objects.get()
    assert (row.scored_by, row.model_version, row.crisis) == (world.user("ml_engineer"), "1.0.0", True)


def test_signals_are_marked_in_the_turns(world: World) -> None:
    html = score(world, CRISIS)
    marked = re.findall(r'<mark class="signal" title="([^"]+)">', html)
    assert "suicide plan" in marked[0]
    assert "turn-assistant" in html


def test_without_a_model_it_says_degraded(world: World) -> None:
    html = score(world, "hello there")
    assert "Degraded answer" in html
    assert "have a person read this" in html
    assert "No crisis seen" not in html
    assert ScoreLog.objects.get().crisis is None


def test_contacts_of_the_chosen_locale(world: World) -> None:
    assert "116 123" in score(world, CRISIS, locale="en-GB")


def test_text_is_escaped_and_not_kept(world: World) -> None:
    payload = "<script>alert(1)</script> zebra-canary-7 I want to kill myself"
    html = score(world, payload)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    row = ScoreLog.objects.get()
    assert "zebra" not in " ".join(str(getattr(row, field.attname)) for field in row._meta.fields)
    assert "zebra" not in world.client("ml_engineer").get("/inference/scores/").content.decode()


@pytest.mark.parametrize("text", ["", "   \n ", "a\x00b", "x" * 30_000], ids=["empty", "blank", "nul", "long"])
def test_bad_text_gets_a_reason(world: World, text: str) -> None:
    response = world.client("ml_engineer").post(
        "/inference/score/", {"conversation": text}, headers={"hx-request": "true"}
    )
    assert response.status_code == 200
    assert "not scored" in response.content.decode()
    assert not ScoreLog.objects.exists()


def test_scores_of_another_project_are_not_shown(world: World) -> None:
    score(world, CRISIS)
    row = ScoreLog.objects.get()
    assert row.content_hash in world.client("pm").get("/inference/scores/").content.decode()
    assert row.content_hash not in world.outsider_client("pm").get("/inference/scores/").content.decode()


def test_the_score_list_does_not_grow_its_queries(world: World, django_assert_max_num_queries: Any) -> None:
    for _ in range(12):
        score(world, CRISIS)
    client = world.client("pm")
    client.get("/inference/scores/")
    with django_assert_max_num_queries(20):
        client.get("/inference/scores/")


def test_the_ledger_shows_what_ran_when(world: World) -> None:
    deploy(world, "1.0.0")
    deploy(world, "1.1.0", threshold=0.3)
    html = world.client("ml_engineer").get("/inference/deployments/").content.decode()
    assert html.index("1.1.0") < html.index("1.0.0")
    assert "Retired" in html
    assert world.user("clinical_lead").display_name in html


def test_how_the_replies_meet_the_person_is_shown_and_marked(world: World) -> None:
    deploy(world)
    talk = "User: I feel so alone. My friend wants to die.\nAssistant: Women are always so emotional. Calm down."
    html = score(world, talk)
    assert "How the replies meet the person" in html
    assert "EQ: empathy" in html
    assert "dismisses what the person says" in html
    assert "Bias: gender, high, in message 2" in html
    assert "(signal: gender bias)" in html
    assert "Another person may be in danger now." in html
    assert "How the replies meet the person" not in score(world, "User: calm")
