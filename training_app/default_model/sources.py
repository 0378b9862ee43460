"""The real files that the default model knows: which it learns from, and which it must never see.

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
    `crisis_label` is the label of what was posted among people in crisis; "" when nothing in the file was.
    """

    name: str
    family: str
    licence: str
    at_most: int = 0
    longest: int = 0
    crisis_label: str = ""

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
)
# Reported on, never learned from; neither are near-copies of their rows. Where a label means neither a crisis nor none
# (depression, stress), the share that is flagged is reported apart.
HELD_BACK: Final = (
    HeldBack("imhi_t_sid", "label", ("suicide*",), ("no mental disorders",), "weak"),
    HeldBack("imhi_dr", "label", (), ("no",), "weak"),
    HeldBack("imhi_dreaddit", "label", (), ("no",), "human"),
    HeldBack("sad", "is_stressor", (), ("0",), "human"),
    HeldBack("cssrs500", "label", ("Ideation", "Behavior", "Attempt"), ("Supportive", "Indicator"), "human"),
    # Questions to therapists by topic; taken as none, though some are not.
    HeldBack("counselchat", "topic", (), ("*",), "weak"),
)


def taken(rows: list[dict[str, Any]], source: TrainingFile) -> list[dict[str, Any]]:
    """Return the rows that a source gives, in their order: the longest, and others spread evenly over the rest."""
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
