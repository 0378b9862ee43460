"""What a card is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# Pictures that lie beside card.md, in its folder `plots`; name -> what it shows.
PLOTS: Final[dict[str, str]] = {
    "roc": "ROC curve on the test split, with the frozen threshold",
    "precision_recall": "Precision-recall curve on the test split",
    "reliability": "Reliability on the test split: mean score of each bin against its share of crises",
    "confusion": "Confusion matrix on the test split: rows are labels, columns decisions",
    "loss": "Loss per epoch, train and validation",
}


@dataclass(frozen=True)
class FileResult:
    """The evaluation on one labelled file that is no split of the release."""

    name: str
    label_kind: str
    sha256: str
    metrics: Mapping[str, Any]


@dataclass(frozen=True)
class CardRecords:
    """Everything a card is made of; each field is a record of the hub or of a training folder.

    `sections` alone is written by people: the newest revision of each free-text section, by name.
    """

    name: str
    version: str
    bundle: Mapping[str, Any]
    bundle_sha256: str
    config: Mapping[str, Any]
    record: Mapping[str, Any]
    release_counts: Mapping[str, Any]
    evaluation: Mapping[str, Any] | None
    evaluation_sha256: str = ""
    test_set_uses: int = 0
    kind: str = "trained"
    derived_from: str = ""
    developer: str = ""
    registered_on: str = ""
    release_gates: Sequence[Mapping[str, Any]] = ()
    files: Sequence[FileResult] = ()
    sections: Mapping[str, str] = field(default_factory=dict)
    plots: Sequence[str] = ()
