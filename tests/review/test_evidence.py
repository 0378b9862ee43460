"""The chain from a score back to clicks: it holds, and every cut in it is found and named."""

from __future__ import annotations

import json
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
from inference.models import Deployment, ScoreLog
from inference.services import score_log_write
from pixelhub.objects import get_store
from review.chain import evidence_chain
from review.models import Judgement
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


def cuts(staged: Staged) -> list[tuple[str, str, Callable[[], Any]]]:
    """(link, what is said of it, the cut)."""
    prefix = staged.version.release.object_prefix
    shard = next(stat.key for stat in get_store().list(prefix) if "shards/train/" in stat.key)
    metrics, config = Evaluation.objects.get().metrics, TrainingRun.objects.get().config
    first = Annotation.objects.order_by("pk").first()
    return [
        ("score", "changed after it was written", lambda: ScoreLog.objects.update(score=0.01)),
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
