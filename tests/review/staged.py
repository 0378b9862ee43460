"""A version that waits for review, out of real rows and a real bundle's shape, without training for a minute.

The bundle's files are small stand-ins: review never runs a model, it hashes bytes, and these are bytes.
"""

from __future__ import annotations

import json
import random
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import ImportBatch, Record, Release
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.canonical import canonical_json, sha256_hex, sha256_json
from pixelhub.objects import get_store
from review import services
from review.clinical.errors import wrong_decisions
from review.models import Campaign, ErrorKind, SignOff
from review.production_gates import gates_of
from review.services.readings import error_open
from review.signin import PASSWORD, SignIn
from tests.personas import World
from training_app.learn.config import TrainingConfig, config_as_dict, config_sha256
from training_app.models import Evaluation, ModelVersion, RunState, TrainingRun, VersionState
from training_app.services.evaluations import CARD, PREDICTIONS

REASON = "Missed cases read; the two misses are borderline and the rules catch them."


@dataclass
class Staged:
    """The world with one evaluated version in it."""

    world: World
    version: ModelVersion
    trainer: User

    @property
    def project(self) -> Project:
        return self.world.project

    @property
    def lead(self) -> User:
        return self.world.user("clinical_lead")

    def open_campaign(self, size: int = 8, **kwargs: Any) -> Campaign:
        return services.campaign_create(version=self.version, actor=self.lead, size=size, seed=11, **kwargs)

    def judge_all(self, campaign: Campaign, expert: User | None = None) -> None:
        expert = expert or self.world.user("qa")
        for case in campaign.cases.all():
            true_type, severity = case.prediction["true_type"], case.prediction["true_severity"]
            services.case_label(case=case, expert=expert, crisis_type=true_type, severity=severity)
            verdict = {"miss": "should_escalate", "over_escalation": "should_not_escalate"}
            services.case_judge(case=case, expert=expert, verdict=verdict.get(case.prediction["error_kind"], "agree"))

    def reviewed(self) -> Campaign:
        """Opened, judged and closed."""
        campaign = self.open_campaign()
        self.judge_all(campaign)
        return services.campaign_close(campaign=campaign, actor=self.lead)

    def approved(self, *, waived: bool = True) -> SignOff:
        """Reviewed, read and signed by the clinical lead; what its few test conversations cannot show is waived."""
        self.reviewed()
        signoff = self.sign()
        if waived:
            self.waive_gates()
        return signoff

    def sign(self, signer: User | None = None, decision: str = "approved", **kwargs: Any) -> SignOff:
        """The signature of somebody who has read what it missed and signed in just now."""
        signer = signer or self.lead
        if kwargs.pop("read", True) and decision == "approved":
            self.read_misses(signer)
        proof = kwargs.pop("signed_in", SignIn(signer.pk, timezone.now(), (PASSWORD,)))
        return services.signoff_decide(
            version=self.version, signer=signer, decision=decision, reason=REASON, signed_in=proof, **kwargs
        )

    def read_misses(self, reader: User) -> None:
        """Open every crisis that the version missed; nothing for people who may not read them."""
        if not can(reader, self.project, Capability.REVIEW_JUDGE):
            return
        for error in wrong_decisions(self.version):
            if error.error == ErrorKind.MISS:
                error_open(version=self.version, reader=reader, content_hash=error.content_hash)

    def waive_gates(self) -> None:
        """A PM and a clinical lead waive, in writing, every gate that this version does not pass."""
        for standing in gates_of(self.version):
            if not standing.stands:
                for seat in ("pm", "clinical_lead"):
                    services.gate_waive(
                        project=self.project,
                        actor=self.world.user(seat),
                        gate=standing.gate.key,
                        seat=seat,
                        reason="Too few test conversations to say; served under watch.",
                        version=self.version,
                    )

    def flip_byte(self, name: str = "model.onnx") -> None:
        """Change one bit of a stored file of the bundle."""
        key = f"{self.version.object_prefix}{name}"
        data = bytearray(get_store().read(key))
        data[len(data) // 2] ^= 1
        get_store().delete(key)
        get_store().put(key, bytes(data))


def stage_version(world: World, *, trainer: User | None = None, count: int = 40, seed: int = 1) -> Staged:
    """Records, a release's row, a run, a stored bundle, its predictions and evaluation: a candidate to review."""
    records = _records(world.project, count, seed)
    release = Release.objects.create(
        project=world.project,
        version=f"r{seed}",
        state=Release.State.PUBLISHED,
        manifest_sha256=sha256_hex(f"manifest {seed}".encode()),
        object_prefix=f"releases/{world.project.slug}/r{seed}/",
        counts=_counts(count),
        gates=[{"gate": "leakage", "passed": True, "figures": {"duplicates": 0, "groups_across_splits": 0}}],
        compiled_by=world.user("data_engineer"),
    )
    return stage_on_release(world, release, records, trainer=trainer, seed=seed)


def stage_on_release(
    world: World, release: Release, records: list[Record], *, trainer: User | None = None, seed: int = 1
) -> Staged:
    """A candidate on a release, evaluated on these records (their proposed type is taken as the true one)."""
    trainer = trainer or world.user("ml_engineer")
    config = TrainingConfig()
    run = TrainingRun.objects.create(
        project=world.project,
        release=release,
        name=f"run {seed}",
        config=config_as_dict(config),
        config_sha256=config_sha256(config),
        state=RunState.SUCCEEDED,
        started_by=trainer,
    )
    version = _register(run, f"1.{ModelVersion.objects.filter(project=world.project).count()}.0", trainer, seed)
    _evaluate(version, records, seed)
    return Staged(world, version, trainer)


def _records(project: Project, count: int, seed: int) -> list[Record]:
    batch = ImportBatch.objects.create(
        project=project,
        source="synthetic",
        family="edge_case_synthetic",
        file_name="made.jsonl",
        object_key="imports/made.jsonl",
        file_sha256="0" * 64,
        state=ImportBatch.State.DONE,
        read=count,
        accepted=count,
    )
    found = []
    for number in range(count):
        messages = [{"role": "user", "content": f"conversation {seed}-{number}"}]
        found.append(
            Record(
                project=project,
                content_hash=content_hash(messages),
                record_hash=uuid.uuid4().hex,
                external_id=f"{seed}-{number}",
                group_key=f"{seed}-{number}",
                messages=messages,
                turns=1,
                source="synthetic",
                pii_state="checked",
                family="edge_case_synthetic",
                is_edge_case=number % 9 == 0,
                edge_case_kind="metaphor" if number % 9 == 0 else "",
                import_batch=batch,
                line=number,
                proposed_type=CRISIS_TYPES[number % len(CRISIS_TYPES)],
            )
        )
    return Record.objects.bulk_create(found)


def _register(run: TrainingRun, number: str, trainer: User, seed: int) -> ModelVersion:
    files = {"model.onnx": f"weights {seed}".encode() * 50, "tokenizer.json": b'{"model":{}}'}
    document = {
        "format": "pixelhub.bundle/1",
        "labels": list(CRISIS_TYPES),
        "max_length": 128,
        "last_messages": 10,
        "temperature": 1.5,
        "threshold": 0.5,
        "encoder": {"name": "stand-in", "sha256": "0" * 64},
        "files": {name: {"sha256": sha256_hex(data), "bytes": len(data)} for name, data in files.items()},
        "lineage": {
            "release": run.release.version,
            "release_manifest_sha256": run.release.manifest_sha256,
            "config_sha256": run.config_sha256,
            "code_version": "test",
            "seed": seed,
        },
    }
    data = canonical_json(document)
    prefix = f"models/{sha256_hex(data)}/"
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [*files.items(), ("bundle.json", data)]:
            (Path(folder) / name).write_bytes(content)
        names = [*files, "bundle.json"]
        get_store().publish(prefix, {name: Path(folder) / name for name in names}, last="bundle.json")
    return ModelVersion.objects.create(
        project=run.project,
        version=number,
        run=run,
        release=run.release,
        trainer=trainer,
        state=VersionState.CANDIDATE,
        bundle_sha256=sha256_hex(data),
        object_prefix=prefix,
        files=document["files"],
        lineage=document["lineage"],
        threshold=0.5,
        temperature=1.5,
    )


def _evaluate(version: ModelVersion, records: list[Record], seed: int) -> None:
    """One case in ten read wrongly, the first crisis always: drawn by the seed, since a key differs between runs."""
    rng = random.Random(seed)
    first_crisis = next((record for record in records if record.proposed_type != "none"), None)
    lines, missed = [], []
    for record in records:
        true_type = record.proposed_type
        wrong = rng.random() < 0.1 or record is first_crisis
        crisis = (true_type != "none") != wrong
        shown = true_type if crisis == (true_type != "none") else "none" if not crisis else "panic"
        probabilities = {kind: 0.9 if kind == shown else 0.1 / 6 for kind in CRISIS_TYPES}
        line = {
            "content_hash": record.content_hash,
            "true_type": true_type,
            "true_severity": None if true_type == "none" else 4,
            "predicted_type": shown,
            "severity": 3,
            "probabilities": probabilities,
            "score": 0.9 if crisis else 0.1,
        }
        lines.append(json.dumps(line))
        if true_type != "none" and not crisis:
            row = {"crisis_type": true_type, "severity": 4, "score": 0.1, "content_hash": record.content_hash}
            missed.append(row)
    store = get_store()
    store.put(f"{version.evidence_prefix}{PREDICTIONS}", "\n".join(lines).encode())
    store.put(f"{version.evidence_prefix}{CARD}", b"---\nlicense: other\n---\n# A card\n")
    metrics = _metrics(len(records), missed)
    Evaluation.objects.create(
        model_version=version,
        metrics=metrics,
        sha256=sha256_json(metrics),
        test_set_sha256="7" * 64,
        use_number=1,
    )


def _metrics(count: int, missed: list[dict[str, Any]]) -> dict[str, Any]:
    def metric(value: float, low: float, high: float, target: float, verdict: str, *, higher: bool = True) -> Any:
        return {
            "value": value,
            "low": low,
            "high": high,
            "n": count,
            "target": target,
            "bound": low if higher else high,
            "verdict": verdict,
            "higher_is_better": higher,
        }

    return {
        "format": "pixelhub.evaluation/1",
        "n": count,
        "positives": count - 5,
        "negatives": 5,
        "metrics": {
            "sensitivity": metric(0.94, 0.88, 0.98, 0.95, "insufficient_data"),
            "specificity": metric(0.99, 0.96, 1.0, 0.95, "pass"),
            "false_positive_rate": metric(0.01, 0.0, 0.04, 0.05, "pass", higher=False),
            "macro_f1": metric(0.80, 0.70, 0.90, 0.94, "fail"),
        },
        "per_type": [
            {"crisis_type": kind, "support": 6, "f1": metric(0.9, 0.7, 1.0, 0.9, "insufficient_data")}
            for kind in CRISIS_TYPES
        ],
        "missed": missed,
        "sources": {"synthetic": count},
        "synthetic_only": True,
        "simulated_labels": count,
    }


def _counts(count: int) -> dict[str, Any]:
    splits = {
        split: {
            "total": share,
            "types": {kind: share // len(CRISIS_TYPES) for kind in CRISIS_TYPES},
            "sources": {"synthetic": share},
        }
        for split, share in (("train", count), ("val", count), ("test", count))
    }
    return {"total": 3 * count, "simulated_labels": 3 * count, "splits": splits}
