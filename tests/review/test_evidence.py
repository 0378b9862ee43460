"""The chain from a score back to clicks: it holds, and every cut in it is found and named."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from annotation.models import Annotation
from datasets_app.models import LabelSnapshot, Record, SnapshotLabel
from datasets_app.services import SnapshotLabelInput, snapshot_publish
from inference.models import Deployment, ScoreLog
from inference.services import score_log_write
from pixelhub.audit import verification
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_head
from pixelhub.audit.verification import audit_verify
from pixelhub.canonical import sha256_hex, sha256_json
from pixelhub.keys import public_key
from pixelhub.objects import get_store
from review.chain import evidence_chain
from review.chain.clicks import annotation_sha256, annotations_link
from review.models import Judgement, SignOff
from tests.audit.test_record import append, drop_triggers
from tests.personas import World
from tests.review.real_path import walk
from tests.review.staged import Staged
from training_app.models import Evaluation, TrainingRun

pytestmark = pytest.mark.django_db

KEYS = ["score", "deployment", "signoff", "bundle", "evaluation", "campaign", "run", "release", "snapshot", "labels"]


@pytest.fixture
def path(world: World) -> tuple[Staged, ScoreLog]:
    return walk(world)


def run_command(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("evidence", *arguments, stdout=out)
    except SystemExit as exit:
        return int(exit.code or 0), out.getvalue()
    return 0, out.getvalue()


def flip(key: str) -> None:
    data = bytearray(get_store().read(key))
    data[len(data) // 2] ^= 1
    get_store().delete(key)
    get_store().put(key, bytes(data))


def broken(score: ScoreLog) -> dict[str, str]:
    """The broken links with their first problem."""
    return {link.key: link.problems[0] for link in evidence_chain(score.pk).links if not link.verified}


def test_the_chain_of_a_real_path_holds(path: tuple[Staged, ScoreLog]) -> None:
    staged, score = path
    chain = evidence_chain(score.pk)
    assert [link.key for link in chain.links] == [*KEYS, "annotations", "audit"]
    assert chain.ok, broken(score)
    facts = {name: value for link in chain.links for name, value in link.facts}
    assert facts["Annotations"].startswith(str(Annotation.objects.count()))
    pseudonym = staged.world.user("annotator").pseudonym
    assert pseudonym in facts["Annotators"]
    assert any(name.startswith("sha256:") and "annotation" in value for name, value in facts.items())


def test_the_command_prints_it_and_ends_with_zero(path: tuple[Staged, ScoreLog]) -> None:
    code, text = run_command(str(path[1].pk))
    assert code == 0
    assert "The chain holds." in text
    assert text.count("verified") == len(KEYS) + 2
    code, text = run_command(str(path[1].pk), "--json")
    assert json.loads(text)["ok"] is True


def test_the_page_shows_it_without_any_text(path: tuple[Staged, ScoreLog]) -> None:
    staged, score = path
    page = staged.world.client("pm").get(reverse("review:evidence", args=[score.pk])).content.decode()
    assert "The chain holds." in page
    whole = json.dumps(evidence_chain(score.pk).as_dict())
    for record in Record.objects.all():
        for message in record.messages:
            assert message["content"] not in whole


@pytest.mark.parametrize("role", ["administrator", "pm", "ml_engineer", "clinical_lead"])
def test_every_link_of_the_page_opens_to_who_sees_it(path: tuple[Staged, ScoreLog], role: str) -> None:
    staged, score = path
    client = staged.world.client(role)
    client.raise_request_exception = False  # what was staged has not all that the pages show: whether one may is asked
    page = client.get(reverse("review:evidence", args=[score.pk])).content.decode()
    links = re.findall(r'<h2><a href="([^"]+)"', page.partition('<ol class="chain">')[2])
    assert links, "each of them sees scores"
    assert [link for link in links if client.get(link).status_code in (403, 404)] == []


def test_no_annotator_and_no_outsider_sees_it(path: tuple[Staged, ScoreLog]) -> None:
    staged, score = path
    url = reverse("review:evidence", args=[score.pk])
    assert staged.world.client("annotator").get(url).status_code == 403
    assert staged.world.outsider_client("pm").get(url).status_code == 404
    assert staged.world.anonymous().get(url).status_code == 302


def cut_label_row() -> None:
    """Past the model's refusal, as somebody with the database would."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {SnapshotLabel._meta.db_table} SET crisis_type = 'panic', severity = 1 WHERE id = %s",
            [SnapshotLabel.objects.values_list("pk", flat=True).first()],
        )


def tampered(table: str, column: str, value: str, where: str, *known: Any) -> Callable[[], None]:
    """A row that only additions are allowed to, changed by somebody with the database's own password."""

    def cut() -> None:
        drop_triggers(table)
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {where}", [value, *known])

    return cut


def cuts(staged: Staged) -> list[tuple[str, str, Callable[[], Any]]]:
    """(link, what is said of it, the cut)."""
    prefix = staged.version.release.object_prefix
    shard = next(stat.key for stat in get_store().list(prefix) if "shards/train/" in stat.key)
    metrics, config = Evaluation.objects.get().metrics, TrainingRun.objects.get().config
    first = Annotation.objects.order_by("pk").first()
    signoff = SignOff.objects.get()
    forged = signoff.document | {"reason": "Another reason, written later."}
    return [
        ("score", "changed after it was written", lambda: ScoreLog.objects.update(score=0.01)),
        (
            "deployment",
            "another bundle than the deployment",
            lambda: ScoreLog.objects.update(bundle_sha256="0" * 64),
        ),
        (
            "signoff",
            "not among this version's sign-offs",
            tampered("review_signoff", "document", json.dumps(forged), "id = %s", signoff.pk),
        ),
        (
            "audit",
            "altered after it was written (scores.record)",
            tampered("audit_auditevent", "actor_label", "somebody else", "action = %s", "scores.record"),
        ),
        (
            "audit",
            "altered after it was written (release.publish)",
            tampered("audit_auditevent", "payload_json", "{}", "action = %s", "release.publish"),
        ),
        ("bundle", "model.onnx", lambda: staged.flip_byte("model.onnx")),
        ("evaluation", "altered", lambda: Evaluation.objects.update(metrics=metrics | {"n": 1})),
        ("campaign", "altered", lambda: Judgement.objects.update(comment="later")),
        ("run", "altered", lambda: TrainingRun.objects.update(config=config | {"data": {"max_length": 64}})),
        ("release", "shards/train", lambda: flip(shard)),
        ("release", "manifest.json", lambda: flip(f"{prefix}manifest.json")),
        ("snapshot", "not those that were published", lambda: flip(LabelSnapshot.objects.get().object_key)),
        ("labels", "not the one that was published", cut_label_row),
        (
            "annotations",
            "altered after it was given",
            lambda: Annotation.objects.filter(pk=first.pk).update(confidence=0.123),
        ),
    ]


def test_every_cut_is_found_and_named(path: tuple[Staged, ScoreLog], tmp_path: Path) -> None:
    staged, score = path
    audit_verify()  # a good check is kept: the events of the score are recomputed all the same
    objects, whole = tmp_path / "objects", tmp_path / "whole"
    shutil.copytree(objects, whole)
    for link, says, cut in cuts(staged):
        with transaction.atomic():
            cut()
            found = broken(score)
            assert says in found.get(link, ""), (link, found)
            code, text = run_command(str(score.pk))
            assert (code, "BROKEN" in text, says in text) == (1, True, True), (link, text)
            transaction.set_rollback(True)
        shutil.rmtree(objects)
        shutil.copytree(whole, objects)
    assert evidence_chain(score.pk).ok, "each cut was taken back before the next"


def test_hash_by_hash_from_a_click_to_the_score(path: tuple[Staged, ScoreLog]) -> None:
    """The same way without the hub's own chain: each digest is made here and found in the next thing's bytes."""
    staged, score = path
    store, release = get_store(), staged.version.release
    shard = next(key for key in (s.key for s in store.list(release.object_prefix)) if "shards/train/" in key)
    line = json.loads(store.read(shard).splitlines()[0])
    reference = line["metadata"]["provenance"]["annotations"][0]

    click = Annotation.objects.get(pk=reference["id"])
    assert annotation_sha256(click) == click.sha256 == reference["sha256"]
    label = SnapshotLabel.objects.get(record__content_hash=line["metadata"]["content_hash"])
    published = store.read(label.snapshot.object_key)
    (of_label,) = [raw for raw in published.splitlines() if sha256_hex(raw) == label.label_sha256]
    assert reference in json.loads(of_label)["annotations"]
    assert sha256_hex(published) == label.snapshot.sha256 == line["metadata"]["provenance"]["snapshot_sha256"]
    manifest = store.read(f"{release.object_prefix}manifest.json")
    files = {entry["path"]: entry["sha256"] for entry in json.loads(manifest)["files"]}
    assert sha256_hex(store.read(shard)) == files[shard.removeprefix(release.object_prefix)]
    assert label.snapshot.sha256 in {each["sha256"] for each in json.loads(manifest)["snapshots"]}
    described = store.read(f"{staged.version.object_prefix}bundle.json")
    bundle = json.loads(described)
    assert bundle["lineage"]["release_manifest_sha256"] == sha256_hex(manifest) == release.manifest_sha256
    assert bundle["lineage"]["config_sha256"] == staged.version.run.config_sha256
    weights = store.read(f"{staged.version.object_prefix}model.onnx")
    assert bundle["files"]["model.onnx"]["sha256"] == sha256_hex(weights)
    deployment = Deployment.objects.get()
    document = deployment.signoff["document"]
    assert sha256_hex(described) == document["bundle_sha256"] == deployment.bundle_sha256 == score.bundle_sha256
    public_key().verify(document, deployment.signoff["signature"])
    event = AuditEvent.objects.get(action="scores.record", target_id=str(score.batch_id))
    pairs = [[str(score.pk), score.sha256]]
    assert json.loads(event.payload_json)["digest"] == sha256_json(pairs)
    assert event.hash in (chain_head()[1], *AuditEvent.objects.values_list("prev_hash", flat=True))


def test_a_child_s_label_is_followed_to_its_parent_s_annotations(path: tuple[Staged, ScoreLog]) -> None:
    staged, score = path
    release = staged.version.run.release
    parent = SnapshotLabel.objects.filter(snapshot__in=release.snapshots.all()).latest("pk")
    child = snapshot_publish(
        project=release.project,
        actor=None,
        name="Children",
        labels=[
            SnapshotLabelInput(
                record_id=parent.record_id,
                crisis_type=parent.crisis_type,
                severity=parent.severity,
                confidence=1.0,
                is_edge_case=False,
                edge_case_kind="",
                decided_by="parent",
                annotators=[],
                annotations=[
                    {"id": f"record-{parent.record_id}", "sha256": parent.label_sha256, "annotator": "parent"},
                    {"id": "generator/2", "sha256": sha256_hex(b"generator/2"), "annotator": "generator"},
                ],
            )
        ],
        origin={},
        simulated=False,
        made_by=LabelSnapshot.MadeBy.AUGMENTATION,
    )
    link = annotations_link(release, [child], score)
    assert link.verified, link.problems
    assert f"{len(parent.annotations)} hashes recomputed" in dict(link.facts)["Annotations"]
    assert dict(link.facts)["Not by annotation"].startswith("2 references")

    both = annotations_link(release, [parent.snapshot, child], score)
    alone = annotations_link(release, [parent.snapshot], score)
    assert dict(both.facts)["Annotations"] == dict(alone.facts)["Annotations"], "no click is counted twice"

    first = min(reference["id"] for reference in parent.annotations)
    Annotation.objects.filter(pk=first).update(confidence=0.123)
    assert f"annotation {first} was altered" in str(annotations_link(release, [child], score).problems)
    with connection.cursor() as cursor:
        table = SnapshotLabel._meta.db_table
        cursor.execute(f"UPDATE {table} SET label_sha256 = %s WHERE id = %s", ["0" * 64, parent.pk])
    assert f"record-{parent.record_id}, which a child's label rests on" in str(
        annotations_link(release, [child], score).problems
    )


def test_a_long_trail_is_read_from_its_last_good_check(
    path: tuple[Staged, ScoreLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not from its beginning, and never more of it than a page may take; what was not read is said."""
    staged, score = path
    length = chain_head()[0]

    def link() -> Any:
        return evidence_chain(score.pk).links[-1]

    assert dict(link().facts)["Events read just now"] == f"{length:,}, from 1 to {length:,}"
    audit_verify()
    append(3)
    facts = dict(link().facts)
    assert facts["Events read just now"] == f"3, from {length + 1:,} to {length + 3:,}"
    assert f"up to {length:,} were found good" in facts["Before that"]
    monkeypatch.setattr(verification, "MOST_AT_ONCE", 2)
    found = link()
    assert (found.state, found.unchecked) == (
        "partial",
        f"events {length + 1:,} to {length + 1:,} were not verified yet; verify the trail",
    )
    page = staged.world.client("pm").get(reverse("review:evidence", args=[score.pk])).content.decode()
    assert "holds as far as it was read" in page and "note-error" not in page
    assert evidence_chain(score.pk, whole=True).links[-1].state == "verified"
    code, text = run_command(str(score.pk), "--whole")
    assert code == 0 and f"{chain_head()[0]:,}, from 1 to" in text


def test_a_forged_sign_off_is_found(path: tuple[Staged, ScoreLog]) -> None:
    _, score = path
    deployment = Deployment.objects.get()
    document = deployment.signoff["document"] | {"reason": "another reason"}
    Deployment.objects.update(signoff=deployment.signoff | {"document": document})
    assert "signature" in broken(score)["signoff"]


def test_a_score_by_the_rules_has_a_short_chain_that_says_so(world: World) -> None:
    row = ScoreLog(
        project=world.project,
        model_version="rules",
        content_hash="sha256:" + "b" * 64,
        crisis_type="none",
        band="none",
        alert_level="none",
        degraded=True,
        reason="no_model",
        latency_ms=2.0,
        at=timezone.now(),
    )
    score_log_write(rows=[row])
    chain = evidence_chain(row.pk)
    assert [link.key for link in chain.links] == ["score", "audit"]
    assert chain.ok
    assert ("No model behind it", "no_model") in chain.links[0].facts


@pytest.mark.parametrize("score_id", ["nonsense", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_unknown_ids_are_refused_by_the_command(db: None, score_id: str) -> None:
    with pytest.raises(CommandError):
        run_command(score_id)
