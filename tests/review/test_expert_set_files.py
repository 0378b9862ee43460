"""An expert set as files: the same bytes again, bad rows named, and a model evaluated on it."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.management.base import CommandError

from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.taxonomy import SPLIT_SHARES
from datasets_app.models import Record, Release, ReservedConversation
from datasets_app.services import ReleaseChoices, release_create
from pixelhub.accounts.models import Project
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from review import services
from review.models import ExpertSet
from review.refusal import Refused
from tests.datasets.making import published
from tests.personas import World
from tests.review.expert_sets_ready import bring_in, demo, drawn, rate_all, said
from tests.trained import Trained, register_trained
from training_app.models import FileEvaluation, ModelVersion
from training_app.stored import release_conversations

pytestmark = pytest.mark.django_db


def told(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def frozen(world: World) -> ExpertSet:
    """Drawn, rated by two, one split decided, one left as it is, frozen."""
    project, lead = demo(world), world.user("clinical_lead")
    if not Record.objects.filter(project=project).exists():
        bring_in(project, [said(number) for number in range(70)])
    found = drawn(project, lead)
    calm = list(found.examples.filter(facts__given_type="none").values_list("position", flat=True))
    rate_all(found, world.user("qa", 1))
    rate_all(found, world.user("qa", 2), wrong=calm[:2])
    services.example_decide(
        example=found.examples.get(position=calm[0]), actor=lead, crisis_type="none", severity=None, reason="an idiom"
    )
    return services.expert_set_freeze(expert_set=found, actor=lead, as_is=True)


def exported(expert_set: ExpertSet, folder: Path) -> tuple[Path, Path]:
    told("export_expert_set", expert_set.name, "--project", expert_set.project.slug, "--output", folder)
    (manifest,) = folder.glob("*.manifest.json")
    (lines,) = folder.glob("*.jsonl")
    return lines, manifest


def test_a_frozen_set_goes_to_another_hub_and_comes_out_as_the_same_bytes(world: World, tmp_path: Path) -> None:
    found = frozen(world)
    lines, manifest = exported(found, tmp_path / "one")
    facts = json.loads(manifest.read_bytes())
    assert facts["file"]["sha256"] == found.sha256 and facts["file"]["lines"] == facts["counts"]["examples"] == 20
    assert facts["counts"]["standings"] == {"decided": 1, "split": 1, "unanimous": 18}
    assert facts["counts"]["crisis"]["hits"] == 3 and facts["counts"]["crisis"]["low"] < 0.158
    assert {rate["rater"] for line in lines.open() for rate in json.loads(line)["ratings"]} == {"e1", "e2"}
    other = world.other_project
    report = json.loads(told("import_expert_set", lines, "--project", other.slug, "--json"))
    assert (report["state"], report["taken"], report["refused"]) == ("frozen", 20, [])
    copy = ExpertSet.objects.get(project=other)
    assert (copy.sha256, copy.manifest, copy.trial) == (found.sha256, found.manifest, True)
    again = exported(copy, tmp_path / "two")
    assert [path.read_bytes() for path in again] == [lines.read_bytes(), manifest.read_bytes()]
    assert ReservedConversation.objects.filter(project=other).count() == 20 and not Record.objects.filter(project=other)
    with pytest.raises(CommandError, match="here already"):
        told("import_expert_set", lines, "--project", other.slug)
    words = json.loads(lines.read_text().splitlines()[0])["conversation"][0]["content"]
    assert words not in "".join(AuditEvent.objects.values_list("payload_json", flat=True))
    with pytest.raises(PermissionDenied):
        services.expert_set_import(project=found.project, actor=world.user("ml_engineer"), path=lines)


def test_an_altered_file_is_refused_and_bad_rows_are_named_and_kept(world: World, tmp_path: Path) -> None:
    lines, manifest = exported(frozen(world), tmp_path / "one")
    other = world.other_project
    rows = lines.read_text().splitlines()
    kept = json.loads(rows[3])
    kept["ratings"][0]["comment"] = "another comment"
    lines.write_text("\n".join([*rows[:3], json.dumps(kept), *rows[4:]]))
    with pytest.raises(CommandError, match="not the one that its manifest names"):
        told("import_expert_set", lines, "--project", other.slug)
    person = {"role": "user", "content": "write to jane.roe@example.org or call 555-867-5309"}
    real = json.loads(rows[0]) | {"conversation": [person], "source": "real"}
    real["content_hash"] = content_hash([person])
    lines.write_text("\n".join([*rows[:3], json.dumps(kept), "{broken", rows[0], json.dumps(real), *rows[4:]]))
    out = StringIO()
    with pytest.raises(CommandError, match="3 rows were refused; they are kept in experts-v1"):
        call_command("import_expert_set", str(lines), "--project", other.slug, "--no-manifest", "--name", "experts",
                     stdout=out)  # fmt: skip
    said_so = out.getvalue()
    assert "20 examples taken" in said_so and "line 5 refused: invalid_json" in said_so
    assert "line 6 refused: copy" in said_so and "line 7 refused: identifiers: 2 in" in said_so
    assert "jane" not in said_so
    entries = [json.loads(line) for line in (lines.parent / "experts-v1.jsonl.quarantine.jsonl").open()]
    assert [entry["line"] for entry in entries] == [5, 6, 7] and json.loads(entries[2]["raw"]) == real
    copy = ExpertSet.objects.get(project=other)
    assert (copy.state, copy.version, copy.examples.count()) == ("open", 1, 20)
    # What outsiders said stands, under the names that they had.
    assert set(copy.examples.values_list("ratings__rater", flat=True)) == {"e1", "e2"}
    assert manifest.is_file()


def test_rows_that_a_release_here_trains_on_are_refused(world: World, tmp_path: Path) -> None:
    project = demo(world)
    bring_in(project, [said(number) for number in range(70)])
    lines, manifest = exported(frozen(world), tmp_path / "one")
    other, rows = world.other_project, [json.loads(line) for line in lines.open()]
    learned = bring_in(other, [rows[0]["conversation"][0]["content"]])
    assert learned[0].content_hash == rows[0]["content_hash"]
    release = _release_of(other)
    assert services.expert_set_import(project=other, actor=None, path=lines, manifest_path=manifest).refused[
        0
    ].reason == ("in_training")
    found = ExpertSet.objects.get(project=other)
    assert (found.state, found.examples.count()) == ("open", 19)
    get_store().delete(f"{release.object_prefix}manifest.json")
    with pytest.raises(Refused, match="not in the store"):
        services.expert_set_import(project=other, actor=None, path=lines, manifest_path=manifest)


def _release_of(project: Project) -> Release:
    """A release of that project in which everything so far lies in training."""
    bring_in(project, [said(9000 + number) for number in range(60)])
    published(project, [*Record.objects.filter(project=project)])
    shares = dict.fromkeys(SPLIT_SHARES, 0.0) | {"train": 1.0}
    release = release_create(
        project=project, version="1.0.0", actor=None, choices=ReleaseChoices(seed=1, shares=shares)
    )
    run_inline(release.job)
    release.refresh_from_db()
    assert release.state == Release.State.PUBLISHED, release.error
    return release


@pytest.mark.training
def test_a_version_is_evaluated_on_the_exported_file(world: World, trained: Trained, tmp_path: Path) -> None:
    version = register_trained(world.project, world.user("ml_engineer"), trained)
    bring_in(demo(world), [said(number) for number in range(70)])
    lines, _ = exported(frozen(world), tmp_path)
    result = json.loads(
        told(
            "evaluate_model", version.version, "--project", "alpha", "--data", lines, "--label-kind", "human", "--json"
        )
    )
    assert (result["n"], result["positives"]) == (19, 3)
    assert result["file"]["reasons"] == {"no_label": 1} and result["file"]["overlap"] == 0
    assert FileEvaluation.objects.get().metrics["labels"]["field"] == "crisis_type"
    # A conversation of an expert set that lies in the release's test split may be judged by; others may not.
    everything = release_conversations(version.release)
    test = _hashes(version, "test")
    ReservedConversation.objects.create(project=world.project, content_hash=test[0], reason="of an expert set")
    train = _hashes(version, "train")
    ReservedConversation.objects.create(project=world.project, content_hash=train[0], reason="of an expert set")
    assert len(everything - release_conversations(version.release)) == 1


def _hashes(version: ModelVersion, split: str) -> list[str]:
    prefix = f"{version.release.object_prefix}shards/{split}/"
    lines = [line for stat in get_store().list(prefix) for line in get_store().read(stat.key).splitlines()]
    return [json.loads(line)["metadata"]["content_hash"] for line in lines]
