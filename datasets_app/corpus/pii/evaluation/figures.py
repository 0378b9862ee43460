"""Recall and precision per kind with Wilson intervals, and what was missed or found wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from datasets_app.corpus.intervals import wilson
from datasets_app.corpus.pii.conversation import scan
from datasets_app.corpus.pii.finding import Finding
from datasets_app.corpus.taxonomy import PII_KINDS

from .labelled import Case, Label

_HALF: Final = 0.5


@dataclass
class KindFigures:
    """Counts of one kind: labels and how many were found, findings and how many are right."""

    labels: int = 0
    found: int = 0
    findings: int = 0
    right: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON with shares and intervals."""
        return {
            "labels": self.labels,
            "found": self.found,
            "recall": _share(self.found, self.labels),
            "recall_interval": _interval(self.found, self.labels),
            "findings": self.findings,
            "right": self.right,
            "precision": _share(self.right, self.findings),
            "precision_interval": _interval(self.right, self.findings),
        }


@dataclass
class Figures:
    """What one run over labelled cases gave. `left_characters`: labelled characters that stay after redaction."""

    cases: int = 0
    labelled_characters: int = 0
    left_characters: int = 0
    kinds: dict[str, KindFigures] = field(default_factory=lambda: {kind: KindFigures() for kind in PII_KINDS})
    missed: list[tuple[Case, Label]] = field(default_factory=list)
    wrong: list[tuple[Case, Finding]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON: figures only."""
        everything = KindFigures(
            labels=sum(one.labels for one in self.kinds.values()),
            found=sum(one.found for one in self.kinds.values()),
            findings=sum(one.findings for one in self.kinds.values()),
            right=sum(one.right for one in self.kinds.values()),
        )
        return {
            "cases": self.cases,
            "labelled_characters": self.labelled_characters,
            "left_characters": self.left_characters,
            "kinds": {kind: figures.as_dict() for kind, figures in self.kinds.items()},
            "all": everything.as_dict(),
        }


Scanner = Callable[[Sequence[Mapping[str, str]]], list[Finding]]


def evaluate(cases: Iterable[Case], scanner: Scanner = scan) -> Figures:
    """Run the search over labelled cases.

    A label counts as found, and a finding as right, when both name the same kind and share at least half of the
    stretch that either covers.
    """
    figures = Figures()
    for case in cases:
        figures.cases += 1
        findings = scanner(case.messages)
        for label in case.labels:
            one = figures.kinds[label.kind]
            one.labels += 1
            if any(_same(label, finding) for finding in findings):
                one.found += 1
            else:
                figures.missed.append((case, label))
            figures.labelled_characters += label.end - label.start
            figures.left_characters += _left(label, findings)
        for finding in findings:
            one = figures.kinds[finding.kind]
            one.findings += 1
            if any(_same(label, finding) for label in case.labels):
                one.right += 1
            else:
                figures.wrong.append((case, finding))
    return figures


def _same(label: Label, finding: Finding) -> bool:
    if label.turn != finding.turn or label.kind != finding.kind:
        return False
    shared = min(label.end, finding.end) - max(label.start, finding.start)
    return shared >= _HALF * (max(label.end, finding.end) - min(label.start, finding.start))


def _left(label: Label, findings: Sequence[Finding]) -> int:
    covered: set[int] = set()
    for finding in findings:
        if finding.turn == label.turn:
            covered.update(range(max(label.start, finding.start), min(label.end, finding.end)))
    return label.end - label.start - len(covered)


def _share(hits: int, total: int) -> float | None:
    return round(hits / total, 4) if total else None


def _interval(hits: int, total: int) -> list[float]:
    return [round(bound, 4) for bound in wilson(hits, total)]
