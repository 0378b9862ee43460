"""Every tagged conversation is found in the release that a version was trained on, or a reason why not."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied

from datasets_app.models import DuplicatePair, DuplicateSearch, Record
from datasets_app.services import import_start
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from review.clinical.edge_cases import edge_case_document
from review.models import EdgeCaseCheck
from review.refusal import Refused
from review.services.edge_cases import edge_case_digest, edge_cases_check, edge_cases_request
from tests.personas import World
from tests.review.real_path import compile_release
from tests.review.staged import stage_on_release


def bring_in(world: World, *rows: dict[str, object]) -> None:
    lines = [json.dumps(row).encode() for row in rows]
    batch = import_start(
        project=world.project,
        source="synthetic",
        family="edge_case_synthetic",
        file=BytesIO(b"\n".join(lines)),
        file_name="later.jsonl",
        actor=world.user("data_engineer"),
    )
    run_inline(batch.job)


def test_the_whole_way_of_edge_cases_is_proven_and_every_loss_is_found(world: World) -> None:
    release = compile_release(world)
    staged = stage_on_release(world, release, list(Record.objects.filter(project=world.project)))
    version = staged.version
    assert edge_case_digest(version) == ""
    with pytest.raises(PermissionDenied):
        edge_cases_check(version=version, actor=world.user("qa"))

    job = edge_cases_request(version=version, actor=staged.trainer)
    run_inline(job)
    check = EdgeCaseCheck.objects.get()
    whole = check.document
    tagged = Record.objects.filter(project=world.project, is_edge_case=True)
    assert (check.verdict, whole["tagged"], whole["problems"]) == ("pass", tagged.count(), [])
    assert sum(whole["outcomes"].values()) == tagged.count() > 5
    assert set(whole["outcomes"]) <= {"train", "val", "test"} and whole["outcomes"]["train"] > 0
    assert sum(row["tagged"] for row in whole["kinds"]) == tagged.count()
    (batch,) = whole["imports"]
    assert batch["read"] == batch["accepted"] + batch["duplicates"] + batch["refused"]
    assert batch["tagged"] == batch["train"] + batch["val"] + batch["test"]
    assert [row["split"] for row in whole["shares"]] == ["train", "val", "test"]
    assert whole["facts"]["digest_matches"] and whole["facts"]["gate_passed"]
    assert check.sha256 == sha256_hex(canonical_json(whole)) == edge_case_digest(version)
    assert edge_cases_check(version=version, actor=staged.lead) == check

    # What came later is said to be later, and a row that carries the tag but cannot be read is counted.
    said = {"conversation": [{"role": "user", "content": "sure, great, just great"}], "is_edge_case": True}
    bring_in(world, said, {"conversation": [{"role": "nobody", "content": "x"}], "is_edge_case": True})
    # The tag of a copy goes to the record that is there.
    plain = Record.objects.filter(project=world.project, is_edge_case=False).first()
    bring_in(world, {"conversation": plain.messages, "is_edge_case": True, "edge_case_kind": "sarcasm"})
    plain.refresh_from_db()
    assert (plain.is_edge_case, plain.edge_case_kind) == (True, "sarcasm")
    later = edge_case_document(version)
    assert later["outcomes"]["later"] == 1 and later["imports"][1]["refused_tagged"] == 1
    # It is in this release, but was not tagged when that was compiled.
    assert later["outcomes"]["untagged"] == 1 and later["verdict"] == "fail"
    assert later["examples"] == [plain.content_hash]
    Record.objects.filter(pk=plain.pk).update(is_edge_case=False, edge_case_kind="")

    # A copy is explained by the record that stays; one without it, and one with no reason at all, are not.
    first, second, third, fourth = tagged.exclude(import_batch__file_name="later.jsonl").order_by("pk")[:4]
    search = DuplicateSearch.objects.create(project=world.project, threshold=0.8)
    DuplicatePair.objects.create(search=search, kept=first, copy=second, kind="near", similarity=1, decision="withdraw")
    for number, record in enumerate((second, third, fourth)):
        record.content_hash = "sha256:" + str(number) * 64  # it is in no file of the release
        record.save()
    Record.objects.filter(pk=second.pk).update(state="withdrawn", withdrawn_reason=f"copy of record {first.pk}")
    Record.objects.filter(pk=third.pk).update(state="withdrawn", withdrawn_reason="consent was withdrawn")
    found = edge_case_document(version)["outcomes"]
    assert (found["copy"], found["withdrawn"], found["unexplained"]) == (1, 1, 1)
    Record.objects.filter(pk=fourth.pk).update(pii_state="pending")
    assert edge_case_document(version)["outcomes"]["identifiers"] == 1
    Record.objects.filter(pk=second.pk).update(withdrawn_reason="copy of record 0")
    DuplicatePair.objects.all().delete()
    assert edge_case_document(version)["outcomes"]["copy_lost"] == 1

    # Training that read less than the train split has downsampled.
    version.run.validation = {"rows": {"train": whole["facts"]["rows_in_train"] - 1}}
    assert any("training read" in problem for problem in edge_case_document(version)["problems"])

    # The files are read, not believed.
    key = next(stat.key for stat in get_store().list(f"{release.object_prefix}shards/train/"))
    data = get_store().read(key).replace(b'"is_training_edge_case":true', b'"is_training_edge_case":null', 1)
    get_store().delete(key)
    get_store().put(key, data)
    with pytest.raises(Refused, match="not what was published"):
        edge_case_document(version)
