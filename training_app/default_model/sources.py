"""The real files that the default model knows: what of them it learns from, and what it must never see.

The files themselves are no part of this project (their licences and their content); a folder with them is given to the
command. What is not there is left out, and the command says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pixelhub.canonical import sha256_hex


@dataclass(frozen=True)
class TrainingFile:
    """A public collection to learn from. `at_most` rows are taken, spread evenly over the file.

    `longest` more are the longest ones: without long texts of people who are well, length itself looks like a crisis.
    `crisis_label` is the label of what was posted among people in crisis; "" when nothing in the file was. Of a
    `halved` file the rows that `is_held_back` names are never learned from.
    """

    name: str
    family: str
    licence: str
    at_most: int = 0
    longest: int = 0
    crisis_label: str = ""
    halved: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.name}.jsonl"

    def among_crises(self, row: Mapping[str, Any]) -> bool:
        """Whether a row was posted among people in crisis."""
        return bool(self.crisis_label) and row.get("label") == self.crisis_label


@dataclass(frozen=True)
class HeldBack:
    """A file to report on: which field is its label, which values mean a crisis and which none."""

    name: str
    field: str
    crisis: tuple[str, ...]
    none: tuple[str, ...]
    label_kind: str

    @property
    def file_name(self) -> str:
        return f"{self.name}.jsonl"


TRAINING_FILES: Final = (
    TrainingFile(
        "suicide_watch",
        "mental_health_datasets",
        "not stated in the copy; upstream known as CC BY-SA 4.0",
        crisis_label="suicide",
    ),
    TrainingFile("goemotions", "priority_datasets", "Apache-2.0"),
    # Half of it is enough to learn how drug users talk when nothing is wrong.
    TrainingFile("opioid_reddit", "addiction", "MIT", at_most=2000, longest=2000),
    # Hardship without a crisis, short and long: without it, whoever tells of a hard time looks like a crisis.
    TrainingFile(
        "imhi_t_sid", "mental_health_datasets", "MIT", crisis_label="suicide or self-harm tendency", halved=True
    ),
    TrainingFile("imhi_dr", "mental_health_datasets", "MIT", halved=True),
    TrainingFile("imhi_dreaddit", "mental_health_datasets", "MIT", halved=True),
    TrainingFile("sad", "mental_health_datasets", "MIT", halved=True),
    TrainingFile("counselchat", "mental_health_datasets", "MIT", halved=True),
)
HALVED: Final = frozenset(source.name for source in TRAINING_FILES if source.halved)
# Reported on: the half of a halved file that is held back, and all of the others. Near-copies of these rows are not
# learned from either. Where a label means neither a crisis nor none (depression, stress), the share that is flagged is
# reported apart.
HELD_BACK: Final = (
    HeldBack("imhi_t_sid", "label", ("suicide*",), ("no mental disorders",), "weak"),
    HeldBack("imhi_dr", "label", (), ("no",), "weak"),
    HeldBack("imhi_dreaddit", "label", (), ("no",), "human"),
    HeldBack("sad", "is_stressor", (), ("0",), "human"),
    HeldBack("cssrs500", "label", ("Ideation", "Behavior", "Attempt"), ("Supportive", "Indicator"), "human"),
    # Questions to therapists by topic; taken as none, though some are not.
    HeldBack("counselchat", "topic", (), ("*",), "weak"),
)


def words_of(row: Mapping[str, Any]) -> str:
    """Return what the person of a row wrote: its text, the client's turns of a consultation, or all posts of a user."""
    if isinstance(row.get("conversation"), list):
        turns = row["conversation"]
        return "\n".join(str(turn.get("value", "")) for turn in turns if turn.get("from") in ("client", "human"))
    if isinstance(row.get("posts"), list):
        return "\n".join(str(post) for post in row["posts"])
    return str(row.get("text", ""))


def is_held_back(row: Mapping[str, Any]) -> bool:
    """Whether a row of a halved file is held back: by its words alone, so that equal ones never lie in both halves."""
    return seed_of(words_of(row)) % 2 == 1


def as_post(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the person's own words as its text: an answer that somebody gave them is not their risk."""
    if isinstance(row.get("conversation"), list):
        return {name: value for name, value in row.items() if name != "conversation"} | {"text": words_of(row)}
    return dict(row)


def taken(rows: list[dict[str, Any]], source: TrainingFile) -> list[dict[str, Any]]:
    """Return the rows that a source gives, in their order: the longest, and others spread evenly over the rest."""
    if source.halved:
        rows = [as_post(row) for row in rows if not is_held_back(row)]
    if not source.at_most or len(rows) <= source.at_most + source.longest:
        return rows
    by_length = sorted(range(len(rows)), key=lambda index: (-len(str(rows[index].get("text", ""))), index))
    chosen = set(by_length[: source.longest])
    rest = [index for index in range(len(rows)) if index not in chosen]
    chosen |= {rest[index * len(rest) // source.at_most] for index in range(source.at_most)}
    return [rows[index] for index in sorted(chosen)]


def seed_of(external_id: str) -> int:
    """Return a number that belongs to an identifier, the same on every machine."""
    return int(sha256_hex(external_id.encode())[:8], 16)
