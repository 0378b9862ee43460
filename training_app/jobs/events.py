"""What a run's training process says, turned into rows, progress and log lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pixelhub.jobs.base import JobContext
from training_app import services
from training_app.jobs.process import EventReader
from training_app.models import TrainingRun


class RunEvents(EventReader):
    """Events of one run, whatever its method. A method that counts its steps moves the progress by steps."""

    def __init__(
        self, ctx: JobContext, run: TrainingRun, *, on_point: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        super().__init__(ctx)
        self._run = run
        self._on_point_seen = on_point
        self._by_steps = False

    def _on_started(self, event: dict[str, Any]) -> None:
        self.ctx.log(f"Training on {event['train']} conversations, choosing on {event['val']}.")

    def _on_encoded(self, event: dict[str, Any]) -> None:
        self.ctx.progress(event["done"], event["total"], unit="conversations", note="Reading the conversations")

    def _on_resumed(self, event: dict[str, Any]) -> None:
        self.ctx.log(f"Resumed after epoch {event['epoch']}.")

    def _on_point(self, event: dict[str, Any]) -> None:
        if event.get("total_steps"):
            self._by_steps = True
            note = f"Epoch {event['epoch']}" if event.get("epoch") else ""
            self.ctx.progress(event["step"], event["total_steps"], unit="steps", note=note)
        if self._on_point_seen is not None:
            self._on_point_seen(event)

    def _on_epoch(self, event: dict[str, Any]) -> None:
        epoch, epochs = event["epoch"], event["epochs"]
        note = f"Epoch {epoch} of {epochs}, {event['eta_seconds']:.0f} s left at most"
        done = {} if self._by_steps else {"done": epoch, "total": epochs, "unit": "epochs"}
        with self.ctx.step(note=note, **done):
            services.run_metrics_record(run=self._run, history=[event])
        self.ctx.log(
            f"Epoch {epoch}: train loss {event['train_loss']:.4f}, validation loss {event['val_loss']:.4f}, "
            f"macro F1 {event['val_macro_f1']:.4f}, rate {event['learning_rate']:.2e}."
        )

    def _on_tracking_failed(self, event: dict[str, Any]) -> None:
        self.ctx.log(f"{event['tracker']} no longer hears of this run ({event['reason']}); the run goes on.")

    def _on_calibrated(self, event: dict[str, Any]) -> None:
        self.ctx.log(
            f"Temperature {event['temperature']}, threshold {event['threshold']}: validation sensitivity "
            f"{event['val_sensitivity']:.3f}, specificity {event['val_specificity']:.3f}."
        )

    def _on_exported(self, event: dict[str, Any]) -> None:
        difference = event["parity"]["max_probability_difference"]
        self.ctx.log(
            f"Exported; probabilities differ from torch by {difference:.1e} at most, "
            f"p50 {event['latency']['p50_ms']} ms on one thread."
        )
