"""Structure rules as switches: the same by form, command and row; copies found by what they were before a review."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.structure import DEFAULT_RULES, StructureRules
from datasets_app.models import ImportBatch, PiiFinding, Record
from datasets_app.services import ImportOptions, ImportRefused, rules_chosen, rules_in_words
from datasets_app.services.import_options import rules_of, switched
from pixelhub.jobs.runner import run_inline
from tests.datasets.making import imported
from tests.personas import World

TWICE = json.dumps({"messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]}).encode()
limits = st.none() | st.integers(1, 10_000)


@given(st.builds(StructureRules, limits, limits, limits, st.booleans(), st.booleans(), st.booleans()))
def test_a_row_keeps_what_differs_and_gives_the_same_rules_back(rules: StructureRules) -> None:
    kept = json.loads(json.dumps(switched(rules) | {"endpoint": "https://s3.example.org"}))
    assert rules_of(kept) == rules
    assert bool(rules_in_words(kept)) == (rules != DEFAULT_RULES)


def test_a_limit_of_nothing_is_off() -> None:
    chosen = {"min_turns": 0, "max_turns": None, "max_turn_chars": 5, "needs_user": False, "alternating": 1}
    rules = rules_chosen(chosen | {"posts_as_turns": False})
    assert rules == StructureRules(None, None, 5, False, True, False)


@pytest.mark.parametrize("changed", [{"source": "x"}, {"family": "x"}, {"stage": 7}])
def test_unknown_options_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ImportRefused):
        ImportOptions(**({"source": "real", "family": "sarcasm", "stage": 1} | changed))


def test_the_form_without_its_switches_means_the_usual_rules(world: World) -> None:
    client, url = world.client("data_engineer"), reverse("datasets:import_create")
    fields = {"source": "synthetic", "family": "sarcasm", "stage": "1"}
    client.post(url, fields | {"file": SimpleUploadedFile("a.jsonl", TWICE)})
    client.post(url, fields | {"file": SimpleUploadedFile("b.jsonl", TWICE), "switches": "1", "alternating": "on"})
    usual, switched_off = ImportBatch.objects.order_by("pk")
    assert usual.options == {}
    assert switched_off.options == {
        "min_turns": None, "max_turns": None, "max_turn_chars": None, "needs_user": False, "alternating": True,
    }  # fmt: skip
    run_inline(switched_off.job)
    page = client.get(reverse("datasets:import_detail", args=[switched_off.pk])).content.decode()
    assert "not_alternating" in page and "speakers take turns" in page and "Upload" in page


def test_the_command_switches_the_same_rules(world: World, tmp_path: Any, capsys: Any) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(TWICE)
    common = {"project": "alpha", "source": "synthetic", "family": "sarcasm"}
    call_command("import_records", str(path), "--alternating", "--dry-run", "--json", **common)
    assert json.loads(capsys.readouterr().out)["files"][0]["reasons"] == {"not_alternating": 1}
    call_command("import_records", str(path), "--min-turns", "3", "--json", **common)
    assert json.loads(capsys.readouterr().out)["files"][0]["reasons"] == {"too_few_turns": 1}
    assert (ImportBatch.objects.get().origin, ImportBatch.objects.get().options) == ("command", {"min_turns": 3})


def test_real_words_are_screened_as_they_come_in(world: World) -> None:
    data = b'{"text": "my sister Anna hit me"}\n{"text": "I took 800 mg, call 988"}\n'
    batch = imported(world.project, data, source="real", consent_basis="made up")
    assert batch.accepted == 2
    states = dict(Record.objects.values_list("line", "pii_state"))
    assert states == {1: "pending", 2: "clean"}
    assert [(row.kind, row.start, row.end) for row in PiiFinding.objects.all()] == [("personal_name", 10, 14)]
    again = imported(world.project, data, source="real", consent_basis="made up")
    assert (again.accepted, again.duplicates) == (0, 2)
    assert PiiFinding.objects.count() == 1


def test_a_copy_is_found_after_its_review_has_rewritten_it(world: World) -> None:
    data = b'{"text": "my sister Anna hit me"}\n'
    imported(world.project, data, source="real", consent_basis="made up")
    record = Record.objects.get()
    record.messages, record.content_hash = (
        [{"role": "user", "content": "my sister [NAME_1] hit me"}],
        "sha256:" + "0" * 64,
    )
    record.pii_state = Record.PiiState.REVIEWED
    record.save()
    again = imported(world.project, io.BytesIO(data).read(), source="real", consent_basis="made up")
    assert (again.accepted, again.duplicates, Record.objects.count()) == (0, 1, 1)
