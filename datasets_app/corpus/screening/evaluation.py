"""How good the detector is on real posts: sensitivity and specificity with intervals, beside a list of keywords.

Every file is split in two halves by the SHA-256 of its texts. The rules were written from half A; half B was not read
for them (what an earlier version had seen of it: docs/screening.md). The labels are weak (by forum, account or topic):
the figures compare detectors and are no clinical performance.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from datasets_app.corpus.intervals import wilson

from .assessment import Assessment, assess

Messages = list[dict[str, str]]

#: A plain list, as many teams start with; any of the words makes an alarm.
KEYWORDS: Final = (
    "suicide", "suicidal", "kill myself", "killing myself", "end my life", "want to die", "wanna die", "dead", "death",
    "overdose", "self harm", "self-harm", "cut myself", "cutting", "hurt myself", "hopeless", "worthless", "goodbye",
    "pills", "gun", "hanging", "jump off", "no reason to live", "better off without me", "can't go on",
)  # fmt: skip
_KEYWORD: Final = re.compile(r"\b(?:" + "|".join(re.escape(word) for word in KEYWORDS) + r")\b", re.IGNORECASE)
_CRISIS_SEVERITY: Final = 3
_REPEATS: Final = 3
HALVES: Final = ("A", "B")


@dataclass(frozen=True)
class Case:
    """One labelled conversation: `positive` is its weak label, `key` decides its half."""

    messages: Messages
    key: str
    positive: bool


@dataclass(frozen=True)
class LabelledSet:
    """A file of the shared data and how its rows are read; `note` says what its labels are worth."""

    name: str
    file: str
    note: str
    case_of: Callable[[Mapping[str, Any]], Case | None]


def half_of(text: str) -> str:
    """Return "A" or "B" by the SHA-256 of the text."""
    return HALVES[hashlib.sha256(text.encode("utf-8", "replace")).digest()[0] % 2]


def _post(row: Mapping[str, Any], positive: bool | None) -> Case | None:
    text = row["text"]
    return None if positive is None else Case([{"role": "user", "content": text}], text, positive)


def _harmless(row: Mapping[str, Any]) -> Case | None:
    return _post(row, False)


def _t_sid(row: Mapping[str, Any]) -> Case | None:
    return _post(row, {"suicide or self-harm tendency": True, "no mental disorders": False}.get(row["label"]))


def _cssrs(row: Mapping[str, Any]) -> Case:
    messages = [{"role": "user", "content": post} for post in row["posts"]]
    return Case(messages, "\n\n".join(row["posts"]), row["label"] in ("Ideation", "Behavior", "Attempt"))


def _counselchat(row: Mapping[str, Any]) -> Case:
    question = row["conversation"][0]["value"]
    topics = row["topic"] or ""
    return Case([{"role": "user", "content": question}], question, "Self-harm" in topics or "Suicid" in topics)


SETS: Final = (
    LabelledSet("suicide_watch", "suicide_watch.jsonl", "by forum: r/SuicideWatch or r/teenagers",
                lambda row: _post(row, row["label"] == "suicide")),
    LabelledSet("t_sid", "imhi_t_sid.jsonl", "by account and phrase; jokes about dying among the positives", _t_sid),
    LabelledSet("cssrs500", "cssrs500.jsonl", "by clinicians, per user: Ideation, Behavior, Attempt or not", _cssrs),
    LabelledSet("counselchat", "counselchat.jsonl", "by topic: self-harm or suicide or another", _counselchat),
    LabelledSet("goemotions", "goemotions.jsonl", "hard negatives, not checked one by one", _harmless),
    LabelledSet("sad", "sad.jsonl", "everyday stress: hard negatives", _harmless),
    LabelledSet("dreaddit", "imhi_dreaddit.jsonl", "stress or not: both count as negative here", _harmless),
    LabelledSet("depression_reddit", "imhi_dr.jsonl", "depression yes or no: only no is counted",
                lambda row: _post(row, False if row["label"] == "no" else None)),
)  # fmt: skip

#: What counts as an alarm: the rules with any type, the rules at severity 3 and above, the keywords.
DETECTORS: Final[dict[str, str]] = {
    "rules": "any crisis type",
    "rules_severity_3": "severity 3 or above: what raises a score in the service",
    "keywords": f"any of {len(KEYWORDS)} keywords",
}


@dataclass
class Counts:
    """Cases and alarms of one half of a set."""

    positives: int = 0
    negatives: int = 0
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DETECTORS, 0))
    alarms: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DETECTORS, 0))

    def add(self, positive: bool, answers: Mapping[str, bool]) -> None:
        """Count one case."""
        if positive:
            self.positives += 1
        else:
            self.negatives += 1
        counted = self.found if positive else self.alarms
        for detector, alarm in answers.items():
            counted[detector] += alarm

    def as_dict(self) -> dict[str, Any]:
        """Return the figures with their intervals; None where there is no case of that kind."""
        return {
            "positives": self.positives,
            "negatives": self.negatives,
            "detectors": {
                name: {
                    "sensitivity": _share(self.found[name], self.positives),
                    "specificity": _share(self.negatives - self.alarms[name], self.negatives),
                    "found": self.found[name],
                    "false_alarms": self.alarms[name],
                }
                for name in DETECTORS
            },
        }


def _share(hits: int, total: int) -> dict[str, float] | None:
    if total == 0:
        return None
    low, high = wilson(hits, total)
    return {"value": round(hits / total, 4), "low": round(low, 4), "high": round(high, 4)}


def answers_of(messages: Messages) -> dict[str, bool]:
    """Return whether each of DETECTORS raises an alarm."""
    found = assess(messages)
    return {
        "rules": found.crisis,
        "rules_severity_3": is_alarm(found),
        "keywords": any(_KEYWORD.search(message["content"].replace("’", "'")) for message in messages),
    }


def is_alarm(found: Assessment) -> bool:
    """Whether the rules alone would raise a score in the service."""
    return (found.severity or 0) >= _CRISIS_SEVERITY


def cases(labelled: LabelledSet, folder: Path) -> Iterator[Case]:
    """Yield the labelled cases of a file, each text once. Raises OSError and ValueError for an unreadable file."""
    seen: set[str] = set()
    with (folder / labelled.file).open("rb") as lines:
        for line in lines:
            case = labelled.case_of(orjson.loads(line))
            if case is not None and case.key not in seen:
                seen.add(case.key)
                yield case


def evaluate(folder: Path, progress: Callable[[str], None] = lambda name: None) -> dict[str, Any]:
    """Evaluate on the files of `folder` (shared/data/real). Files that are not there are named under "missing"."""
    report: dict[str, Any] = {"detectors": DETECTORS, "sets": {}, "missing": []}
    for labelled in SETS:
        if not (folder / labelled.file).is_file():
            report["missing"].append(labelled.file)
            continue
        progress(labelled.name)
        halves: dict[str, Counts] = defaultdict(Counts)
        for case in cases(labelled, folder):
            halves[half_of(case.key)].add(case.positive, answers_of(case.messages))
        report["sets"][labelled.name] = {
            "note": labelled.note,
            "halves": {half: halves[half].as_dict() for half in HALVES},
        }
    report["speed"] = speed(folder)
    return report


def speed(folder: Path) -> dict[str, Any]:
    """Return CPU time beside one orjson pass over the same bytes, for harmless and for grave texts; best of three."""
    files = (("harmless", "sad.jsonl"), ("grave", "suicide_watch.jsonl"))
    return {name: _speed(folder / file) for name, file in files if (folder / file).is_file()}


def _speed(path: Path) -> dict[str, Any]:
    lines = path.read_bytes().splitlines()
    texts: list[Messages] = [[{"role": "user", "content": orjson.loads(line)["text"]}] for line in lines]
    parse = min(_cpu(lambda: [orjson.loads(line) for line in lines]) for _ in range(_REPEATS))
    rules = min(_cpu(lambda: [assess(messages) for messages in texts]) for _ in range(_REPEATS))
    return {
        "texts": len(texts),
        "mean_characters": round(sum(len(messages[0]["content"]) for messages in texts) / len(texts)),
        "microseconds_each": round(1e6 * rules / len(texts), 1),
        "times_orjson": round(rules / parse, 1),
    }


def _cpu(run: Callable[[], Sequence[Any]]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


def as_text(report: Mapping[str, Any]) -> str:
    """Return the evaluation as a table for people."""
    rows = [f"{'set':18} {'half':4} {'pos':>5} {'neg':>5}  {'detector':17} sensitivity            specificity"]
    for name, found in report["sets"].items():
        for half, figures in found["halves"].items():
            for detector, values in figures["detectors"].items():
                rows.append(
                    f"{name:18} {half:4} {figures['positives']:5} {figures['negatives']:5}  {detector:17} "
                    f"{_cell(values['sensitivity'])} {_cell(values['specificity'])}"
                )
    for name, rates in report["speed"].items():
        rows.append(
            f"{name}: {rates['microseconds_each']} µs a text of {rates['mean_characters']} characters on average, "
            f"{rates['times_orjson']} times an orjson pass"
        )
    rows.extend(f"not here: {file}" for file in report["missing"])
    return "\n".join(rows)


def _cell(share: Mapping[str, float] | None) -> str:
    if share is None:
        return f"{'-':22}"
    return f"{share['value']:.3f} ({share['low']:.3f}-{share['high']:.3f})  "
