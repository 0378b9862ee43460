"""How far a training is and how well it does: what decides stopping and the best epoch, and survives a kill."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Final

# Worse than any loss. Not infinity, which JSON does not have.
WORST: Final = sys.float_info.max


@dataclass
class Progress:
    """What must survive a kill besides tensors. `stale` counts epochs without a better validation loss."""

    epoch: int = 0
    stale: int = 0
    lowest_loss: float = WORST
    best: dict[str, float] = field(default_factory=lambda: {"epoch": 0, "val_macro_f1": -1.0, "val_loss": WORST})
    history: list[dict[str, float]] = field(default_factory=list)

    def as_state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps beside its epoch's number, as JSON types."""
        return {"stale": self.stale, "lowest_loss": self.lowest_loss, "best": self.best, "history": self.history}

    def note(self, row: dict[str, float]) -> None:
        """Take in an epoch's figures; of two epochs with the same F1 the one with the lower loss is better."""
        self.epoch = int(row["epoch"])
        self.history.append(row)
        if row["val_loss"] < self.lowest_loss:
            self.lowest_loss, self.stale = row["val_loss"], 0
        else:
            self.stale += 1
        if (row["val_macro_f1"], -row["val_loss"]) > (self.best["val_macro_f1"], -self.best["val_loss"]):
            self.best = {name: row[name] for name in ("epoch", "val_macro_f1", "val_loss")}
