"""The program as data: four phases, twelve tasks with their subtasks, seven metrics, sixteen gates.

Days count from the start date that the PM sets, which is day 1. `fact` names the figure (see `review.facts`) that
answers a line; a line without one can only be ticked by hand. Source: the program's spec, "Phases and tasks",
"Success metrics", "Quality gates".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

Unit = Literal["share", "count", "ms", "kappa"]

DAYS_PER_PHASE = 7


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is held against. `above`: larger is better; `inclusive`: meeting it exactly passes."""

    value: float
    unit: Unit
    above: bool = True
    inclusive: bool = False

    @property
    def text(self) -> str:
        sign = {(True, True): "at least", (True, False): "above", (False, True): "at most", (False, False): "below"}
        return f"{sign[self.above, self.inclusive]} {format_value(self.value, self.unit)}"


@dataclass(frozen=True, slots=True)
class Subtask:
    key: str
    title: str
    first_day: int  # within its phase
    last_day: int
    fact: str | None = None
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Task:
    key: str
    title: str
    success: str
    owners: tuple[str, ...]  # role codes
    subtasks: tuple[Subtask, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    key: str
    title: str
    fact: str
    target: Target


@dataclass(frozen=True, slots=True)
class Phase:
    number: int
    title: str
    tasks: tuple[Task, ...]
    gates: tuple[Gate, ...]

    @property
    def first_day(self) -> int:
        return (self.number - 1) * DAYS_PER_PHASE + 1

    @property
    def due_day(self) -> int:
        return self.number * DAYS_PER_PHASE


@dataclass(frozen=True, slots=True)
class Metric:
    key: str
    title: str
    fact: str
    target: Target
    how: str
    due_day: int


def at_least(value: float, unit: Unit = "count") -> Target:
    return Target(value, unit, inclusive=True)


def over(value: float, unit: Unit = "share") -> Target:
    return Target(value, unit)


def under(value: float, unit: Unit = "share") -> Target:
    return Target(value, unit, above=False)


def at_most(value: float, unit: Unit = "count") -> Target:
    return Target(value, unit, above=False, inclusive=True)


NONE_AT_ALL = at_most(0)
ONE = at_least(1)

# Where the program gives no number, ours; docs/programme.md says so.
DEMOGRAPHICS = 5  # different tellings ("30s, woman") among real conversations
TYPE_KEPT = 0.95
HEALTHY = 0.99

PHASES: tuple[Phase, ...] = (
    Phase(
        1,
        "Dataset creation",
        tasks=(
            Task(
                "1.1",
                "Generate 3,000 synthetic conversations",
                "3,000+ in JSONL, all six types",
                ("data_engineer",),
                (
                    Subtask("1.1.templates", "Templates for the six types", 1, 2, "synthetic_types", at_least(6)),
                    Subtask("1.1.batch-1", "Batch 1: 1,500", 2, 4, "synthetic_records", at_least(1500)),
                    Subtask("1.1.batch-2", "Batch 2: 1,500 more", 4, 5, "synthetic_records", at_least(3000)),
                    Subtask("1.1.qa", "QA read a sample and had faults mended", 5, 5),
                ),
            ),
            Task(
                "1.2",
                "Collect 1,500 real conversations",
                "1,500+ anonymised, all types, varied demographics",
                ("data_engineer",),
                (
                    Subtask("1.2.access", "Data access agreement signed", 1, 2),
                    Subtask("1.2.sync", "Backlog brought in: 1,500", 2, 3, "real_records", at_least(1500)),
                    Subtask("1.2.anonymised", "Anonymised", 3, 3, "real_unsettled", NONE_AT_ALL),
                    Subtask(
                        "1.2.complete", "Every imported row accounted for", 4, 4, "imports_unbalanced", NONE_AT_ALL
                    ),
                    Subtask("1.2.types", "All six types among them, by label", 4, 6, "real_types", at_least(6)),
                    Subtask("1.2.people", "Varied demographics", 4, 4, "real_demographics", at_least(DEMOGRAPHICS)),
                    Subtask("1.2.qa", "QA read a sample", 4, 4),
                ),
            ),
            Task(
                "1.3",
                "Annotate",
                "4,500 annotated, kappa above 0.85",
                ("data_engineer", "annotator"),
                (
                    Subtask("1.3.guideline", "Guideline approved", 1, 1, "guidelines_approved", ONE),
                    Subtask("1.3.tool", "The tool in use: a round opened", 1, 2, "rounds_opened", ONE),
                    Subtask("1.3.training", "5-10 annotators qualified", 1, 2, "annotators_qualified", at_least(5)),
                    Subtask("1.3.batch-1", "Batch 1: 2,250 samples", 3, 4, "labelled_records", at_least(2250)),
                    Subtask("1.3.batch-2", "Batch 2: 2,250 more", 4, 5, "labelled_records", at_least(4500)),
                    Subtask("1.3.reconcile", "Disagreements decided", 5, 6, "open_disagreements", NONE_AT_ALL),
                    Subtask("1.3.kappa", "Kappa computed and above 0.85", 6, 6, "kappa", over(0.85, "kappa")),
                ),
            ),
        ),
        gates=(
            Gate("1.kappa", "Agreement of annotators (kappa)", "kappa", over(0.85, "kappa")),
            Gate("1.duplicates", "No duplicate conversations", "duplicates", NONE_AT_ALL),
            Gate("1.types", "All six types present", "labelled_types", at_least(6)),
            Gate("1.pii", "No personal data in real conversations", "pii_flags", NONE_AT_ALL),
        ),
    ),
    Phase(
        2,
        "Augmentation",
        tasks=(
            Task(
                "2.1",
                "Paraphrases",
                "1,000 more, type and clinical meaning kept",
                ("data_engineer",),
                (
                    Subtask("2.1.generate", "1,000 augmented conversations", 1, 2, "augmented_records", at_least(1000)),
                    Subtask(
                        "2.1.type", "Type kept, by label", 2, 2, "augmented_type_kept", at_least(TYPE_KEPT, "share")
                    ),
                    Subtask("2.1.qa", "QA checked that the clinical meaning is kept", 2, 2),
                ),
            ),
            Task(
                "2.2",
                "Edge-case variations",
                "500 more",
                ("data_engineer", "clinical_lead"),
                (
                    Subtask("2.2.kinds", "Four kinds of edge case present", 1, 1, "edge_kinds", at_least(4)),
                    Subtask("2.2.generate", "500 edge cases", 1, 2, "edge_records", at_least(500)),
                    Subtask("2.2.review", "Clinical review of the edge cases", 2, 2),
                ),
            ),
            Task(
                "2.3",
                "Compile the dataset",
                "5,000+ unique",
                ("data_engineer",),
                (
                    Subtask("2.3.release", "A release with its splits and manifest", 3, 3, "releases", ONE),
                    Subtask("2.3.unique", "5,000+ unique annotated samples", 3, 3, "dataset_size", at_least(5000)),
                    Subtask("2.3.dedup", "Less than 0.1% duplicates", 3, 3, "release_duplicates", under(0.001)),
                    Subtask(
                        "2.3.splits", "Splits of 70/15/15", 3, 3, "split_shares", Target(0.02, "share", above=False)
                    ),
                    Subtask("2.3.report", "QA report made", 4, 5, "qa_reports", ONE),
                ),
            ),
        ),
        gates=(
            Gate("2.size", "Samples in the release", "dataset_size", at_least(5000)),
            Gate("2.per-type", "Samples of each type in train", "train_per_type", at_least(250)),
            Gate("2.duplicates", "Duplicates in the release", "release_duplicates", under(0.001)),
            Gate("2.leakage", "Test records in train", "leakage", NONE_AT_ALL),
        ),
    ),
    Phase(
        3,
        "Training",
        tasks=(
            Task(
                "3.1",
                "Pipeline",
                "One epoch without error",
                ("ml_engineer",),
                (
                    Subtask("3.1.environment", "Environment and memory measured", 1, 1, "runs_measured", ONE),
                    Subtask("3.1.dry-run", "A run went through", 2, 3, "runs_succeeded", ONE),
                ),
            ),
            Task(
                "3.2",
                "Tuning",
                "Sensitivity above 95%, false-positive rate below 5%",
                ("ml_engineer",),
                (
                    Subtask("3.2.grid", "Grid searched", 3, 4, "studies", ONE),
                    Subtask("3.2.final", "The chosen configuration trained", 4, 5, "study_runs", ONE),
                    Subtask("3.2.sensitivity", "Sensitivity above 95%", 5, 5, "sensitivity", over(0.95)),
                    Subtask("3.2.fpr", "False-positive rate below 5%", 5, 5, "fpr", under(0.05)),
                ),
            ),
            Task(
                "3.3",
                "Validation",
                "Every target met",
                ("ml_engineer",),
                (
                    Subtask("3.3.evaluated", "All metrics measured on the test split", 6, 6, "evaluations", ONE),
                    Subtask("3.3.per-type", "F1 above 0.90 for each type", 6, 6, "per_type_f1", over(0.90)),
                    Subtask("3.3.checkpoint", "A registered version", 6, 6, "versions", ONE),
                    Subtask("3.3.card", "A model card", 6, 7, "cards", ONE),
                    Subtask("3.3.latency", "Latency below 200 ms", 7, 7, "latency_p95", under(200, "ms")),
                ),
            ),
        ),
        gates=(
            Gate("3.sensitivity", "Sensitivity", "sensitivity", over(0.95)),
            Gate("3.specificity", "Specificity", "specificity", over(0.95)),
            Gate("3.f1", "F1, mean over the types", "f1", over(0.94)),
            Gate("3.per-type", "F1 of the weakest type", "per_type_f1", over(0.90)),
        ),
    ),
    Phase(
        4,
        "Deployment",
        tasks=(
            Task(
                "4.1",
                "Load the version in the API",
                "Healthy",
                ("ml_engineer",),
                (
                    Subtask("4.1.loaded", "A signed version deployed", 1, 1, "deployments", ONE),
                    Subtask(
                        "4.1.healthy", "Healthy: the model answers", 1, 2, "healthy_answers", at_least(HEALTHY, "share")
                    ),
                    Subtask("4.1.inference", "A score answered by the model", 1, 2, "model_scores", ONE),
                ),
            ),
            Task(
                "4.2",
                "End to end",
                "11/11, load held",
                ("ml_engineer", "qa"),
                (
                    Subtask(
                        "4.2.suite", "11 integration tests over 18 scenarios", 2, 3, "integration_tests", at_least(11)
                    ),
                    Subtask("4.2.load", "Load with 100+ concurrent clients", 3, 4, "concurrent_clients", at_least(100)),
                ),
            ),
            Task(
                "4.3",
                "Production and expert review",
                "In production, approved, monitored",
                ("ml_engineer", "clinical_lead"),
                (
                    Subtask("4.3.reviewed", "100+ cases read by experts", 5, 5, "judged_cases", at_least(100)),
                    Subtask("4.3.signed", "Signed by a clinical lead", 5, 5, "signoffs", ONE),
                    Subtask("4.3.production", "In production", 5, 6, "deployments", ONE),
                    Subtask("4.3.monitoring", "Monitoring and alerts in place", 6, 6),
                    Subtask("4.3.docs", "The card's sections written", 7, 7, "card_sections", at_least(4)),
                ),
            ),
        ),
        gates=(
            Gate("4.integration", "Integration tests", "integration_tests", at_least(11)),
            Gate("4.latency", "Latency, p95", "latency_p95", under(200, "ms")),
            Gate("4.load", "Concurrent clients held", "concurrent_clients", at_least(100)),
            Gate("4.expert", "Expert clinical review passed", "signoffs", ONE),
        ),
    ),
)

METRICS: tuple[Metric, ...] = (
    Metric("sensitivity", "Crisis sensitivity", "sensitivity", over(0.95), "TP / (TP + FN) on the test split", 19),
    Metric("fpr", "False-positive rate", "fpr", under(0.05), "FP / (FP + TN) on the test split", 19),
    Metric("latency", "Inference latency", "latency_p95", under(200, "ms"), "p95, measured at the API", 21),
    Metric("per-type", "F1 per type", "per_type_f1", over(0.90), "the weakest of six types, test split", 20),
    Metric("integration", "Integration tests", "integration_tests", at_least(11), "the suite of eleven", 24),
    Metric("dataset", "Dataset size", "dataset_size", at_least(5000), "unique annotated samples in the release", 10),
    Metric("kappa", "Annotation agreement", "kappa", over(0.85, "kappa"), "the latest closed round", 6),
)


def gates() -> Iterator[Gate]:
    for phase in PHASES:
        yield from phase.gates


def tasks() -> Iterator[Task]:
    for phase in PHASES:
        yield from phase.tasks


def subtasks() -> Iterator[Subtask]:
    for task in tasks():
        yield from task.subtasks


def annotation_target() -> int:
    """Samples that the program wants annotated."""
    return round(next(row.target.value for row in subtasks() if row.key == "1.3.batch-2" and row.target))


def task_of(subtask: str) -> Task:
    """The task that a subtask belongs to. Raises KeyError for no subtask."""
    found = next((task for task in tasks() if any(row.key == subtask for row in task.subtasks)), None)
    if found is None:
        raise KeyError(subtask)
    return found


@cache
def planned_days() -> dict[str, tuple[int, int]]:
    """First and last day of every subtask as the program has it, counted from the start date (day 1)."""
    return {
        subtask.key: (phase.first_day + subtask.first_day - 1, phase.first_day + subtask.last_day - 1)
        for phase in PHASES
        for task in phase.tasks
        for subtask in task.subtasks
    }


def hand_ticked() -> dict[str, Subtask]:
    """The subtasks that no data can show, by key: the only ones that take a tick."""
    return {subtask.key: subtask for subtask in subtasks() if subtask.fact is None}


def format_value(value: float, unit: Unit) -> str:
    if unit == "share":
        return f"{value:.1%}"
    if unit == "ms":
        return f"{value:,.0f} ms"
    if unit == "kappa":
        return f"{value:.2f}"
    return f"{value:,.0f}"
