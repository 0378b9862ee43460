"""Suggestions: stored all or none, never seen before one's own label, and what people did after seeing one."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotation import services
from annotation.errors import AnnotationError, Invalid, Refused
from annotation.models import Annotation, AnnotationRevision, Round, Suggestion, SuggestionView
from annotation.selectors_agreement import agreement_of
from annotation.selectors_suggestions import switch_rates
from datasets_app.models import Record
from tests.annotation.making import approved_guideline, make_records, ruling
from tests.personas import World

MODEL = "crisis-small@3"
NONE = {"crisis_type": "none", "severity": None, "confidence": 0.9}
PANIC = {"crisis_type": "panic", "severity": 3, "confidence": 0.9}


def suggest(world: World, kinds: list[str]) -> list[Record]:
    made = make_records(world.project, len(kinds))
    rows = [
        services.SuggestionInput(record.pk, kind, 4, 0.8125, {kind: 0.8125})
        for record, kind in zip(made, kinds, strict=True)
    ]
    services.suggestions_put(project=world.project, source=MODEL, origin="model", rows=rows, actor=None)
    return made


def opened(world: World, source: str = MODEL) -> Round:
    round = services.round_create(
        project=world.project, name="Round", guideline=approved_guideline(world), actor=world.user("qa"),
        annotators=[world.user("annotator", n=n) for n in (1, 2)], layout=services.Layout(suggestions_from=source),
    )  # fmt: skip
    return services.round_open(round=round, actor=world.user("qa"))


def call(client: Client, round: Round, name: str, payload: Any = None) -> Any:
    answer = client.post(
        reverse(f"annotation:api_{name}", args=[round.pk]), json.dumps(payload or {}), content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    return answer


def label(client: Client, round: Round, slot: int, label: dict[str, Any], **more: Any) -> Any:
    payload = {"slot": slot, "client_uuid": str(uuid.uuid4()), "label": label, **more}
    return call(client, round, "submit", payload).json(), payload


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def test_no_suggestion_is_sent_before_ones_own_label(world: World) -> None:
    suggest(world, ["psychotic"] * 3)
    round, client = opened(world), world.client("annotator")
    page = client.get(reverse("annotation:round_label", args=[round.pk])).content.decode()
    assert MODEL not in page and "0.8125" not in page and "81%" not in page
    claimed = call(client, round, "claim").json()
    said = set(texts(claimed))
    assert not any(MODEL in text or "psychotic" in text or "0.81" in text for text in said)
    assert "suggestion" not in said and not SuggestionView.objects.exists()
    answer, sent = label(client, round, claimed["samples"][0]["slot"], NONE)
    assert {key: value for key, value in answer["suggestion"].items() if key != "label"} == {
        "crisis_type": "psychotic", "severity": 4, "confidence": 0.8125, "agrees": False,
    }  # fmt: skip
    again = call(client, round, "submit", sent).json()  # a replay gets the same answer
    assert again == {**answer, "replay": True} and SuggestionView.objects.count() == 1
    later = [call(client, round, "claim").json(), call(client, round, "heartbeat").json()]
    assert "suggestion" not in set(texts(later))  # neither for this sample nor for those ahead
    recent = client.get(reverse("annotation:api_recent", args=[round.pk])).json()
    assert "psychotic" not in set(texts(recent))


def test_a_round_without_suggestions_shows_none(world: World) -> None:
    suggest(world, ["panic"])
    round, client = opened(world, source=""), world.client("annotator")
    answer, _ = label(client, round, call(client, round, "claim").json()["samples"][0]["slot"], NONE)
    assert "suggestion" not in answer and not SuggestionView.objects.exists()
    assert (
        'data-panel="suggestion"' not in client.get(reverse("annotation:round_label", args=[round.pk])).content.decode()
    )


def test_a_change_after_the_suggestion_is_kept_apart_and_counted(world: World) -> None:
    suggest(world, ["panic"] * 4)
    round, client = opened(world), world.client("annotator")
    first, second = (sample["slot"] for sample in call(client, round, "claim").json()["samples"][:2])
    label(client, round, first, NONE)
    label(client, round, first, PANIC, base_revision=1)
    label(client, round, second, NONE)
    label(client, round, second, {**NONE, "confidence": 0.5}, base_revision=1)  # not a switch of the type
    third = call(client, round, "claim").json()["samples"][0]["slot"]
    answer, _ = label(client, round, third, PANIC)
    assert answer["suggestion"]["agrees"] is True
    revisions = AnnotationRevision.objects.order_by("annotation_id", "revision")
    assert list(revisions.values_list("revision", "after_suggestion")) == [
        (1, False), (2, True), (1, False), (2, True), (1, False),
    ]  # fmt: skip
    total, panic = switch_rates(round)
    assert (total.shown, total.agreed, total.differed, total.switched) == (3, 1, 2, 1)
    assert panic.crisis_type == "panic" and panic.share == 0.5
    low, high = panic.interval
    assert 0.0 < low < 0.5 < high < 1.0
    label(client, round, first, NONE, base_revision=2)  # and back again
    assert switch_rates(round)[0].switched == 0


def test_agreement_counts_what_people_thought_before_the_suggestion(world: World) -> None:
    suggest(world, ["panic"] * 3)
    round = opened(world)
    for person in (1, 2):
        client = world.client("annotator", person)
        for number, sample in enumerate(call(client, round, "claim").json()["samples"]):
            own = PANIC if (person, number) == (1, 0) else NONE
            label(client, round, sample["slot"], own)
            label(client, round, sample["slot"], PANIC, base_revision=1)  # both follow the suggestion
    assert set(Annotation.objects.values_list("crisis_type", flat=True)) == {"panic"}
    figures = agreement_of(round)
    assert figures["percent_agreement"] == pytest.approx(2 / 3)
    assert figures["categories"] and figures["ratings"] == 6


def test_switches_are_held_against_the_later_decision(world: World) -> None:
    suggest(world, ["panic"])
    round = opened(world)
    one, two = world.client("annotator"), world.client("annotator", n=2)
    slot = call(one, round, "claim").json()["samples"][0]["slot"]
    label(one, round, slot, NONE)
    label(one, round, slot, PANIC, base_revision=1)
    label(two, round, call(two, round, "claim").json()["samples"][0]["slot"], NONE)
    round = services.round_close(round=round, actor=world.user("qa"))
    services.adjudicate(item=round.items.get(), actor=world.user("qa"), ruling=ruling())
    total = switch_rates(round)[0]
    assert (total.shown, total.switched, total.adjudicated, total.towards, total.away) == (2, 1, 1, 1, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"crisis_type": "sad"}, "crisis_type"), ({"severity": 6}, "severity"), ({"confidence": 1.5}, "confidence"),
        ({"confidence": float("nan")}, "confidence"), ({"probabilities": {"panic": -0.1}}, "confidence"),
        ({"probabilities": {"sad": 0.1}}, "probabilities"), ({"record": 10**12}, "record"),
        ({"record": "nobody"}, "record"),
    ],
)  # fmt: skip
def test_one_bad_row_stores_nothing_and_is_named(world: World, change: dict[str, Any], code: str) -> None:
    made = make_records(world.project, 2)
    good = services.SuggestionInput(made[0].pk, "panic")
    bad = services.SuggestionInput(**{"record": made[1].pk, "crisis_type": "panic", **change})
    with pytest.raises(Invalid, match="Row 2") as refused:
        services.suggestions_put(project=world.project, source=MODEL, origin="model", rows=[good, bad], actor=None)
    assert refused.value.code == code and not Suggestion.objects.exists()


def test_a_source_can_be_replaced_until_somebody_saw_it(world: World) -> None:
    made = suggest(world, ["panic"])
    again = [services.SuggestionInput(made[0].content_hash, "none", 3)]
    put = {"project": world.project, "source": MODEL, "origin": "model", "rows": again, "actor": None}
    assert services.suggestions_put(**put) == 1
    assert Suggestion.objects.values_list("crisis_type", "severity").get() == ("none", None)
    round, client = opened(world), world.client("annotator")
    label(client, round, call(client, round, "claim").json()["samples"][0]["slot"], NONE)
    with pytest.raises(Refused, match="have seen"):
        services.suggestions_put(**put)
    theirs = make_records(world.other_project, 1)
    with pytest.raises(Invalid, match="doesn't have"):
        services.suggestions_put(**{**put, "source": "x", "rows": [services.SuggestionInput(theirs[0].pk, "none")]})
    for wrong in ({"source": " "}, {"origin": "guess"}):
        with pytest.raises(AnnotationError):
            services.suggestions_put(**{**put, **wrong})


def test_what_an_import_came_labelled_with_can_be_suggested(world: World) -> None:
    made = make_records(world.project, 3)
    Record.objects.filter(pk__in=[row.pk for row in made[:2]]).update(proposed_type="panic", proposed_severity=2)
    batch = made[0].import_batch
    assert services.suggestions_from_import(project=world.project, batch=batch, actor=world.user("qa")) == 2
    stored = Suggestion.objects.first()
    assert (stored.origin, stored.source) == ("import", f"import {batch.pk}: made.jsonl")


def test_the_command_reads_a_file_and_names_a_bad_line(world: World, tmp_path: Path, capsys: Any) -> None:
    made = make_records(world.project, 2)
    file = tmp_path / "out.jsonl"
    lines = [
        {"id": made[0].external_id, "crisis_type": "panic", "severity": 3, "confidence": 0.5},
        {"content_hash": made[1].content_hash, "crisis_type": "none", "probabilities": {"none": 0.9, "panic": 0.1}},
    ]
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    call_command("import_suggestions", file, project="alpha", source=MODEL)
    assert "2 suggestions" in capsys.readouterr().out and Suggestion.objects.count() == 2
    file.write_text(json.dumps(lines[0]) + '\n{"crisis_type": "panic"}\n')
    with pytest.raises(CommandError, match="Line 2 names no record"):
        call_command("import_suggestions", file, project="alpha", source="other")
    file.write_text('{"crisis_type": 3}')
    with pytest.raises(CommandError, match="Line 1 can't be read"):
        call_command("import_suggestions", file, project="alpha", source="other")
    with pytest.raises(CommandError, match="no project"):
        call_command("import_suggestions", file, project="gamma", source="other")
