"""A project before anything, half way and done, out of real rows; and the board held against a second count of each.

What counts in thousands is written in bulk: the board reads rows, whoever wrote them. Named by test_board_counts.py.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from annotation.models import AgreementResult, Guideline, Qualification, Round, RoundAnnotator
from datasets_app.corpus.taxonomy import CRISIS_TYPES, EDGE_CASE_KINDS, SIX_TYPES
from datasets_app.models import ImportBatch, LabelSnapshot, Record, Release, SnapshotLabel
from inference.models import Deployment, IntegrationRun, ScoreLog
from inference.services import score_log_write
from pixelhub.accounts.models import Project
from pixelhub.accounts.services import project_create
from review import services
from review.board import board_of
from review.evidence.program import hand_ticked
from review.models import Judgement, ReviewCase
from tests.personas import World
from tests.review import independent_board
from tests.review.staged import Staged, stage_on_release
from training_app.models import CardSection, Evaluation, RunSample, RunState, Study, TrainingRun

DAY_1 = date(2026, 11, 2)
TODAY = date(2026, 11, 27)


def fresh() -> World:
    """A world of its own beside others in the same database."""
    name = f"b{uuid.uuid4().hex[:8]}"
    return World(project_create(slug=name, name=name), project_create(slug=f"{name}-other", name=name))


def half_way(world: World, *, synthetic: int = 1600) -> Staged:
    """Everything begun and nothing finished: some of each count, undecided identifiers, a version that fails a gate."""
    records = _records(world, synthetic=synthetic, real=300, augmented=40, settled=False)
    _labels(world, records, kept=0.9)
    _round(world, kappa=0.83, low=0.78, high=0.87, people=3)
    staged = stage_on_release(world, _release(world, total=2400, duplicates=3, shares=(0.6, 0.2, 0.2)), records[:60])
    staged.open_campaign(size=6)
    _scores(world, None, fast=50, slow=30)
    for key in list(hand_ticked())[:2]:
        services.task_tick(project=world.project, actor=world.user("pm"), task=key)
    Record.objects.filter(pk__in=[row.pk for row in records[:7]]).update(state=Record.State.WITHDRAWN)
    _begin(world)
    return staged


def done(world: World, *, synthetic: int = 3000, real: int = 1500, augmented: int = 1000) -> Staged:
    """Every line and gate of the program, by the data; fewer conversations leave the lines that count them open."""
    records = _records(world, synthetic=synthetic, real=real, augmented=augmented, settled=True)
    _labels(world, records, kept=1.0)
    _round(world, kappa=0.91, low=0.88, high=0.93, people=5)
    staged = stage_on_release(world, _release(world, total=5500, duplicates=0, shares=(0.7, 0.15, 0.15)), records[:140])
    _trained(staged)
    campaign = staged.reviewed()
    staged.sign()
    staged.waive_gates()
    deployment = services.version_promote(version=staged.version, actor=staged.trainer)
    # After the promotion, which would not go by figures and judgements that nobody gave.
    _better_look(staged)
    _judged(staged, campaign.pk, records[140:240])
    _scores(world, deployment, fast=120, slow=0)
    IntegrationRun.objects.create(
        project=world.project, deployment=deployment, passed=11, total=11, clients=120, report={}, sha256="5" * 64
    )
    for key in hand_ticked():
        services.task_tick(project=world.project, actor=world.user("pm"), task=key)
    _begin(world)
    return staged


def differences() -> dict[str, Any]:
    """The three projects in this database: where board and second count part, and how much of each is done."""
    empty, middle, finished = fresh(), fresh(), fresh()
    half_way(middle), done(finished)
    states = {"empty": empty, "half way": middle, "done": finished}
    return {
        "differences": {name: compare(world.project) for name, world in states.items()},
        "done": {name: _totals(world.project) for name, world in states.items()},
    }


def compare(project: Project) -> list[str]:
    """Every line, gate and metric whose value or verdict is not what the second count found."""
    project.refresh_from_db()
    board, counted = board_of(project, today=TODAY), independent_board.count(project.pk)
    said: dict[str, dict[str, Any]] = {
        "lines": {row.subtask.key: row for row in board.subtasks},
        "gates": {row.gate.key: row for phase in board.phases for row in phase.gates},
        "metrics": {row.metric.key: row for row in board.metrics},
    }
    wrong = [
        f"{kind}: {sorted(set(rows) ^ set(counted[kind]))} stand in one of the two only"
        for kind, rows in said.items()
        if set(rows) != set(counted[kind])
    ]
    for kind, rows in said.items():
        for key, row in rows.items():
            if row.reading is None:
                shows: tuple[float | None, str] = (None, "pass" if row.done else "not_yet")
            else:
                shows = (row.reading.fact.value, row.reading.verdict.value)
            if not _same(shows, counted[kind][key]):
                wrong.append(f"{kind} {key}: the board says {shows}, the count {counted[kind][key]}")
    tasks = {row.task.key: row.done for phase in board.phases for row in phase.tasks}
    for key, shown in tasks.items():
        found = sum(verdict == "pass" for line, (_, verdict) in counted["lines"].items() if line.startswith(f"{key}."))
        if shown != found:
            wrong.append(f"task {key}: the board says {shown} lines done, the count {found}")
    return wrong


def _same(shown: tuple[float | None, str], counted: tuple[float | None, str]) -> bool:
    if shown[1] != counted[1] or (shown[0] is None) != (counted[0] is None):
        return False
    return shown[0] is None or counted[0] is None or abs(shown[0] - counted[0]) < 1e-9


def _totals(project: Project) -> list[int]:
    board = board_of(project, today=TODAY)
    return [
        sum(row.done for row in board.subtasks),
        board.gates_passed,
        sum(row.reading.verdict == "pass" for row in board.metrics),
    ]


def more_records(world: World, count: int) -> None:
    """So many synthetic conversations more, every second one with a label."""
    made = _records(world, synthetic=count, real=0, augmented=0, settled=True)
    _labels(world, made[::2], kept=1.0, number=2)


def _begin(world: World) -> None:
    world.project.starts_on = DAY_1
    world.project.save(update_fields=["starts_on"])


def _records(world: World, *, synthetic: int, real: int, augmented: int, settled: bool) -> list[Record]:
    batches = {
        source: ImportBatch.objects.create(
            project=world.project,
            source=source,
            family="made",
            file_name=f"{source}.jsonl",
            object_key=f"imports/{source}.jsonl",
            file_sha256="0" * 64,
            state=ImportBatch.State.DONE if settled or source != "augmented" else ImportBatch.State.FAILED,
            read=count,
            accepted=count,
        )
        for source, count in (("synthetic", synthetic), ("real", real), ("augmented", augmented))
    }
    sources = ["synthetic"] * synthetic + ["real"] * real + ["augmented"] * augmented
    people = ("34, woman", "51, man", "19, woman", "27, man", "62, woman")
    made = [
        Record(
            project=world.project,
            content_hash=f"sha256:{uuid.uuid4().hex * 2}",
            record_hash=uuid.uuid4().hex,
            external_id=str(number),
            group_key=str(number),
            messages=[{"role": "user", "content": f"made {number}"}],
            turns=1,
            source=source,
            family="made",
            pii_state="clean" if source == "real" and (settled or number % 3) else "checked",
            metadata={"demographics": people[number % (5 if settled else 3)]} if source == "real" else {},
            is_edge_case=number % 10 == 0,
            edge_case_kind=list(EDGE_CASE_KINDS)[number // 10 % (4 if settled else 2)] if number % 10 == 0 else "",
            import_batch=batches[source],
            line=number,
            proposed_type=CRISIS_TYPES[number % len(CRISIS_TYPES)] if settled else SIX_TYPES[number % 5],
        )
        for number, source in enumerate(sources)
    ]
    made = Record.objects.bulk_create(made, batch_size=500)
    mine = [row.pk for row in made if row.source == "real"]
    if settled:
        Record.objects.filter(pk__in=mine[:60]).update(pii_state=Record.PiiState.REVIEWED)
    else:
        Record.objects.filter(pk__in=mine[:40]).update(pii_state=Record.PiiState.PENDING)
    return made


def _labels(world: World, records: list[Record], *, kept: float, number: int = 1) -> None:
    snapshot = LabelSnapshot.objects.create(
        project=world.project,
        name="Labels",
        number=number,
        sha256=str(number) * 64,
        object_key=f"snapshots/{number}",
        labels_count=len(records),
        published_by=world.user("qa"),
    )
    kinds = [row.proposed_type if place % 100 < 100 * kept else "none" for place, row in enumerate(records)]
    SnapshotLabel.objects.bulk_create(
        (
            SnapshotLabel(
                snapshot=snapshot,
                record=row,
                crisis_type=kind,
                severity=None if kind == "none" else 3,
                confidence=0.9,
                decided_by="unanimous",
                label_sha256="2" * 64,
            )
            for row, kind in zip(records, kinds, strict=True)
        ),
        batch_size=500,
    )


def _round(world: World, *, kappa: float, low: float, high: float, people: int) -> None:
    guideline = Guideline.objects.create(
        project=world.project,
        version=1,
        title="Guideline",
        markdown="# How",
        approved_at=timezone.now(),
        approved_by=world.user("clinical_lead"),
    )
    now = timezone.now()
    made = Round.objects.create(
        project=world.project,
        number=1,
        name="First",
        guideline=guideline,
        state=Round.State.PUBLISHED,
        opened_at=now - timedelta(days=5),
        closed_at=now - timedelta(days=1),
        created_by=world.user("qa"),
    )
    for number in range(1, people + 1):
        person = world.user("annotator", n=number)
        RoundAnnotator.objects.create(round=made, annotator=person)
        Qualification.objects.create(
            project=world.project, annotator=person, state=Qualification.State.QUALIFIED, guideline_read=guideline
        )
    verdict = "pass" if low > 0.85 else "not yet settled"
    figures = {"kappa": kappa, "kappa_of": "Fleiss", "paired_items": 400, "verdict": verdict}
    AgreementResult.objects.create(round=made, figures={**figures, "interval": {"low": low, "high": high}})


def _release(world: World, *, total: int, duplicates: int, shares: tuple[float, float, float]) -> Release:
    splits = {
        split: {
            "total": round(total * share),
            "types": {kind: round(total * share / len(CRISIS_TYPES)) for kind in CRISIS_TYPES},
            "sources": {"synthetic": round(total * share * 0.7), "real": round(total * share * 0.3)},
        }
        for split, share in zip(("train", "val", "test"), shares, strict=True)
    }
    return Release.objects.create(
        project=world.project,
        version="1.0.0",
        state=Release.State.PUBLISHED,
        manifest_sha256="3" * 64,
        object_prefix=f"releases/{world.project.slug}/1.0.0/",
        counts={"total": total, "simulated_labels": 0, "splits": splits},
        params={"shares": dict(zip(("train", "val", "test"), (0.7, 0.15, 0.15), strict=True))},
        gates=[
            {
                "gate": "leakage",
                "passed": not duplicates,
                "figures": {"duplicates": duplicates, "groups_across_splits": 0},
            }
        ],
        quality={"made": True} if not duplicates else {},
        compiled_by=world.user("data_engineer"),
    )


def _trained(staged: Staged) -> None:
    version = staged.version
    study = Study.objects.create(
        project=staged.project,
        release=version.release,
        name="Grid",
        base_config={},
        space={},
        max_trials=4,
        state=RunState.SUCCEEDED,
        started_by=staged.trainer,
    )
    TrainingRun.objects.filter(pk=version.run_id).update(study=study)
    RunSample.objects.create(run=version.run, at=timezone.now(), cpu_percent=50, rss_mb=2048)
    for name in CardSection.Name.values:
        CardSection.objects.create(
            model_version=version, name=name, revision=1, text="Written by people.", author=staged.trainer
        )


def _judged(staged: Staged, campaign: int, records: list[Record]) -> None:
    """A hundred more judged cases in the closed review."""
    first = ReviewCase.objects.filter(campaign=campaign).latest("position")
    cases = ReviewCase.objects.bulk_create(
        ReviewCase(
            campaign_id=campaign,
            record=row,
            position=first.position + number,
            prediction=first.prediction,
            stratum=first.stratum,
            weight=1.0,
            inclusion_probability=1.0,
        )
        for number, row in enumerate(records, 1)
    )
    now, expert = timezone.now(), staged.world.user("qa")
    Judgement.objects.bulk_create(
        Judgement(case=case, expert=expert, correct_type="none", verdict="agree", judged_at=now, sha256="6" * 64)
        for case in cases
    )


def _better_look(staged: Staged) -> None:
    """Another evaluation of the version that meets every target."""
    first = Evaluation.objects.filter(model_version=staged.version).latest("use_number")
    metrics = first.metrics
    for name, value in (("sensitivity", 0.98), ("specificity", 0.99), ("macro_f1", 0.97)):
        metrics["metrics"][name] |= {"value": value, "low": value - 0.01, "high": value + 0.01, "verdict": "pass"}
    for row in metrics["per_type"]:
        row["f1"] |= {"value": 0.95, "low": 0.92, "high": 0.98, "verdict": "pass"}
    Evaluation.objects.create(
        model_version=staged.version,
        metrics=metrics,
        sha256="8" * 64,
        test_set_sha256=first.test_set_sha256,
        use_number=first.use_number + 1,
    )


def _scores(world: World, deployment: Deployment | None, *, fast: int, slow: int) -> None:
    score_log_write(
        rows=[
            ScoreLog(
                project=world.project,
                deployment=deployment,
                model_version="1.0.0",
                content_hash="sha256:" + "c" * 64,
                crisis_type="none",
                band="none",
                alert_level="none",
                latency_ms=30.0 + number if number < fast else 150.0 + 5 * (number - fast),
                at=timezone.now(),
            )
            for number in range(fast + slow)
        ]
    )


__all__ = ["compare", "differences", "done", "fresh", "half_way", "more_records"]
